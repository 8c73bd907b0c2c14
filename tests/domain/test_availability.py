"""When a therapist is open: weekly hours, extra hours and time off."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.availability import (
    ExtraHours,
    Hours,
    TimeOff,
    TimeOffKind,
    WeeklySpan,
    check_minutes,
    open_spans,
)
from scheduler.domain.intervals import Interval
from tests.support.instants import at

TORONTO = "America/Toronto"
MONDAY = date(2026, 6, 1)
NINE, TEN, NOON, FIVE = 9 * 60, 10 * 60, 12 * 60, 17 * 60
MORNING = WeeklySpan(1, NINE, NOON)


def local_spans(*given: tuple[str, str]) -> list[Interval]:
    """Spans of local times in Toronto's summer."""
    return [(at(f"{start}-04:00"), at(f"{end}-04:00")) for start, end in given]


def opened(
    *weekly: WeeklySpan, extra: tuple[ExtraHours, ...] = (), off: tuple[TimeOff, ...] = ()
) -> list[Interval]:
    """The open spans of Monday and Tuesday."""
    return open_spans(Hours(TORONTO, weekly, extra, off), MONDAY, MONDAY + timedelta(days=1))


def test_weekly_hours_open_their_weekday_only() -> None:
    assert opened(MORNING, WeeklySpan(3, NINE, NOON)) == local_spans(("2026-06-01T09:00", "2026-06-01T12:00"))


def test_a_day_may_have_any_number_of_spans_in_any_order() -> None:
    assert opened(WeeklySpan(1, 780, FIVE), MORNING, WeeklySpan(1, 1200, 1440)) == local_spans(
        ("2026-06-01T09:00", "2026-06-01T12:00"),
        ("2026-06-01T13:00", "2026-06-01T17:00"),
        ("2026-06-01T20:00", "2026-06-02T00:00"),
    )


def test_spans_of_a_day_that_touch_become_one() -> None:
    assert opened(MORNING, WeeklySpan(1, NOON, FIVE)) == local_spans(("2026-06-01T09:00", "2026-06-01T17:00"))


def test_extra_hours_open_a_closed_day() -> None:
    extra = ExtraHours("e", date(2026, 6, 2), TEN, NOON)
    assert opened(extra=(extra,)) == local_spans(("2026-06-02T10:00", "2026-06-02T12:00"))


def test_a_holiday_closes_its_days_and_yields_to_extra_hours() -> None:
    holiday = TimeOff("h", TimeOffKind.HOLIDAY, MONDAY, date(2026, 6, 2))
    extra = ExtraHours("e", MONDAY, TEN, NOON)
    assert opened(MORNING, WeeklySpan(2, NINE, NOON), extra=(extra,), off=(holiday,)) == local_spans(
        ("2026-06-01T10:00", "2026-06-01T12:00")
    )


def test_illness_closes_extra_hours_too() -> None:
    ill = TimeOff("i", TimeOffKind.ILL, MONDAY, MONDAY)
    assert opened(MORNING, extra=(ExtraHours("e", MONDAY, TEN, FIVE),), off=(ill,)) == []


def test_a_block_takes_a_part_of_the_day() -> None:
    block = TimeOff("b", TimeOffKind.BLOCK, MONDAY, MONDAY, TEN, TEN + 30)
    assert opened(MORNING, off=(block,)) == local_spans(
        ("2026-06-01T09:00", "2026-06-01T10:00"), ("2026-06-01T10:30", "2026-06-01T12:00")
    )


def test_time_off_elsewhere_closes_nothing() -> None:
    away = TimeOff("h", TimeOffKind.HOLIDAY, date(2026, 6, 3), date(2026, 6, 9))
    assert opened(MORNING, off=(away,)) == local_spans(("2026-06-01T09:00", "2026-06-01T12:00"))


@pytest.mark.parametrize(
    ("zone", "first", "last", "expected"),
    [
        (TORONTO, date(2026, 3, 7), date(2026, 3, 9), ["14:00Z", "13:00Z", "13:00Z"]),
        (TORONTO, date(2026, 10, 31), date(2026, 11, 2), ["13:00Z", "14:00Z", "14:00Z"]),
        ("Europe/Paris", date(2026, 3, 28), date(2026, 3, 30), ["08:00Z", "07:00Z", "07:00Z"]),
        ("Europe/Paris", date(2026, 10, 24), date(2026, 10, 26), ["07:00Z", "08:00Z", "08:00Z"]),
        ("America/St_Johns", date(2026, 3, 7), date(2026, 3, 9), ["12:30Z", "11:30Z", "11:30Z"]),
        ("America/St_Johns", date(2026, 10, 31), date(2026, 11, 2), ["11:30Z", "12:30Z", "12:30Z"]),
        ("Asia/Kathmandu", date(2026, 3, 28), date(2026, 3, 30), ["03:15Z", "03:15Z", "03:15Z"]),
        ("Africa/Casablanca", date(2026, 2, 14), date(2026, 2, 16), ["08:00Z", "09:00Z", "09:00Z"]),
        ("Africa/Casablanca", date(2026, 3, 21), date(2026, 3, 23), ["09:00Z", "08:00Z", "08:00Z"]),
        ("UTC", date(2026, 3, 28), date(2026, 3, 30), ["09:00Z", "09:00Z", "09:00Z"]),
    ],
)
def test_local_hours_stay_the_same_before_and_after_a_change(
    zone: str, first: date, last: date, expected: list[str]
) -> None:
    every_day = tuple(WeeklySpan(weekday, NINE, NOON) for weekday in range(1, 8))
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    starts = [at(f"{day}T{time}") for day, time in zip(days, expected, strict=True)]
    assert open_spans(Hours(zone, every_day), first, last) == [(start, start + 3 * 3600) for start in starts]


