"""The free/busy calendar: byte for byte, and as other people's programs read it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from icalendar import Calendar

from scheduler.domain.intervals import Interval, merge
from scheduler.ical.freebusy import free_busy
from tests.ical.events import at
from tests.ical.libical import FreeBusyReader, free_busy_by_libical
from tests.ical.readers import read_leniently

__all__ = ["free_busy_by_libical"]

WINDOW = (at("2026-06-01T04:00"), at("2026-06-08T04:00"))
MORNING = (at("2026-06-03T13:00"), at("2026-06-03T13:50"))
NEXT = (MORNING[1], at("2026-06-03T14:40"))
ASKED = (at("2026-06-02T15:00"), at("2026-06-02T15:15"))


def written(busy: list[Interval], tentative: list[Interval]) -> bytes:
    return free_busy(busy, tentative, window=WINDOW, uid="one", dtstamp=at("2026-05-30T10:00"))


def test_a_free_busy_calendar_is_written_byte_for_byte() -> None:
    assert written([NEXT, MORNING], [ASKED]).decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Calm Scheduler//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VFREEBUSY",
        "DTEND:20260608T040000Z",
        "DTSTAMP:20260530T100000Z",
        "DTSTART:20260601T040000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260602T150000Z/20260602T151500Z",
        "FREEBUSY;FBTYPE=BUSY:20260603T130000Z/20260603T144000Z",
        "UID:one",
        "END:VFREEBUSY",
        "END:VCALENDAR",
        "",
    ]


def periods(content: bytes) -> list[tuple[str, str]]:
    [component] = read_leniently(content).all("VFREEBUSY")
    return [(given["FBTYPE"], value) for name, given, value in component.lines if name == "FREEBUSY"]


def test_an_empty_window_has_no_period() -> None:
    assert periods(written([], [])) == []


def test_what_is_both_is_busy_and_what_lies_outside_is_cut() -> None:
    early, late = (WINDOW[0] - 900, WINDOW[0] + 900), (WINDOW[1] - 900, WINDOW[1] + 900)
    around = (MORNING[0] - 600, MORNING[1] + 600)
    assert periods(written([early, MORNING, (WINDOW[1], WINDOW[1] + 900)], [around, late])) == [
        ("BUSY", "20260601T040000Z/20260601T041500Z"),
        ("BUSY-TENTATIVE", "20260603T125000Z/20260603T130000Z"),
        ("BUSY", "20260603T130000Z/20260603T135000Z"),
        ("BUSY-TENTATIVE", "20260603T135000Z/20260603T140000Z"),
        ("BUSY-TENTATIVE", "20260608T034500Z/20260608T040000Z"),
    ]


def test_the_order_of_what_is_given_is_no_matter() -> None:
    assert written([NEXT, MORNING], [ASKED]) == written([MORNING, NEXT, MORNING], [ASKED, ASKED])


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        free_busy([], [], window=(WINDOW[1], WINDOW[0]), uid="one", dtstamp=0)


# ---- judges ---------------------------------------------------------------

MANY = [(WINDOW[0] + step * 5400, WINDOW[0] + step * 5400 + 3000) for step in range(100)]
SOME = [(start + 3000, start + 4000) for start, _ in MANY[::7]]
EXPECTED = sorted([(*span, "BUSY") for span in merge(MANY)] + [(*span, "BUSY-TENTATIVE") for span in SOME])


def test_icalendar_reads_the_periods() -> None:
    [component] = Calendar.from_ical(written(MANY, SOME)).walk("VFREEBUSY")
    found = [(int(each.start.timestamp()), int(each.end.timestamp()), each.params["FBTYPE"])
             for each in component["FREEBUSY"]]  # fmt: skip
    assert found == EXPECTED


def test_thunderbirds_library_reads_the_periods(node: Callable[..., Any]) -> None:
    def seconds(text: str) -> int:
        return int(datetime.fromisoformat(text).timestamp())

    found = node("freebusy.mjs", {"text": written(MANY, SOME).decode()})
    assert [(seconds(start), seconds(end), kind) for start, end, kind in found] == EXPECTED


def test_libical_reads_the_periods(free_busy_by_libical: FreeBusyReader) -> None:
    assert free_busy_by_libical(written(MANY, SOME)) == EXPECTED
