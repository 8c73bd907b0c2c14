"""Wall clock and instants, above all on the days on which clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.local_time import (
    day_interval,
    days,
    end_instant,
    instants,
    is_doubled,
    known_zones,
    local,
    local_day,
    minutes_interval,
    rfc3339,
    start_instant,
    zone_info,
)
from tests.support.instants import HOUR, at, wall

ZONES = ("America/Toronto", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns")
LATEST = at("2037-01-01T00:00Z")

# (zone, local day, when it begins, how long it is)
DAYS = [
    ("America/Toronto", date(2026, 3, 8), "2026-03-08T05:00Z", 23),
    ("America/Toronto", date(2026, 11, 1), "2026-11-01T04:00Z", 25),
    ("Europe/Paris", date(2026, 3, 29), "2026-03-28T23:00Z", 23),
    ("Europe/Paris", date(2026, 10, 25), "2026-10-24T22:00Z", 25),
    ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T13:30Z", 23.5),
    ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00Z", 24.5),
    ("America/St_Johns", date(2026, 3, 8), "2026-03-08T03:30Z", 23),
    ("America/St_Johns", date(2026, 11, 1), "2026-11-01T02:30Z", 25),
    ("Asia/Kathmandu", date(2026, 3, 8), "2026-03-07T18:15Z", 24),
    ("UTC", date(2026, 3, 8), "2026-03-08T00:00Z", 24),
    ("Africa/Casablanca", date(2026, 2, 15), "2026-02-14T23:00Z", 25),  # before Ramadan, and after it
    ("Africa/Casablanca", date(2026, 3, 22), "2026-03-22T00:00Z", 23),
    ("Africa/Cairo", date(2025, 4, 25), "2025-04-24T22:00Z", 23),  # midnight itself is skipped
    ("America/Havana", date(2024, 11, 3), "2024-11-03T04:00Z", 25),  # the hour after midnight comes twice
]

# (zone, wall-clock time, every instant that shows it)
WALLS = [
    ("America/Toronto", "2026-03-08T02:30", ()),
    ("America/Toronto", "2026-11-01T01:30", ("2026-11-01T05:30Z", "2026-11-01T06:30Z")),
    ("America/Toronto", "2026-11-01T02:00", ("2026-11-01T07:00Z",)),
    ("Europe/Paris", "2026-03-29T02:00", ()),
    ("Europe/Paris", "2026-10-25T02:59", ("2026-10-25T00:59Z", "2026-10-25T01:59Z")),
    ("Australia/Lord_Howe", "2026-10-04T02:15", ()),
    ("Australia/Lord_Howe", "2026-10-04T02:30", ("2026-10-03T15:30Z",)),
    ("Australia/Lord_Howe", "2026-04-05T01:45", ("2026-04-04T14:45Z", "2026-04-04T15:15Z")),
    ("Australia/Lord_Howe", "2026-04-05T01:15", ("2026-04-04T14:15Z",)),
    ("America/St_Johns", "2026-03-08T02:30", ()),
    ("America/St_Johns", "2026-11-01T01:00", ("2026-11-01T03:30Z", "2026-11-01T04:30Z")),
    ("Asia/Kathmandu", "2026-03-08T02:30", ("2026-03-07T20:45Z",)),
    ("Africa/Casablanca", "2026-02-15T02:30", ("2026-02-15T01:30Z", "2026-02-15T02:30Z")),
    ("Africa/Casablanca", "2026-03-22T02:30", ()),
]

# (zone, day, first and last minute of a span, when it begins and ends)
SPANS = [
    # In the spring gap both ends move forward by an hour, in Lord Howe by half of one.
    ("America/Toronto", date(2026, 3, 8), "02:15", "02:45", "2026-03-08T07:15Z", "2026-03-08T07:45Z"),
    ("America/Toronto", date(2026, 3, 8), "01:30", "02:30", "2026-03-08T06:30Z", "2026-03-08T07:30Z"),
    ("America/Toronto", date(2026, 3, 8), "09:00", "17:00", "2026-03-08T13:00Z", "2026-03-08T21:00Z"),
    ("Australia/Lord_Howe", date(2026, 10, 4), "01:30", "02:15", "2026-10-03T15:00Z", "2026-10-03T15:45Z"),
    # In the doubled hour a span begins at the first and ends at the second.
    ("America/Toronto", date(2026, 11, 1), "01:30", "01:45", "2026-11-01T05:30Z", "2026-11-01T06:45Z"),
    ("America/Toronto", date(2026, 11, 1), "00:00", "24:00", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),
    ("Australia/Lord_Howe", date(2026, 4, 5), "01:30", "02:00", "2026-04-04T14:30Z", "2026-04-04T15:30Z"),
    ("America/St_Johns", date(2026, 11, 1), "01:00", "02:00", "2026-11-01T03:30Z", "2026-11-01T05:30Z"),
    ("Europe/Paris", date(2026, 10, 24), "09:00", "17:00", "2026-10-24T07:00Z", "2026-10-24T15:00Z"),
    ("Europe/Paris", date(2026, 10, 26), "09:00", "17:00", "2026-10-26T08:00Z", "2026-10-26T16:00Z"),
]


def minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@pytest.mark.parametrize(("zone", "day", "begins", "hours"), DAYS)
def test_a_local_day_has_as_many_hours_as_clocks_show(
    zone: str, day: date, begins: str, hours: float
) -> None:
    assert day_interval(day, zone) == (at(begins), at(begins) + int(hours * HOUR))


@pytest.mark.parametrize(("zone", "shown", "expected"), WALLS)
def test_a_wall_clock_time_is_shown_never_once_or_twice(
    zone: str, shown: str, expected: tuple[str, ...]
) -> None:
    assert instants(datetime.fromisoformat(shown), zone) == tuple(map(at, expected))


@pytest.mark.parametrize(("zone", "day", "opens", "closes", "begins", "ends"), SPANS)
def test_a_span_of_minutes_is_resolved_on_its_day(
    zone: str, day: date, opens: str, closes: str, begins: str, ends: str
) -> None:
    assert minutes_interval(day, minute(opens), minute(closes), zone) == (at(begins), at(ends))


def test_a_time_in_the_gap_moves_forward_by_the_gap() -> None:
    skipped = datetime.fromisoformat("2026-03-08T02:30")
    moved = start_instant(skipped, "America/Toronto")
    assert moved == end_instant(skipped, "America/Toronto")
    assert wall(moved, "America/Toronto") == "03:30-04:00"


def test_a_doubled_time_starts_at_the_first_and_ends_at_the_second() -> None:
    doubled = datetime.fromisoformat("2026-11-01T01:30")
    assert start_instant(doubled, "America/Toronto") == at("2026-11-01T01:30-04:00")
    assert end_instant(doubled, "America/Toronto") == at("2026-11-01T01:30-05:00")


@pytest.mark.parametrize(
    ("shown", "twice"),
    [
        ("2026-11-01T04:59Z", False),
        ("2026-11-01T05:00Z", True),
        ("2026-11-01T06:59Z", True),
        ("2026-11-01T07:00Z", False),
        ("2026-03-08T07:00Z", False),
    ],
)
def test_only_the_doubled_hour_is_doubled(shown: str, twice: bool) -> None:
    assert is_doubled(at(shown), "America/Toronto") is twice


@settings(max_examples=40)
@given(st.integers(0, LATEST), st.sampled_from(ZONES))
def test_an_instant_is_among_those_that_show_its_wall_clock_time(instant: int, zone: str) -> None:
    shown = local(instant, zone).replace(tzinfo=None)
    found = instants(shown, zone)
    assert instant in found
    assert len({local(one, zone).utcoffset() for one in found}) == len(found)
    assert is_doubled(instant, zone) == (len(found) == 2)


@settings(max_examples=40)
@given(st.integers(0, LATEST), st.sampled_from(ZONES))
def test_an_instant_lies_within_its_local_day(instant: int, zone: str) -> None:
    start, end = day_interval(local_day(instant, zone), zone)
    assert start <= instant < end


@settings(max_examples=40)
@given(st.dates(date(1990, 1, 1), date(2036, 12, 30)), st.sampled_from(ZONES))
def test_local_days_follow_each_other_without_gap(day: date, zone: str) -> None:
    assert day_interval(day, zone)[1] == day_interval(day + timedelta(days=1), zone)[0]


@settings(max_examples=40)
@given(
    st.dates(date(2000, 1, 1), date(2036, 12, 30)),
    st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda ends: ends[0] < ends[1]),
    st.sampled_from(ZONES),
)
def test_a_span_stays_within_its_day(day: date, ends: tuple[int, int], zone: str) -> None:
    start, end = minutes_interval(day, *ends, zone)
    day_start, day_end = day_interval(day, zone)
    assert day_start <= start <= day_end
    assert day_start <= end <= day_end


def test_days_include_both_ends() -> None:
    assert list(days(date(2026, 2, 27), date(2026, 3, 1))) == [
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]


def test_no_days_lie_in_a_reversed_range() -> None:
    assert list(days(date(2026, 3, 2), date(2026, 3, 1))) == []


def test_an_instant_is_written_in_utc() -> None:
    assert rfc3339(at("2026-06-03T10:30-04:00")) == "2026-06-03T14:30:00Z"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "America", "Europe/Paris\0"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        zone_info(name)


def test_a_time_that_has_a_zone_is_no_wall_clock_time() -> None:
    with pytest.raises(ValueError, match="zone"):
        instants(datetime(2026, 6, 1, 9, 0, tzinfo=UTC), "Europe/Paris")


def test_zones_are_offered_by_their_place() -> None:
    zones = known_zones()
    assert {*ZONES, "UTC"} <= zones
    assert not {name for name in zones if name.startswith(("posix/", "right/"))}
    assert "EST" not in zones
