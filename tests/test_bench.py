"""The benchmark prints its figures; a short run on small sizes, whose values mean nothing."""

import re
import subprocess
import sys

import pytest

from tests.support.environment import ROOT

LINE = re.compile(r"(?P<name>\S+) (?P<value>[0-9]+\.[0-9]+) (?P<unit>\S+)")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
def test_every_figure_is_a_name_a_value_and_a_unit() -> None:
    done = bench("--scale", "100", "P1", "P4", "P7", "P9", "P10", "calendar")
    assert done.returncode == 0, done.stderr
    figures = [LINE.fullmatch(line) for line in done.stdout.splitlines()]
    assert all(figures), done.stdout
    assert [figure["name"] for figure in figures if figure] == [
        "P1.slots_90_days_20000_bookings",
        "P2.statements",
        "P2.slots_90_days_200000_bookings",
        "P2.time_200000_over_2000_bookings",
        "hello",
        "P4.slots_30_days_computed",
        "P4.slots_30_days_computed_cpu",
        "P5.slots_unchanged",
        "P5.slots_unchanged_cpu",
        "P5.slots_304",
        "P5.slots_304_cpu",
        "P6.slots_30_days_gzipped",
        "P7.hello_8_clients",
        "P7.booking_8_clients",
        "P7.booking_of_hello",
        "P7.booking_cpu",
        "P7.booking_cpu_of_hello",
        "P12.hello_p99",
        "P12.slots_p99",
        "P12.slots_p99_over_hello",
        "P12.booking_p99",
        "P12.booking_p99_over_hello",
        "P9.feed_first_build",
        "P9.feed_after_one_change",
        "P10.feed_304",
        "P10.feed_304_cpu",
        "P10.feed_cached_gzipped_cpu",
        "P10.feed_cached_cpu",
        "calendar.read_5000_events",
        "calendar.read_5000_events_cpu",
    ]
    by_name = {figure["name"]: float(figure["value"]) for figure in figures if figure}
    assert by_name["P2.statements"] == 2
    assert 0 < by_name["P6.slots_30_days_gzipped"] <= 8


def test_an_unknown_figure_is_refused() -> None:
    done = bench("P99")
    assert (done.returncode, done.stdout) == (2, "")
    assert "P99" in done.stderr
