"""Appointments that repeat as calendar entries: byte for byte, and as other people's programs read them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import recurring_ical_events
from icalendar import Calendar

from scheduler.domain.series import Rhythm, occurrences
from scheduler.ical.feed import EventTexts, FeedSeries, feed
from scheduler.ical.invitation import Method
from scheduler.ical.series import CalendarSeries, date_invitation, series_copy, series_invitation
from tests.ical.events import BOOKED, TORONTO, VERAS, at, entry, veras
from tests.ical.judges import evolution, icalendar, thunderbird
from tests.ical.readers import Component, read_leniently
from tests.ical.test_invitation import golden

HOUR, DAY = 3600, 86400
FIRST = at("2026-10-07T10:30", TORONTO)


def series(
    rhythm: Rhythm, *, without: tuple[int, ...] = (), moved: dict[int, int] | None = None, ended: bool = False
) -> CalendarSeries:
    """Sessions of 50 minutes; dates by their numbers are left out, or moved by seconds."""
    later = moved or {}
    dates = [
        (one.start, (one.start + later.get(number, 0), one.start + later.get(number, 0) + 3000))
        for number, one in enumerate(occurrences(rhythm))
        if number not in without
    ]
    return CalendarSeries(rhythm, 3000, tuple(dates), ended)


def vera(**changes: Any) -> Any:
    """Vera's part of it."""
    return veras(start=FIRST, end=FIRST + 3000, alarm_minutes=None, **changes)


SIX = Rhythm(FIRST, 1, 6, TORONTO)
LIVED = series(SIX, without=(3,), moved={2: DAY + HOUR})
THIRD = occurrences(SIX)[2].start
FOURTH = occurrences(SIX)[3].start
LATER = THIRD + DAY + HOUR
MOVED = replace(vera(sequence=1, dtstamp=BOOKED + 600), start=LATER, end=LATER + 3000)
TAKEN_OUT = vera(sequence=2, status="CANCELLED", dtstamp=BOOKED + 900)
CALLED_OFF = vera(sequence=4, status="CANCELLED", dtstamp=BOOKED + 1500)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("series.ics", series_invitation(vera(), series(SIX), "REQUEST")),
        ("series-moved.ics", date_invitation(MOVED, LIVED, THIRD, "REQUEST")),
        (
            "series-cancelled.ics",
            date_invitation(replace(TAKEN_OUT, start=FOURTH, end=FOURTH + 3000), LIVED, FOURTH, "CANCEL"),
        ),
        (
            "series-ended.ics",
            series_invitation(
                vera(sequence=3, dtstamp=BOOKED + 1200),
                series(replace(SIX, dates=5), without=(3,), moved={2: DAY + HOUR}, ended=True),
                "REQUEST",
            ),
        ),
        ("series-called-off.ics", series_invitation(CALLED_OFF, series(SIX), "CANCEL")),
    ],
)  # fmt: skip
def test_a_mail_of_a_series_is_written_byte_for_byte(name: str, written: bytes) -> None:
    assert written == golden(name)


def masters_and_dates(content: bytes) -> tuple[Component, list[Component]]:
    events = read_leniently(content).all("VEVENT")
    assert "RECURRENCE-ID" not in events[0].names()
    return events[0], events[1:]


def test_a_moved_date_is_named_by_its_original_start_in_the_type_and_zone_of_the_series() -> None:
    master, [moved] = masters_and_dates(series_invitation(vera(sequence=5), LIVED, "REQUEST"))
    assert moved.value("RECURRENCE-ID") == "20261021T103000"
    assert moved.parameters("RECURRENCE-ID") == moved.parameters("DTSTART") == master.parameters("DTSTART")
    assert moved.value("DTSTART") == "20261022T113000"
    assert (moved.value("UID"), moved.value("SEQUENCE")) == (master.value("UID"), master.value("SEQUENCE"))


def test_a_date_that_is_left_out_is_an_exception_of_the_rule() -> None:
    master, _ = masters_and_dates(series_invitation(vera(), LIVED, "REQUEST"))
    assert (master.value("RRULE"), master.value("EXDATE")) == ("FREQ=WEEKLY;COUNT=6", "20261028T103000")


def test_a_series_that_has_ended_says_until_when_in_utc() -> None:
    ended = series(Rhythm(FIRST, 2, 3, TORONTO), ended=True)
    master, dates = masters_and_dates(series_invitation(vera(), ended, "REQUEST"))
    assert master.value("RRULE") == "FREQ=WEEKLY;UNTIL=20261104T153000Z;INTERVAL=2"
    assert dates == []


def test_taking_all_out_takes_the_master_alone() -> None:
    content = series_invitation(vera(status="CANCELLED"), LIVED, "CANCEL")
    master, dates = masters_and_dates(content)
    assert (master.value("STATUS"), dates) == ("CANCELLED", [])


def test_a_date_beyond_the_end_can_still_be_taken_out() -> None:
    last = occurrences(SIX)[5].start
    shorter = series(replace(SIX, dates=3), ended=True)
    content = date_invitation(vera(status="CANCELLED"), shorter, last, "CANCEL")
    [event] = read_leniently(content).all("VEVENT")
    assert event.value("RECURRENCE-ID") == "20261111T103000"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_a_contradictory_mail_of_a_series_is_refused(method: Method) -> None:
    wrong = vera(status="CANCELLED" if method == "REQUEST" else "CONFIRMED")
    with pytest.raises(ValueError, match="does not go with"):
        series_invitation(wrong, LIVED, method)
    with pytest.raises(ValueError, match="does not go with"):
        date_invitation(wrong, LIVED, FIRST, method)


