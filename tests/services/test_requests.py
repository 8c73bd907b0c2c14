"""Requests: kept until answered, answered once, by the right person."""

import pytest

from scheduler.domain.appointment import Status
from scheduler.domain.errors import NotFound, SlotTaken, WrongState
from scheduler.services import appointments, requests
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.support.core import NOW, WEDNESDAY, Core
from tests.support.instants import HOUR, MINUTE


def test_accepting_confirms_raises_the_sequence_and_tells_both_sides(core: Core) -> None:
    asked = booked(core, "first-talk", WEDNESDAY, "ben")
    accepted = requests.accept(desk_of(core, "ben"), asked.appointment.id, now=NOW + HOUR)
    assert (accepted.status, accepted.sequence, accepted.expires_at) == (Status.CONFIRMED, 1, None)
    assert core.kinds_of_mail() == [
        "accepted",
        "reminder",
        "request_received",
        "therapist_booked",
        "therapist_requested",
    ]


def test_declining_frees_the_time_at_once(core: Core) -> None:
    asked = booked(core, "first-talk", WEDNESDAY, "ben")
    declined = requests.decline(desk_of(core, "ben"), asked.appointment.id, now=NOW + HOUR)
    assert (declined.status, declined.sequence) == (Status.DECLINED, 1)
    assert "declined" in core.kinds_of_mail()
    again = booked(core, "first-talk", WEDNESDAY, "ben", now=NOW + 2 * HOUR, email="other@example.org")
    assert again.status is Status.REQUESTED


def test_a_second_press_changes_nothing(core: Core) -> None:
    desk = desk_of(core, "ben")
    yes = booked(core, "first-talk", WEDNESDAY, "ben").appointment.id
    no = booked(core, "first-talk", WEDNESDAY + HOUR, "ben", email="other@example.org").appointment.id
    for _ in range(2):
        assert requests.accept(desk, yes, now=NOW).sequence == 1
        assert requests.decline(desk, no, now=NOW).sequence == 1
    kinds = core.kinds_of_mail()
    assert (kinds.count("accepted"), kinds.count("declined")) == (1, 1)


def test_two_answers_at_the_same_moment_have_one_effect(core: Core) -> None:
    asked = booked(core, "first-talk", WEDNESDAY, "ben").appointment.id
    desk = desk_of(core, "ben")
    answers = [requests.accept, requests.decline] * 3
    results = core.together(6, lambda index: answers[index](desk, asked, now=NOW))
    status = appointments.find(desk, asked).status
    kinds = core.kinds_of_mail()
    assert status in (Status.CONFIRMED, Status.DECLINED)
    assert kinds.count("accepted") + kinds.count("declined") == 1
    refused = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [WrongState] * 3


def test_what_was_declined_cannot_be_accepted(any_core: Core) -> None:
    desk = desk_of(any_core, "ben")
    asked = booked(any_core, "first-talk", WEDNESDAY, "ben").appointment.id
    requests.decline(desk, asked, now=NOW)
    with pytest.raises(WrongState):
        requests.accept(desk, asked, now=NOW)


def test_a_request_whose_time_ran_out_cannot_be_accepted_and_waits_no_longer(core: Core) -> None:
    asked = booked(core, "first-talk", WEDNESDAY, "ben")
    assert asked.answer_by is not None
    desk = desk_of(core, "ben")
    assert len(requests.waiting(desk, now=asked.answer_by - 1)) == 1
    assert requests.waiting(desk, now=asked.answer_by) == []
    with pytest.raises(WrongState):
        requests.accept(desk, asked.appointment.id, now=asked.answer_by)


def test_ada_neither_sees_nor_answers_what_waits_for_ben(core: Core) -> None:
    asked = booked(core, "first-talk", WEDNESDAY, "ben").appointment.id
    for desk in (desk_of(core, "ada"), desk_of(core, "cora", "other")):
        assert requests.waiting(desk, now=NOW) == []
        with pytest.raises(NotFound):
            requests.accept(desk, asked, now=NOW)
        with pytest.raises(NotFound):
            requests.decline(desk, asked, now=NOW)
        with pytest.raises(NotFound):
            appointments.look_at(desk, asked, now=NOW)
    assert [one.request.id for one in requests.waiting(owner_desk(core), now=NOW)] == [asked]


