"""Fifty threads want the same time, or times that merely overlap: one of them has it, on both databases."""

import pytest

from scheduler.domain.errors import SlotTaken
from scheduler.services import booking, holds
from scheduler.services.booking import Booked
from scheduler.services.holds import Held
from tests.support.core import NOW, TUESDAY, Core, somebody
from tests.support.instants import HOUR, MINUTE, at

VISITORS = 50
ROUNDS = 3
STARTS = {"one start": [0], "overlapping starts": [0, 30 * MINUTE]}


def overlapping_pairs(core: Core) -> list[tuple[object, ...]]:
    """Live appointments of one therapist whose busy times overlap."""
    return core.all(
        "SELECT one.id, other.id FROM appointments one JOIN appointments other"
        " ON one.therapist_id = other.therapist_id AND one.id < other.id"
        " AND one.busy_start < other.busy_end AND other.busy_start < one.busy_end"
        " WHERE one.status IN ('held', 'requested', 'confirmed')"
        " AND other.status IN ('held', 'requested', 'confirmed')"
    )


@pytest.mark.slow
@pytest.mark.parametrize("starts", STARTS)
def test_fifty_bookings_at_once_have_one_winner(core: Core, starts: str) -> None:
    kind, ada = core.kind("session"), core.therapist("ada")
    for day in range(ROUNDS):
        base = TUESDAY + day * 24 * HOUR

        def book(number: int, base: int = base) -> Booked:
            return booking.book(
                core.demo,
                kind,
                start=base + STARTS[starts][number % len(STARTS[starts])],
                therapist=ada,
                raw=somebody(number),
                key=f"{base} {number}",
                source=f"192.0.2.{number}",
                now=NOW,
                limited=False,
            )

        results = core.together(VISITORS, book)
        losers = [type(result) for result in results if not isinstance(result, Booked)]
        assert losers == [SlotTaken] * (VISITORS - 1)
    assert overlapping_pairs(core) == []
    assert core.all("SELECT status, count(*) FROM appointments GROUP BY status") == [("confirmed", ROUNDS)]
    assert core.all("SELECT count(*) FROM participants") == [(ROUNDS,)]
    told = [mail.kind for mail in core.mails() if mail.kind in {"confirmation", "therapist_booked"}]
    assert sorted(told) == ["confirmation"] * ROUNDS + ["therapist_booked"] * ROUNDS


@pytest.mark.slow
def test_fifty_holds_at_once_have_one_winner(core: Core) -> None:
    kind, ada = core.kind("session"), core.therapist("ada")

    def hold(number: int) -> Held:
        return holds.hold(
            core.demo,
            kind,
            start=TUESDAY + STARTS["overlapping starts"][number % 2],
            therapist=ada,
            source=f"192.0.2.{number}",
            language="en",
            zone="UTC",
            now=NOW,
        )

    results = core.together(VISITORS, hold)
    assert sum(isinstance(result, Held) for result in results) == 1
    assert [type(result) for result in results if not isinstance(result, Held)] == [SlotTaken] * (
        VISITORS - 1
    )
    assert overlapping_pairs(core) == []


@pytest.mark.slow
def test_a_lapsed_request_in_the_way_is_declined_once_by_fifty(core: Core) -> None:
    start = at("2026-06-10T09:00-04:00")
    ben = core.therapist("ben")
    booking.book(
        core.demo,
        core.kind("first-talk"),
        start=start,
        therapist=ben,
        raw=somebody(99),
        key="asked",
        source="192.0.2.99",
        now=NOW,
    )
    kind, later = core.kind("consultation"), NOW + 48 * HOUR

    def book(number: int) -> Booked:
        return booking.book(
            core.demo,
            kind,
            start=start,
            therapist=ben,
            raw=somebody(number),
            key=str(number),
            source=f"192.0.2.{number}",
            now=later,
        )

    results = core.together(VISITORS, book)
    assert sum(isinstance(result, Booked) for result in results) == 1
    assert [mail.kind for mail in core.mails() if mail.kind == "declined"] == ["declined"]
    assert sorted(core.all("SELECT status FROM appointments")) == [("confirmed",), ("declined",)]