def test_a_date_of_another_rhythm_is_refused() -> None:
    with pytest.raises(ValueError, match="no date at"):
        date_invitation(vera(), LIVED, FIRST + 3 * DAY, "REQUEST")


def test_the_file_of_a_series_is_no_message_and_stays_the_same() -> None:
    content = series_copy(vera(dtstamp=BOOKED + 5), LIVED)
    calendar = read_leniently(content)
    assert "METHOD" not in calendar.names()
    assert content == series_copy(vera(dtstamp=BOOKED + 99), LIVED)
    for event in calendar.all("VEVENT"):
        assert {"ORGANIZER", "ATTENDEE"} & set(event.names()) == set()


# ---- where local time cannot be told --------------------------------------


@pytest.mark.parametrize(
    ("zone", "first", "named"),
    [
        # a zone without a plain rule
        ("Europe/Dublin", "2026-10-12T10:30", ["20261026T093000Z", "20261102T093000Z"]),
        # a date at a time that clocks show twice, one at a time that they skip, one that ends there
        ("America/Toronto", "2026-10-18T01:30", ["20261108T053000Z"]),
        ("America/Toronto", "2026-02-22T02:30", ["20260315T073000Z"]),
        ("America/Toronto", "2026-02-22T01:30", ["20260315T063000Z"]),
        ("UTC", "2026-02-22T10:30", []),
    ],
)
def test_what_programs_would_read_differently_is_told_in_utc(zone: str, first: str, named: list[str]) -> None:
    rhythm = Rhythm(at(first, zone), 1, 4, zone)
    skipped = tuple(number for number, one in enumerate(occurrences(rhythm)) if not one.exists)
    content = series_invitation(vera(zone=zone), series(rhythm, without=skipped), "REQUEST")
    master, dates = masters_and_dates(content)
    assert b"TZID" not in content
    assert master.value("RRULE") == "FREQ=WEEKLY;COUNT=4"
    assert [each.value("RECURRENCE-ID") for each in dates] == named
    left_out = [value for name, _, value in master.lines if name == "EXDATE"]
    assert left_out == ["20260308T073000Z"] * len(skipped)


def test_one_date_moved_to_a_doubled_hour_is_told_in_utc_throughout() -> None:
    told = series(SIX, moved={3: at("2026-11-01T06:15") - FOURTH})
    content = series_invitation(vera(), told, "REQUEST")
    assert b"TZID" not in content
    times = [(int(each.start.timestamp()), int(each.end.timestamp())) for each in _all(content)]
    assert sorted(times) == expected(told)


def test_a_series_keeps_its_zone_in_a_feed_of_another() -> None:
    told = series(SIX)
    listed = FeedSeries(FIRST, "s", SIX, 3000, told.dates, False, 0, "CONFIRMED", "Busy", BOOKED, BOOKED)
    content = feed([entry(), listed], name="Ada", zone="Europe/Berlin", texts=EventTexts())
    zones = [each.value("TZID") for each in read_leniently(content).all("VTIMEZONE")]
    assert zones == ["America/Toronto", "Europe/Berlin"]


def test_a_feed_with_a_rule_in_utc_has_no_zone_by_which_it_could_be_read_as_local() -> None:
    told = year("Europe/Dublin", "2026-01-14T18:00")
    assert "X-WR-TIMEZONE" not in read_leniently(in_feed(told)).names()
    assert "X-WR-TIMEZONE" in read_leniently(in_feed(LIVED)).names()


# ---- judges ---------------------------------------------------------------

YEAR = [
    ("America/Toronto", "2026-01-14T10:30"),
    ("Europe/Paris", "2026-01-14T23:30"),
    ("Australia/Lord_Howe", "2026-01-14T09:00"),
    ("America/St_Johns", "2026-01-14T00:15"),
    ("Europe/Dublin", "2026-01-14T18:00"),
    ("America/Toronto", "2026-01-11T01:30"),
    ("America/Toronto", "2026-01-11T02:30"),
]


def year(zone: str, first: str) -> CalendarSeries:
    """52 weeks, the second date cancelled, one moved before each clock change and one after."""
    rhythm = Rhythm(at(first, zone), 1, 52, zone)
    skipped = tuple(number for number, one in enumerate(occurrences(rhythm)) if not one.exists)
    return series(rhythm, without=(1, *skipped), moved={5: 2 * DAY, 20: -HOUR, 45: DAY + HOUR})


def in_feed(told: CalendarSeries) -> bytes:
    rhythm, uid = told.rhythm, VERAS.uid
    listed = FeedSeries(
        rhythm.start, uid, rhythm, 3000, told.dates, False, 7, "CONFIRMED", "Busy", BOOKED, BOOKED
    )
    return feed([listed], name="Ada", zone=rhythm.zone, texts=EventTexts())


def expected(told: CalendarSeries) -> list[tuple[int, int]]:
    return sorted(span for _, span in told.dates)


@pytest.mark.parametrize("name", ["ical.js", "libical", "icalendar"])
def test_each_program_finds_every_date(node: Callable[..., Any], name: str) -> None:
    readers = {"ical.js": thunderbird(node), "libical": evolution, "icalendar": icalendar}
    lived = [year(zone, first) for zone, first in YEAR]
    for told, [found] in zip(lived, readers[name]([in_feed(each) for each in lived]), strict=True):
        assert (found.uid, found.spans) == (VERAS.uid, expected(told)), told.rhythm


def _all(content: bytes) -> list[Any]:
    return list(recurring_ical_events.of(Calendar.from_ical(content)).between((2025, 1, 1), (2028, 1, 1)))
