"""Until when cancelling is free of charge."""

from dataclasses import replace

import pytest

from scheduler.domain import cancellation
from scheduler.domain.cancellation import Fee, Terms, terms_of
from scheduler.domain.practice import AppointmentType, Mode
from tests.support.instants import HOUR, MINUTE, at

START = at("2026-06-03T10:00-04:00")
DAY = 24 * HOUR
TERMS = Terms(window=DAY, grace=0, fee_cents=6000, currency="CAD")
KIND = AppointmentType("t", "p", "session", {}, {}, 50 * MINUTE, (Mode.VIDEO,), ("ada",), currency="CAD")


@pytest.mark.parametrize(
    ("grace", "booked_before", "free_before"),
    [
        (0, 7 * DAY, DAY),  # booked long before: the window counts
        (2 * HOUR, 7 * DAY, DAY),
        (2 * HOUR, 25 * HOUR, 23 * HOUR),  # the grace outlasts the window
        (2 * HOUR, 20 * HOUR, 18 * HOUR),  # booked inside the window: the grace counts
        (2 * HOUR, HOUR, 0),  # and never reaches beyond the start
        (0, 20 * HOUR, 20 * HOUR),  # from the moment of booking on it costs the fee
    ],
)
def test_cancelling_is_free_until_the_window_or_within_the_grace(
    grace: int, booked_before: int, free_before: int
) -> None:
    terms = replace(TERMS, grace=grace)
    assert terms.free_until(start=START, booked_at=START - booked_before) == START - free_before


def test_the_last_free_moment_is_free() -> None:
    when = {"start": START, "booked_at": START - 7 * DAY}
    assert [TERMS.is_late(**when, at=START - DAY + second) for second in (-1, 0, 1)] == [False, False, True]


def test_a_time_booked_inside_the_window_is_never_free() -> None:
    assert TERMS.is_ever_free(start=START, booked_at=START - 25 * HOUR)
    assert not TERMS.is_ever_free(start=START, booked_at=START - DAY)
    assert not TERMS.is_ever_free(start=START, booked_at=START - HOUR)
    assert TERMS.is_late(start=START, booked_at=START - HOUR, at=START - HOUR)


@pytest.mark.parametrize(("window", "cents"), [(0, 0), (DAY, 0), (0, 6000)])
def test_without_window_or_fee_nothing_is_accepted(window: int, cents: int) -> None:
    kind = replace(KIND, cancel_window=window, late_fee_cents=cents)
    assert terms_of(kind) is None
    assert not kind.has_terms
    assert replace(kind, policy={"en": "Please tell us early."}).has_terms


def test_terms_are_those_of_the_type_and_can_be_stored() -> None:
    kind = replace(KIND, cancel_window=DAY, grace=HOUR, late_fee_cents=6000)
    accepted = terms_of(kind)
    assert kind.has_terms
    assert accepted == Terms(DAY, HOUR, 6000, "CAD")
    waived = replace(accepted, fee=Fee.WAIVED)
    assert cancellation.from_stored(cancellation.to_stored(waived)) == waived


# ---- moved -----------------------------------------------------------------

BOOKED = START - 7 * DAY
NEXT_WEEK = START + 7 * DAY


def moved(terms: Terms, start: int, when: int, *, booked_at: int = BOOKED) -> Terms:
    """The terms after a visitor has moved away from `start` at `when`."""
    return terms.after_move(start=start, booked_at=booked_at, at=when)


def test_moving_in_time_changes_nothing() -> None:
    assert moved(TERMS, START, START - DAY) is TERMS
    kept = {"start": NEXT_WEEK, "booked_at": BOOKED}
    assert TERMS.free_until(**kept) == NEXT_WEEK - DAY


@pytest.mark.parametrize("before", [DAY - 1, HOUR, 1])
def test_moving_late_and_cancelling_then_costs_as_cancelling_at_once_would(before: int) -> None:
    after = moved(TERMS, START, START - before)
    when = {"start": NEXT_WEEK, "booked_at": BOOKED}
    assert after == replace(TERMS, given_up=START)
    assert after.free_until(**when) == START - DAY
    assert [after.is_late(**when, at=at) for at in (START - before, START, NEXT_WEEK - 3 * DAY)] == [True] * 3


def test_moving_to_an_earlier_time_counts_from_that_one() -> None:
    earlier = START - 12 * HOUR
    after = moved(TERMS, START, START - 20 * HOUR)
    assert after.free_until(start=earlier, booked_at=BOOKED) == earlier - DAY


def test_of_several_late_moves_the_earliest_start_counts() -> None:
    once = moved(TERMS, START, START - HOUR)
    again = moved(once, NEXT_WEEK, NEXT_WEEK - 3 * DAY)
    assert again.given_up == START
    sooner = moved(replace(TERMS, given_up=NEXT_WEEK), START, START - HOUR)
    assert sooner.given_up == START


def test_moving_within_the_grace_is_not_late() -> None:
    terms = replace(TERMS, grace=2 * HOUR)
    booked_at = START - 10 * HOUR
    assert moved(terms, START, booked_at + 2 * HOUR, booked_at=booked_at) is terms
    late = moved(terms, START, booked_at + 2 * HOUR + 1, booked_at=booked_at)
    assert late.is_late(start=NEXT_WEEK, booked_at=booked_at, at=booked_at + 3 * HOUR)


def test_a_time_that_was_never_free_stays_so_when_moved() -> None:
    booked_at = START - HOUR
    after = moved(TERMS, START, booked_at, booked_at=booked_at)
    assert not after.is_ever_free(start=NEXT_WEEK, booked_at=booked_at)


@pytest.mark.parametrize(
    ("start", "last_free"),
    [
        (at("2026-03-08T10:00-04:00"), at("2026-03-07T09:00-05:00")),  # Toronto's clocks went forward
        (at("2026-11-01T10:00-05:00"), at("2026-10-31T11:00-04:00")),  # and back
    ],
)
def test_the_window_is_counted_in_real_hours_when_clocks_change(start: int, last_free: int) -> None:
    booked_at = start - 7 * DAY
    assert TERMS.free_until(start=start, booked_at=booked_at) == last_free
    assert moved(TERMS, start, last_free, booked_at=booked_at).given_up is None
    assert moved(TERMS, start, last_free + 1, booked_at=booked_at).given_up == start


def test_a_late_move_can_be_stored() -> None:
    after = replace(TERMS, given_up=START)
    assert cancellation.from_stored(cancellation.to_stored(after)) == after
    assert "given_up" not in cancellation.to_stored(TERMS)