def test_the_card_knows_the_neighbours_of_that_day_and_that_therapist(any_core: Core) -> None:
    first = booked(any_core, "consultation", WEDNESDAY, "ben", email="first@example.org")
    booked(any_core, "consultation", WEDNESDAY + 30 * MINUTE, "ada", email="adas@example.org")
    booked(any_core, "first-talk", WEDNESDAY + HOUR, "ben")
    last = booked(any_core, "consultation", WEDNESDAY + 2 * HOUR, "ben", email="last@example.org")
    (card,) = requests.waiting(desk_of(any_core, "ben"), now=NOW)
    assert card.before is not None
    assert card.after is not None
    assert (card.before.uid, card.after.uid) == (first.uid, last.uid)


def test_answered_requests_stay_on_the_page_for_a_week(any_core: Core) -> None:
    desk = desk_of(any_core, "ben")
    asked = booked(any_core, "first-talk", WEDNESDAY, "ben").appointment.id
    requests.accept(desk, asked, now=NOW)
    assert [one.id for one in requests.answered(desk, now=NOW + HOUR)] == [asked]
    assert requests.answered(desk, now=NOW + 8 * 24 * HOUR) == []


def test_an_appointment_by_hand_never_lies_over_another(core: Core) -> None:
    desk = desk_of(core, "ada")
    booked(core, "session", WEDNESDAY)
    form = {"name": "Sam Okafor", "email": "sam@example.org", "mode": "video"}
    kind, ada = core.kind("session"), core.therapist("ada")
    with pytest.raises(SlotTaken):
        appointments.add(desk, kind, ada, WEDNESDAY + 50 * MINUTE, form, notify=True, now=NOW)
    added = appointments.add(desk, kind, ada, WEDNESDAY + 65 * MINUTE, form, notify=False, now=NOW)
    assert (added.status, added.by_hand) == (Status.CONFIRMED, True)
    assert [mail.kind for mail in core.mails() if mail.appointment_id == added.id] == []


def test_a_known_contact_is_answered_kindly_once(core: Core) -> None:
    booked(core, "consultation", WEDNESDAY)
    again = booked(core, "consultation", WEDNESDAY + HOUR)
    desk = desk_of(core, "ada")
    assert again.appointment.known_since == NOW
    for later in (0, 60):
        appointments.answer_known(desk, again.appointment.id, now=NOW + later)
    assert core.kinds_of_mail().count("known_contact") == 1


def test_a_new_contact_gets_no_such_answer(any_core: Core) -> None:
    new = booked(any_core, "consultation", WEDNESDAY)
    with pytest.raises(WrongState):
        appointments.answer_known(desk_of(any_core, "ada"), new.appointment.id, now=NOW)


def test_cancelling_twice_tells_once_and_frees_the_time(core: Core) -> None:
    desk = desk_of(core, "ada")
    vera = booked(core, "consultation", WEDNESDAY)
    for _ in range(2):
        assert appointments.cancel(desk, vera.appointment.id, now=NOW).status is Status.CANCELLED
    assert core.kinds_of_mail().count("cancelled") == 1
    assert booked(core, "consultation", WEDNESDAY, email="next@example.org").status is Status.CONFIRMED


def test_what_has_begun_can_be_neither_moved_nor_cancelled(any_core: Core) -> None:
    desk = desk_of(any_core, "ada")
    vera = booked(any_core, "consultation", WEDNESDAY).appointment.id
    with pytest.raises(WrongState):
        appointments.cancel(desk, vera, now=WEDNESDAY)
    with pytest.raises(WrongState):
        appointments.move(desk, vera, WEDNESDAY + HOUR, now=WEDNESDAY)
