"""Weekly rhythms, above all across the days on which clocks change."""

from dataclasses import replace

import pytest

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.practice import Mode
from scheduler.domain.series import (
    WEEK,
    Occurrence,
    Rhythm,
    Series,
    SeriesDate,
    number_of,
    occurrences,
    until,
    without,
)
from tests.support.instants import at, wall

# (zone, first start, what the clocks show at each of four weekly dates; None where they skip the time)
ACROSS = [
    ("America/Toronto", "2026-02-22T10:30-05:00", ["10:30-05:00"] * 2 + ["10:30-04:00"] * 2),
    ("America/Toronto", "2026-10-18T10:30-04:00", ["10:30-04:00"] * 2 + ["10:30-05:00"] * 2),
    ("Europe/Paris", "2026-03-15T18:00+01:00", ["18:00+01:00"] * 2 + ["18:00+02:00"] * 2),
    ("Europe/Paris", "2026-10-11T18:00+02:00", ["18:00+02:00"] * 2 + ["18:00+01:00"] * 2),
    ("Australia/Lord_Howe", "2026-09-20T09:00+10:30", ["09:00+10:30"] * 2 + ["09:00+11:00"] * 2),
    ("Australia/Lord_Howe", "2026-03-22T09:00+11:00", ["09:00+11:00"] * 2 + ["09:00+10:30"] * 2),
    ("America/St_Johns", "2026-02-22T09:15-03:30", ["09:15-03:30"] * 2 + ["09:15-02:30"] * 2),
    ("America/St_Johns", "2026-10-18T09:15-02:30", ["09:15-02:30"] * 2 + ["09:15-03:30"] * 2),
    # The hour that clocks skip: that date does not exist.
    ("America/Toronto", "2026-02-22T02:30-05:00", ["02:30-05:00", "02:30-05:00", None, "02:30-04:00"]),
    ("Europe/Paris", "2026-03-15T02:30+01:00", ["02:30+01:00", "02:30+01:00", None, "02:30+02:00"]),
    ("Australia/Lord_Howe", "2026-09-20T02:15+10:30", ["02:15+10:30", "02:15+10:30", None, "02:15+11:00"]),
    ("America/St_Johns", "2026-02-22T02:30-03:30", ["02:30-03:30", "02:30-03:30", None, "02:30-02:30"]),
    # The hour that clocks show twice: the first of the two.
    ("America/Toronto", "2026-10-18T01:30-04:00", ["01:30-04:00"] * 3 + ["01:30-05:00"]),
    ("Europe/Paris", "2026-10-11T02:30+02:00", ["02:30+02:00"] * 3 + ["02:30+01:00"]),
    ("Australia/Lord_Howe", "2026-03-22T01:45+11:00", ["01:45+11:00"] * 3 + ["01:45+10:30"]),
    ("America/St_Johns", "2026-10-18T01:30-02:30", ["01:30-02:30"] * 3 + ["01:30-03:30"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "first", "shown"), ACROSS)
def test_a_series_keeps_its_time_on_the_wall(zone: str, first: str, shown: list[str | None]) -> None:
    found = occurrences(Rhythm(at(first), 1, 4, zone))
    assert [wall(one.start, zone) if one.exists else None for one in found] == shown


def test_a_series_that_begins_in_the_second_of_two_hours_keeps_that_instant() -> None:
    first = at("2026-11-01T01:30-05:00")
    assert occurrences(Rhythm(first, 1, 2, "America/Toronto")) == (
        Occurrence(first), Occurrence(at("2026-11-08T01:30-05:00"))
    )  # fmt: skip


@pytest.mark.parametrize("weeks", [1, 2, 8])
def test_weeks_lie_between_two_dates(weeks: int) -> None:
    found = occurrences(Rhythm(at("2026-06-03T10:30-04:00"), weeks, 3, "America/Toronto"))
    assert [one.start for one in found] == [found[0].start + number * weeks * WEEK for number in range(3)]


@pytest.mark.parametrize(("weeks", "dates"), [(0, 5), (9, 5), (1, 0), (1, 61)])
def test_there_are_no_other_rhythms(weeks: int, dates: int) -> None:
    with pytest.raises(ValueError, match="no such rhythm"):
        Rhythm(0, weeks, dates, "UTC")


FIVE = Rhythm(at("2026-06-03T10:30-04:00"), 1, 5, "America/Toronto")
STARTS = [one.start for one in occurrences(FIVE)]


@pytest.mark.parametrize(
    ("left_out", "first", "dates", "kept"),
    [
        ([], 0, 5, [0, 1, 2, 3, 4]),
        ([2], 0, 5, [0, 1, 3, 4]),
        ([0], 1, 4, [1, 2, 3, 4]),
        ([3, 4], 0, 3, [0, 1, 2]),
        ([0, 1, 3], 2, 3, [2, 4]),
        ([0, 1, 2, 3], 4, 1, [4]),
    ],
)
def test_a_series_reaches_from_its_first_to_its_last_kept_date(
    left_out: list[int], first: int, dates: int, kept: list[int]
) -> None:
    rhythm, starts = without(FIVE, [STARTS[number] for number in left_out])
    assert rhythm == replace(FIVE, start=STARTS[first], dates=dates)
    assert starts == tuple(STARTS[number] for number in kept)


def test_a_date_that_clocks_skip_is_left_out_by_itself() -> None:
    rhythm = Rhythm(at("2026-03-01T02:30-05:00"), 1, 3, "America/Toronto")
    assert without(rhythm, [])[1] == (rhythm.start, at("2026-03-15T02:30-04:00"))


def test_something_of_a_series_is_kept() -> None:
    with pytest.raises(ValueError, match="at least one date"):
        without(FIVE, STARTS)


def test_a_series_ends_with_a_date_of_its_own() -> None:
    assert until(FIVE, STARTS[2]) == replace(FIVE, dates=3)
    for other in (STARTS[2] + 2 * 24 * 3600, STARTS[0] - WEEK, STARTS[0] + 60 * WEEK):
        with pytest.raises(ValueError, match="no date at"):
            until(FIVE, other)


def test_a_date_keeps_its_number_when_the_zone_changes_its_rules() -> None:
    assert [number_of(FIVE, start + shift) for start in STARTS for shift in (-3600, 0, 3600)] == [
        number for number in range(5) for _ in range(3)
    ]


# ---- standing, coming ------------------------------------------------------

ONE = Appointment(
    id="0", practice_id="demo", therapist_id="ada", type_id="session", uid="u", sequence=0,
    status=Status.CONFIRMED, start=STARTS[0], end=STARTS[0] + 3000, busy=(STARTS[0], STARTS[0] + 3000),
    mode=Mode.VIDEO, language="en", visitor_zone="", organizer="", created_at=0, changed_at=0,
)  # fmt: skip


def one(number: int, status: Status = Status.CONFIRMED, later: int = 0) -> SeriesDate:
    start = STARTS[number] + later
    return SeriesDate(
        STARTS[number], replace(ONE, id=str(number), status=status, start=start, end=start + 3000)
    )


LIVED = Series(
    "s", "demo", "ada", "session", "u", 4, FIVE, 3000, 0, 0,
    dates=(
        one(0, Status.COMPLETED), one(1, Status.CANCELLED), SeriesDate(STARTS[2]),
        one(3, later=3 * WEEK), one(4),
    ),
)  # fmt: skip


def test_cancelled_and_left_out_dates_do_not_stand() -> None:
    assert [one.id for one in LIVED.standing] == ["0", "3", "4"]
    assert [one.id for one in LIVED.appointments] == ["0", "1", "3", "4"]


def test_what_has_begun_is_not_coming() -> None:
    assert [one.id for one in LIVED.coming(STARTS[0] - 1)] == ["0", "3", "4"]
    assert [one.id for one in LIVED.coming(STARTS[4])] == ["3"]


def test_a_moved_date_keeps_its_place_in_the_series() -> None:
    assert LIVED.recurrence_of("3") == STARTS[3]
    assert [one.id for one in LIVED.coming_from(STARTS[3], 0)] == ["3", "4"]
    assert [one.id for one in LIVED.coming_from(STARTS[3] + 1, 0)] == ["4"]
    with pytest.raises(KeyError):
        LIVED.recurrence_of("5")