def test_lord_howe_changes_by_half_an_hour() -> None:
    every_day = tuple(WeeklySpan(weekday, NINE, NOON) for weekday in range(1, 8))
    found = open_spans(Hours("Australia/Lord_Howe", every_day), date(2026, 4, 4), date(2026, 4, 5))
    assert [start for start, _ in found] == [at("2026-04-03T22:00Z"), at("2026-04-04T22:30Z")]


def test_a_span_that_lies_in_the_gap_alone_moves_behind_it() -> None:
    night = Hours(TORONTO, (WeeklySpan(7, 120, 180),))
    assert (
        open_spans(night, date(2026, 3, 8), date(2026, 3, 8)) == []
    )  # 2 to 3 o'clock has no minute that day
    night = Hours(TORONTO, (WeeklySpan(7, 135, 165),))
    assert open_spans(night, date(2026, 3, 8), date(2026, 3, 8)) == [
        (at("2026-03-08T03:15-04:00"), at("2026-03-08T03:45-04:00"))
    ]


minutes = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda ends: ends[0] < ends[1])
weekly_spans = st.builds(lambda weekday, ends: WeeklySpan(weekday, *ends), st.integers(1, 7), minutes)
zones = st.sampled_from(
    [TORONTO, "Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "America/Havana"]
)
change_weeks = st.sampled_from([date(2026, 3, 6), date(2026, 3, 27), date(2026, 4, 3), date(2026, 10, 2)]) | (
    st.sampled_from([date(2026, 10, 23), date(2026, 10, 30)])
)


@settings(max_examples=40)
@given(st.lists(weekly_spans, max_size=8), zones, change_weeks, st.integers(0, 2), st.integers(0, 4))
def test_a_day_opens_the_same_whatever_days_are_asked_for(
    weekly: list[WeeklySpan], zone: str, first: date, skip: int, length: int
) -> None:
    hours = Hours(zone, tuple(weekly))
    asked = [first + timedelta(days=skip + offset) for offset in range(length + 1)]
    each = [span for day in asked for span in open_spans(hours, day, day)]
    assert open_spans(hours, asked[0], asked[-1]) == each
    assert all(start < end for start, end in each)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(each))


def test_no_spans_lie_in_a_reversed_range() -> None:
    assert open_spans(Hours(TORONTO, (MORNING,)), MONDAY, MONDAY - timedelta(days=1)) == []


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (60, 60), (120, 60), (0, 1441)])
def test_minutes_outside_a_day_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="within one day"):
        check_minutes(start, end)
    with pytest.raises(ValueError, match="within one day"):
        ExtraHours("e", MONDAY, start, end)


@pytest.mark.parametrize("weekday", [0, 8])
def test_a_week_has_seven_days(weekday: int) -> None:
    with pytest.raises(ValueError, match="weekday"):
        WeeklySpan(weekday, NINE, NOON)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"last_day": date(2026, 5, 31)}, "before the first"),
        ({"start_minute": NINE}, "both"),
        ({"end_minute": NINE}, "both"),
        ({"start_minute": NOON, "end_minute": NINE}, "within one day"),
        ({"kind": TimeOffKind.HOLIDAY, "start_minute": NINE, "end_minute": NOON}, "whole days"),
        ({"last_day": date(2026, 6, 2), "start_minute": NINE, "end_minute": NOON}, "lies within one day"),
    ],
)
def test_time_off_that_makes_no_sense_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        TimeOff(**{"id": "t", "kind": TimeOffKind.BLOCK, "first_day": MONDAY, "last_day": MONDAY, **values})


def test_time_off_of_whole_days_covers_the_long_day_of_autumn() -> None:
    ill = TimeOff("i", TimeOffKind.ILL, date(2026, 10, 31), date(2026, 11, 1))
    assert ill.interval(TORONTO) == (at("2026-10-31T04:00Z"), at("2026-11-02T05:00Z"))
