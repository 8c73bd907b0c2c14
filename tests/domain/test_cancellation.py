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
