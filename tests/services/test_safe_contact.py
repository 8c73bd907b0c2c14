"""Whether text messages and voicemail are safe: said when booking, sealed, changed by the link."""

from typing import Any

import pytest

from scheduler.domain.errors import NotFound
from scheduler.services import booking, safe_contact
from scheduler.services.booking import Booked
from scheduler.services.manage import find
from tests.services.practice_side import booked
from tests.support.core import NOW, WEDNESDAY, Core

BY_PHONE: dict[str, Any] = {"mode": "phone", "phone": "+1 514 555 0199"}


@pytest.fixture
def asking(any_core: Core) -> Core:
    """A practice that asks."""
    any_core.change_practice(asks_safe_contact=True)
    return any_core


def said(one: Booked) -> frozenset[str] | None:
    return safe_contact.said(find(one.token, now=NOW).participant)


def test_nobody_is_asked_by_default(any_core: Core) -> None:
    one = booked(any_core, "session", WEDNESDAY, **BY_PHONE, ways=["text"])
    assert said(one) is None
    with pytest.raises(NotFound):
        safe_contact.change(one.token, ["text"], now=NOW)


@pytest.mark.parametrize("ways", [[], ["voicemail"], ["text", "voicemail", "smoke signals"]])
def test_what_is_not_ticked_is_a_no(asking: Core, ways: list[str]) -> None:
    one = booked(asking, "session", WEDNESDAY, **BY_PHONE, ways=ways)
    assert said(one) == set(ways) - {"smoke signals"}
    [(sealed,)] = asking.all("SELECT extras_sealed FROM participants")
    assert b"voicemail" not in bytes(sealed)


def test_without_a_number_there_is_nothing_to_say(asking: Core) -> None:
    one = booked(asking, "session", WEDNESDAY, ways=["text"])
    assert said(one) is None
    with pytest.raises(NotFound):
        safe_contact.change(one.token, ["text"], now=NOW)


def test_the_answer_can_be_changed_and_nothing_else_is(asking: Core) -> None:
    one = booked(asking, "session", WEDNESDAY, **BY_PHONE, ways=["text"])
    before = find(one.token, now=NOW)
    safe_contact.change(one.token, ["voicemail"], now=NOW)
    after = find(one.token, now=NOW)
    assert said(one) == {"voicemail"}
    assert (after.participant.phone, after.appointment.sequence) == (before.participant.phone, 0)
    safe_contact.change(one.token, [], now=NOW)
    assert said(one) == frozenset()
    with pytest.raises(NotFound):
        safe_contact.change(one.token, ["text"], now=WEDNESDAY)  # it has begun


def test_a_booked_appointment_keeps_its_answer_when_the_practice_stops_asking(asking: Core) -> None:
    one = booked(asking, "session", WEDNESDAY, **BY_PHONE, ways=["text"])
    asking.change_practice(asks_safe_contact=False)
    found = booking.find_booked(asking.demo, one.token, now=NOW)
    assert safe_contact.said(found.appointment.participants[0]) == {"text"}
