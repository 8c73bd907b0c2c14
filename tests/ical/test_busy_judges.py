"""Other programs expand the same calendars; so does plain counting of days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.intervals import Interval, merge
from scheduler.domain.local_time import day_interval
from scheduler.ical.foreign import read_calendars
from scheduler.ical.foreign_zones import Definitions, Zones
from tests.ical.foreign_files import BERLIN, YEAR, calendar, event, read, renamed_zone
from tests.ical.libical import Expander, expanded_by_libical
from tests.ical.test_zones import transitions
from tests.support.instants import at

__all__ = ["expanded_by_libical"]

HOME = "DTSTART;TZID=Home"
# Each begins on a date of its own rule; for others the standard leaves open whether the beginning counts.
RULES = {
    "weekly, across both changes of clocks": ("20260203", "FREQ=WEEKLY;UNTIL=20261201T000000Z"),
    "every second week, weeks from Sunday": (
        "20260203",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=SU;COUNT=30",
    ),
    "every second week, weeks from Monday": (
        "20260203",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=MO;COUNT=30",
    ),
    "the last Friday": ("20260227", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=9"),
    "the second last workday": ("20260226", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=9"),
    "every third day": ("20260203", "FREQ=DAILY;INTERVAL=3;COUNT=60"),
    "the 31st": ("20260131", "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=6"),
    "twice a day": ("20260203", "FREQ=DAILY;BYHOUR=9,16;UNTIL=20260501T000000Z"),
    "two Sundays a year": ("20260329", "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU"),
    "weekly since long ago": ("20100105", "FREQ=WEEKLY;BYDAY=TU"),
}


def series(day: str, rule: str) -> bytes:
    """9:30 to 11:00 from the day on, in a zone that only the calendar can explain."""
    times = (f"{HOME}:{day}T093000", f"DTEND;TZID=Home:{day}T110000", f"RRULE:{rule}")
    return calendar(renamed_zone(BERLIN, "Home"), event("DTSTAMP:20260101T000000Z", *times))


CHANGED = calendar(
    renamed_zone(BERLIN, "Home"),
    event(
        "DTSTAMP:20260101T000000Z",
        f"{HOME}:20260203T093000",
        "DTEND;TZID=Home:20260203T110000",
        "RRULE:FREQ=WEEKLY;COUNT=20",
        "EXDATE;TZID=Home:20260217T093000,20260331T093000",
    ),
    event(
        "DTSTAMP:20260101T000000Z",
        "RECURRENCE-ID;TZID=Home:20260324T093000",
        f"{HOME}:20260401T140000",
        "DTEND;TZID=Home:20260401T150000",
    ),
)
CALENDARS = {name: series(*rule) for name, rule in RULES.items()} | {"two left out and one moved": CHANGED}


def inside(spans: list[Interval]) -> list[Interval]:
    return merge((start, end) for start, end in spans if start < YEAR[1] and end > YEAR[0])


@pytest.mark.parametrize("content", CALENDARS.values(), ids=CALENDARS)
def test_libical_finds_the_same_busy_times(expanded_by_libical: Expander, content: bytes) -> None:
    assert list(read(content).intervals) == inside(expanded_by_libical(content)["one"])


def test_thunderbirds_library_finds_the_same_busy_times(node: Callable[..., Any]) -> None:
    found = {}
    for name, content in CALENDARS.items():
        [expanded] = node("expand.mjs", {"text": content.decode(), "from": YEAR[0], "until": YEAR[1]})
        found[name] = inside([(at(start), at(end)) for start, end in expanded["occurrences"]])
    assert found == {name: list(read(content).intervals) for name, content in CALENDARS.items()}


@pytest.mark.parametrize("zone", ["America/Toronto", BERLIN, "Australia/Lord_Howe", "Asia/Kolkata"])
def test_a_zone_that_a_calendar_defines_is_read_as_the_tz_database_reads_it(zone: str) -> None:
    [content] = read_calendars(calendar(renamed_zone(zone, "Home")))
    defined = Zones(content, BERLIN, Definitions(until=YEAR[1])).named("Home")
    changes = [change for change in transitions(zone) if YEAR[0] <= change < YEAR[1]] or [YEAR[0]]
    walls = [
        datetime.fromtimestamp(change + offset * 900, ZoneInfo(zone)).replace(tzinfo=None, fold=fold)
        for change in changes
        for offset in range(-12, 13)
        for fold in (0, 1)
    ]
    walls += [
        datetime.fromtimestamp(change + 900 * n, UTC).replace(tzinfo=None)
        for change in changes
        for n in range(96)
    ]
    assert [wall.replace(tzinfo=defined).utcoffset() for wall in walls] == [
        wall.replace(tzinfo=ZoneInfo(zone)).utcoffset() for wall in walls
    ]


WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
STARTS = st.dates(date(1995, 1, 1), date(2026, 12, 31))


def busy_days(days: list[date]) -> list[Interval]:
    return merge(day_interval(day, BERLIN) for day in days if date(2026, 1, 1) <= day <= date(2026, 12, 31))


def all_days(start: date, rule: str) -> list[Interval]:
    content = calendar(event(f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"RRULE:{rule}"))
    return list(
        read(
            content,
            window=(day_interval(date(2026, 1, 1), BERLIN)[0], day_interval(date(2026, 12, 31), BERLIN)[1]),
        ).intervals
    )


@settings(max_examples=40)
@given(STARTS, st.integers(1, 40))
def test_every_nth_day_is_found_by_counting_days(start: date, step: int) -> None:
    days = [start + timedelta(days=n) for n in range(0, (date(2027, 1, 1) - start).days, step)]
    assert all_days(start, f"FREQ=DAILY;INTERVAL={step}") == busy_days(days)


@settings(max_examples=40)
@given(STARTS, st.integers(1, 6), st.sets(st.integers(0, 6), min_size=1))
def test_days_of_every_nth_week_are_found_by_counting_weeks(
    start: date, step: int, weekdays: set[int]
) -> None:
    monday = start - timedelta(days=start.weekday())
    later = [start + timedelta(days=n) for n in range((date(2027, 1, 1) - start).days)]
    days = [day for day in later if (day - monday).days // 7 % step == 0 and day.weekday() in weekdays]
    named = ",".join(WEEKDAYS[weekday] for weekday in sorted(weekdays))
    assert all_days(start, f"FREQ=WEEKLY;INTERVAL={step};BYDAY={named}") == busy_days([start, *days])
