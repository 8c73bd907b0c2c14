"""The lifecycle: every action in every status, and when SEQUENCE rises."""

from dataclasses import replace
from itertools import product

import pytest

from scheduler.domain.appointment import (
    LIVE,
    Action,
    Appointment,
    Status,
    after,
    answer_by,
    sequence_after,
)
from scheduler.domain.errors import WrongState
from scheduler.domain.practice import Mode
from tests.support.instants import HOUR, at

NOW = at("2026-06-01T12:00Z")

# Every action that is possible: where it leads, and by how much SEQUENCE rises.
POSSIBLE = {
    ("held", "confirm"): ("confirmed", 0),
    ("held", "request"): ("requested", 0),
    ("held", "expire"): ("expired", 0),
    ("held", "release"): ("expired", 0),
    ("requested", "accept"): ("confirmed", 1),
    ("requested", "decline"): ("declined", 1),
    ("requested", "expire"): ("declined", 1),
    ("requested", "cancel"): ("cancelled", 1),
    ("requested", "move"): ("requested", 1),
    ("confirmed", "cancel"): ("cancelled", 1),
    ("confirmed", "move"): ("confirmed", 1),
}

VERA = Appointment(
    id="a",
    practice_id="p",
    therapist_id="t",
    type_id="k",
    uid="u",
    sequence=0,
    status=Status.CONFIRMED,
    start=NOW + HOUR,
    end=NOW + 2 * HOUR,
    busy=(NOW + HOUR, NOW + 2 * HOUR),
    mode=Mode.VIDEO,
    language="en",
    visitor_zone="Europe/Paris",
    organizer="office@demo.example",
    created_at=NOW,
    changed_at=NOW,
)


@pytest.mark.parametrize(("status", "action"), list(product(Status, Action)))
def test_every_action_leads_on_or_is_refused(status: Status, action: Action) -> None:
    expected = POSSIBLE.get((status, action))
    if expected is None:
        with pytest.raises(WrongState) as refused:
            after(status, action)
        assert str(refused.value) == f"{action} is not possible when {status}"
    else:
        assert (after(status, action), sequence_after(7, status, action) - 7) == expected


@pytest.mark.parametrize("status", Status)
def test_an_appointment_that_is_live_occupies_time(status: Status) -> None:
    assert replace(VERA, status=status).is_live == (status in {"held", "requested", "confirmed"})
    assert (status in LIVE) == (status in {"held", "requested", "confirmed"})


@pytest.mark.parametrize(("now", "over"), [(NOW, False), (NOW + HOUR - 1, False), (NOW + HOUR, True)])
def test_an_appointment_is_over_from_its_start_on(now: int, over: bool) -> None:
    assert VERA.is_over(now) is over


@pytest.mark.parametrize(
    ("start_in", "expected_in"),
    [
        (10 * 24, 48),  # the promised two days
        (60, 36),  # never later than the start minus the notice
        (24, 24),  # staff asked inside the notice: until the start
        (5, 5),
    ],
)
def test_a_request_is_answered_in_time(start_in: int, expected_in: int) -> None:
    found = answer_by(now=NOW, start=NOW + start_in * HOUR, answer_within=48 * HOUR, notice=24 * HOUR)
    assert found == NOW + expected_in * HOUR
