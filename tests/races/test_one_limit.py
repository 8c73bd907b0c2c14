"""Many forms at once from one source, for several therapists: one limit counts them all."""

from collections import Counter

import pytest

from scheduler.domain.errors import TooMany
from scheduler.services import booking, holds
from scheduler.services.booking import BOOKINGS_PER_SOURCE_AND_HOUR, Booked
from scheduler.services.holds import PER_SOURCE, Held
from tests.support.core import NOW, SOURCE, TUESDAY, Core, somebody
from tests.support.instants import HOUR, MINUTE

ATTEMPTS = 40


def start_of(number: int) -> int:
    """Ten quarters of an hour of Tuesday and of Wednesday; even and odd numbers go to two therapists."""
    return TUESDAY + number // 20 * 24 * HOUR + number % 20 // 2 * 15 * MINUTE


@pytest.mark.slow
def test_one_source_books_twenty_an_hour_however_many_forms_it_sends_at_once(core: Core) -> None:
    kind, people = core.kind("consultation"), [core.therapist("ada"), core.therapist("ben")]

    def book(number: int) -> Booked:
        return booking.book(
            core.demo,
            kind,
            start=start_of(number),
            therapist=people[number % 2],
            raw=somebody(number),
            key=str(number),
            source=SOURCE,
            now=NOW,
        )

    results = Counter(type(result) for result in core.together(ATTEMPTS, book))
    most = BOOKINGS_PER_SOURCE_AND_HOUR
    assert results == {Booked: most, TooMany: ATTEMPTS - most}


@pytest.mark.slow
def test_one_address_has_three_unconfirmed_appointments_however_many_forms_it_sends_at_once(
    core: Core,
) -> None:
    kind, people = core.kind("consultation"), [core.therapist("ada"), core.therapist("ben")]

    def book(number: int) -> Booked:
        return booking.book(
            core.demo,
            kind,
            start=start_of(number),
            therapist=people[number % 2],
            raw=somebody(1),
            key=str(number),
            source=f"192.0.2.{number}",
            now=NOW,
        )

    results = Counter(type(result) for result in core.together(12, book))
    assert results == {Booked: 3, TooMany: 9}


@pytest.mark.slow
def test_one_source_holds_three_times_however_many_it_presses_at_once(core: Core) -> None:
    kind, people = core.kind("consultation"), [core.therapist("ada"), core.therapist("ben")]

    def hold(number: int) -> Held:
        return holds.hold(
            core.demo,
            kind,
            start=start_of(number),
            therapist=people[number % 2],
            source=SOURCE,
            language="en",
            zone="UTC",
            now=NOW,
        )

    results = Counter(type(result) for result in core.together(12, hold))
    assert results == {Held: PER_SOURCE, TooMany: 12 - PER_SOURCE}
