"""Many forms at once from one source, for several therapists: one limit counts them all."""

from collections import Counter

import pytest

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.errors import TooMany
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.services import booking, holds
from scheduler.services.booking import BOOKINGS_PER_SOURCE_AND_HOUR, Booked
from scheduler.services.holds import PER_PRACTICE, PER_SOURCE, Held
from scheduler.store import schedule, therapists
from scheduler.store.database import transaction
from tests.support.core import MORNING, NOW, SOURCE, TUESDAY, Core, person, somebody
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


@pytest.mark.slow
def test_a_practice_holds_sixty_times_however_many_visitors_press_at_once(core: Core) -> None:
    """Fourteen visitors for as many therapists, whose calendars' locks know nothing of each other."""
    people = hire(core, 14)
    kind = core.change_type("consultation", therapist_ids=tuple(one.id for one in people))
    for number in range(PER_PRACTICE - 3):
        hold_of(
            core, kind, people[number % len(people)], TUESDAY + HOUR + number // len(people) * 15 * MINUTE
        )

    def hold(number: int) -> Held:
        return hold_of(core, kind, people[number], TUESDAY, limited=True, source=f"192.0.2.{number}")

    results = Counter(type(result) for result in core.together(len(people), hold))
    assert results == {Held: 3, TooMany: len(people) - 3}
    assert core.all("SELECT count(*) FROM appointments WHERE status = 'held'") == [(PER_PRACTICE,)]


def hire(core: Core, count: int) -> list[Therapist]:
    """So many more therapists of the demo practice, open on Tuesdays."""
    people = [person(core.demo, f"t{number}") for number in range(count)]
    with transaction() as tx:
        for position, one in enumerate(people):
            therapists.add(tx, one, position=10 + position, now=NOW)
            schedule.replace_weekly(tx, one.id, [WeeklySpan(2, *MORNING)])
    return people


def hold_of(
    core: Core,
    kind: AppointmentType,
    whose: Therapist,
    start: int,
    *,
    limited: bool = False,
    source: str = "",
) -> Held:
    return holds.hold(
        core.demo,
        kind,
        start=start,
        therapist=whose,
        source=source or SOURCE,
        language="en",
        zone="UTC",
        now=NOW,
        limited=limited,
    )
