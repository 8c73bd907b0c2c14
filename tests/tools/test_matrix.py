"""The rounds of `make test-matrix` really have another clock, zone, order and database."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.environment import ROOT, for_process
from tools import matrix

MONTREAL = ZoneInfo("America/Toronto")
PROBE = "import time; print(int(time.time()), time.localtime().tm_gmtoff)"


@pytest.mark.parametrize("database", matrix.ROUNDS)
def test_a_round_begins_ten_minutes_before_the_clocks_change(database: str) -> None:
    meant = datetime.fromisoformat(matrix.ROUNDS[database]).timestamp()
    env = matrix.environment(matrix.ROUNDS[database], now=float(subprocess.check_output(["date", "+%s"])))
    instant, offset = map(int, subprocess.check_output([sys.executable, "-c", PROBE], env=env).split())
    assert 0 <= instant - meant < 60
    assert offset % 3600 == 45 * 60


@pytest.mark.parametrize(("database", "month"), [("sqlite", 11), ("postgres", 3)])
def test_the_clocks_change_within_a_round(database: str, month: int) -> None:
    start = datetime.fromisoformat(matrix.ROUNDS[database])
    from_toronto = [
        datetime.fromtimestamp(start.timestamp() + later, UTC).astimezone(MONTREAL).utcoffset()
        for later in (599, 600)
    ]
    assert (from_toronto[0] != from_toronto[1], start.month) == (True, month)


def collected(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-n0", *arguments],
        cwd=ROOT,
        env=for_process({}),
        capture_output=True,
        text=True,
    )
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_each_seed_is_an_order_of_the_tests_that_name_no_database() -> None:
    files = ("tests/services/test_subscriptions.py", "tests/services/test_doctor.py")
    one, other = (collected(*files, "--on=postgres", f"--shuffle={seed}") for seed in (1, 2))
    assert (one != other, sorted(one)) == (True, sorted(other))
    assert any("there_is_an_end" in name for name in one)
    assert not [name for name in one if "test_doctor" in name]
