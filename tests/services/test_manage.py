"""What a visitor does with the link of the mail, on both databases."""

from collections.abc import Callable

import pytest

from scheduler.domain.appointment import MANAGE_SECONDS_AFTER, Status
from scheduler.domain.errors import NotFound, Refused, SlotTaken, TooMany, WrongState
from scheduler.services import addressees, booking, by_hand, holds, manage
from scheduler.services.booking import Booked
from scheduler.services.manage import Managed
from scheduler.store import participants
from scheduler.store.database import reading
from tests.support.core import NOW, SOURCE, TUESDAY, WEDNESDAY, Core, day, vera
from tests.support.instants import HOUR, MINUTE, at

QUARTER = 15 * MINUTE


def book(core: Core, start: int, *, kind: str = "consultation", who: str = "ada", **form: object) -> Booked:
    return booking.book(
        core.demo,
        core.kind(kind),
        start=start,
        therapist=core.therapist(who),
        raw=vera(**form),
        key=f"{kind} {start} {form}",
        source=SOURCE,
        now=NOW,
        limited=False,
    )


def times(core: Core) -> list[tuple[str, int]]:
    """Status and start of all appointments, by start."""
    return [
        (status, start)
        for status, start in core.all("SELECT status, start_at FROM appointments ORDER BY 2, 1")
    ]


def test_a_link_shows_its_appointment(core: Core) -> None:
    booked = book(core, TUESDAY)
    found = manage.find(booked.token, now=NOW)
    assert (found.appointment, found.practice.slug, found.kind.slug, found.therapist.slug) == (
        booked.appointment,
        "demo",
        "consultation",
        "ada",
    )
    assert (found.participant.name, found.can_move, found.can_cancel, found.is_past) == (
        "Vera Moss",
        True,
        True,
        False,
    )
    assert found.answer_by is None


def test_an_unknown_link_shows_nothing(core: Core) -> None:
    token = book(core, TUESDAY).token
    for wrong in ("", token[:-1], token + "A", token.swapcase(), "ü" * 43):
        with pytest.raises(NotFound):
            manage.find(wrong, now=NOW)


def test_a_link_dies_seven_days_after_the_appointment(core: Core) -> None:
    booked = book(core, TUESDAY)
    last = booked.end + MANAGE_SECONDS_AFTER
    assert manage.find(booked.token, now=last).is_past
    assert booking.find_booked(core.demo, booked.token, now=last).uid == booked.uid
    acts: list[Callable[[], object]] = [
        lambda: manage.find(booked.token, now=last + 1),
        lambda: booking.find_booked(core.demo, booked.token, now=last + 1),
        lambda: manage.cancel(booked.token, now=last + 1),
        lambda: manage.move(booked.token, last + 10 * HOUR, now=last + 1),
        lambda: addressees.disown(booked.token, now=last + 1),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()


# ---- moving --------------------------------------------------------------------------------------


def test_moving_keeps_the_uid_and_raises_the_sequence(core: Core) -> None:
    booked = book(core, TUESDAY, kind="session")
    moved = manage.move(booked.token, WEDNESDAY, now=NOW + 1).appointment
    assert (moved.uid, moved.sequence, moved.status) == (booked.uid, 1, Status.CONFIRMED)
    assert (moved.start, moved.end) == (WEDNESDAY, WEDNESDAY + 50 * MINUTE)
    assert moved.busy == (WEDNESDAY - 5 * MINUTE, WEDNESDAY + 60 * MINUTE)
    assert [mail.kind for mail in core.mails() if mail.sequence == 1] == [
        "moved",
        "reminder",
        "therapist_moved",
    ]
    again = manage.move(booked.token, WEDNESDAY, now=NOW + 2).appointment
    assert again.sequence == 1


def test_moving_frees_the_old_time_at_once(core: Core) -> None:
    booked = book(core, TUESDAY)
    manage.move(booked.token, WEDNESDAY, now=NOW)
    assert book(core, TUESDAY, email="ines@example.org").start == TUESDAY


def test_moving_is_offered_as_if_the_appointment_were_not_there(core: Core) -> None:
    booked = book(core, TUESDAY + HOUR, kind="session")
    tuesday = manage.move_offer(booked.token, day("2026-06-02"), day("2026-06-02"), now=NOW)
    assert list(tuesday.starts) == [TUESDAY + step * 30 * MINUTE for step in (0, 1, 3, 4)]
    assert (
        manage.move(booked.token, TUESDAY + 90 * MINUTE, now=NOW).appointment.start == TUESDAY + 90 * MINUTE
    )


@pytest.mark.parametrize("start", [TUESDAY + 60, TUESDAY + 12 * HOUR, NOW + HOUR, NOW - HOUR])
def test_a_time_that_is_not_offered_keeps_the_old_one(core: Core, start: int) -> None:
    booked = book(core, WEDNESDAY)
    with pytest.raises(SlotTaken):
        manage.move(booked.token, start, now=NOW)
    found = manage.find(booked.token, now=NOW).appointment
    assert (found.start, found.sequence) == (WEDNESDAY, 0)
    assert [mail.kind for mail in core.mails() if mail.sequence] == []


def test_moving_onto_another_keeps_the_old_time(core: Core) -> None:
    booked = book(core, WEDNESDAY)
    book(core, TUESDAY, email="ines@example.org")
    with pytest.raises(SlotTaken):
        manage.move(booked.token, TUESDAY, now=NOW)
    assert times(core) == [("confirmed", TUESDAY), ("confirmed", WEDNESDAY)]


def test_moving_takes_the_time_of_a_lapsed_hold(core: Core) -> None:
    booked = book(core, WEDNESDAY)
    holds.hold(
        core.demo,
        core.kind("consultation"),
        start=TUESDAY + HOUR,
        therapist=core.therapist("ada"),
        source=SOURCE,
        language="en",
        zone="UTC",
        now=NOW,
    )
    assert manage.move(booked.token, TUESDAY + HOUR, now=NOW + HOUR).appointment.start == TUESDAY + HOUR


def test_six_moved_to_one_time_are_one_there_and_five_where_they_were(core: Core) -> None:
    booked = [book(core, WEDNESDAY + index * QUARTER, email=f"v{index}@example.org") for index in range(6)]
    results = core.together(6, lambda index: manage.move(booked[index].token, TUESDAY, now=NOW))
    moved = [index for index, result in enumerate(results) if isinstance(result, Managed)]
    assert len(moved) == 1
    assert [type(result) for result in results if not isinstance(result, Managed)] == [SlotTaken] * 5
    stayed = [("confirmed", one.start) for index, one in enumerate(booked) if index not in moved]
    assert times(core) == [("confirmed", TUESDAY), *stayed]
    assert [mail.kind for mail in core.mails() if mail.kind == "moved"] == ["moved"]


def test_moving_measures_what_was_booked_not_what_the_type_says_now(core: Core) -> None:
    booked = book(core, TUESDAY, kind="session")
    core.change_type("session", duration=25 * MINUTE, buffer_after=0)
    found = manage.move_offer(booked.token, day("2026-06-03"), day("2026-06-03"), now=NOW)
    assert (found.duration, found.starts[-1]) == (50 * MINUTE, WEDNESDAY + 2 * HOUR)
    assert (
        manage.move(booked.token, WEDNESDAY + 2 * HOUR, now=NOW).appointment.end == WEDNESDAY + 170 * MINUTE
    )


def test_a_moved_request_waits_for_its_answer(core: Core) -> None:
    start = at("2026-06-10T09:00-04:00")
    asked = book(core, start, kind="first-talk", who="ben")
    moved = manage.move(asked.token, start + HOUR, now=NOW + 1).appointment
    assert (moved.status, moved.sequence, moved.expires_at) == (Status.REQUESTED, 1, NOW + 1 + 48 * HOUR)


def test_what_has_begun_can_be_neither_moved_nor_cancelled(core: Core) -> None:
    booked = book(core, TUESDAY)
    acts: list[Callable[[], object]] = [
        lambda: manage.move(booked.token, WEDNESDAY, now=TUESDAY),
        lambda: manage.cancel(booked.token, now=TUESDAY),
    ]
    for act in acts:
        with pytest.raises(WrongState):
            act()
    assert manage.cancel(booked.token, now=TUESDAY - 1).appointment.status is Status.CANCELLED


# ---- cancelling ----------------------------------------------------------------------------------


def test_cancelling_twice_is_cancelling_once(core: Core) -> None:
    booked = book(core, TUESDAY)
    first = manage.cancel(booked.token, note="I am ill", now=NOW + 1)
    second = manage.cancel(booked.token, now=NOW + 2)
    assert (first.appointment.status, first.appointment.sequence, first.can_cancel) == (
        Status.CANCELLED,
        1,
        False,
    )
    assert second.appointment == first.appointment
    assert [mail.kind for mail in core.mails() if mail.sequence == 1] == ["cancelled", "therapist_cancelled"]


def test_cancelling_frees_the_time_at_once(core: Core) -> None:
    manage.cancel(book(core, TUESDAY).token, now=NOW)
    assert book(core, TUESDAY, email="ines@example.org").start == TUESDAY


def test_six_cancels_at_once_have_one_effect_and_one_mail(core: Core) -> None:
    booked = book(core, TUESDAY)
    results = core.together(6, lambda _: manage.cancel(booked.token, now=NOW))
    assert [result.appointment.sequence if isinstance(result, Managed) else result for result in results] == [
        1
    ] * 6
    assert [mail.kind for mail in core.mails() if mail.kind == "cancelled"] == ["cancelled"]


def test_an_old_link_leaves_the_appointment_of_somebody_else_alone(core: Core) -> None:
    old = book(core, TUESDAY)
    manage.cancel(old.token, now=NOW)
    new = book(core, TUESDAY, email="ines@example.org")
    manage.cancel(old.token, now=NOW)
    addressees.disown(old.token, now=NOW)
    assert manage.find(new.token, now=NOW).appointment == new.appointment
    with pytest.raises(NotFound):
        manage.move(old.token, WEDNESDAY, now=NOW)


def test_moving_and_cancelling_at_once_leaves_one_truth(core: Core) -> None:
    booked = book(core, TUESDAY)

    def act(index: int) -> Managed:
        return (
            manage.cancel(booked.token, now=NOW) if index else manage.move(booked.token, WEDNESDAY, now=NOW)
        )

    moved, cancelled = core.together(2, act)
    assert isinstance(cancelled, Managed)
    final = manage.find(booked.token, now=NOW).appointment
    was_moved = isinstance(moved, Managed)
    assert (final.status, final.start, final.sequence) == (
        Status.CANCELLED,
        WEDNESDAY if was_moved else TUESDAY,
        2 if was_moved else 1,
    )


# ---- whose address it is -------------------------------------------------------------------------


def test_a_corrected_address_gets_a_new_link_and_the_old_one_dies(core: Core) -> None:
    booked = book(core, TUESDAY, email="vera@exmaple.org")
    fresh = addressees.correct_address(booked.token, " vera@example.org ", now=NOW + 5)
    assert manage.find(fresh, now=NOW + 5).participant.email == "vera@example.org"
    with pytest.raises(NotFound):
        manage.find(booked.token, now=NOW + 5)
    assert core.kinds_of_mail() == ["confirmation", "confirmation", "therapist_booked"]
    with reading() as tx:
        person = booked.appointment.participants[0].id
        assert participants.token(tx, person) == fresh


def test_the_free_consultation_counts_for_the_corrected_address(core: Core) -> None:
    booked = book(core, TUESDAY, email="stranger@example.org")
    addressees.correct_address(booked.token, "vera@example.org", now=NOW)
    assert book(core, TUESDAY + HOUR, email="stranger@example.org").appointment.known_since is None
    assert book(core, TUESDAY + 2 * HOUR, email="vera@example.org").appointment.known_since == NOW


def test_correcting_to_a_known_address_is_flagged_like_booking_with_it(core: Core) -> None:
    book(core, TUESDAY, email="vera@example.org")
    again = book(core, WEDNESDAY, email="new@example.org")
    fresh = addressees.correct_address(again.token, "vera@example.org", now=NOW)
    assert manage.find(fresh, now=NOW).appointment.known_since == NOW


def test_correcting_one_address_of_a_couple_mails_that_one_only(core: Core) -> None:
    partner = {"name": "Paul Moss", "email": "paul@example.org"}
    booked = book(core, WEDNESDAY, kind="couple", who="ben", participants=[partner])
    addressees.correct_address(booked.token, "vera@example.net", now=NOW + 5)
    first, second = booked.appointment.participants
    told = [mail.recipient for mail in core.mails() if mail.kind == "confirmation"]
    assert sorted(told) == sorted([first.id, first.id, second.id])


def test_an_address_is_corrected_only_before_a_link_was_used(core: Core) -> None:
    booked = book(core, TUESDAY)
    with pytest.raises(Refused) as refused:
        addressees.correct_address(booked.token, "vera@", now=NOW)
    assert refused.value.problems == {"email": "Check the email address: the part after @ is missing"}
    manage.opened(booked.token, now=NOW)
    with pytest.raises(WrongState):
        addressees.correct_address(booked.token, "vera@example.net", now=NOW)


def test_a_wrong_address_is_corrected_three_times_at_most(core: Core) -> None:
    token = book(core, TUESDAY).token
    for number in range(3):
        token = addressees.correct_address(token, f"vera{number}@example.org", now=NOW + number)
    with pytest.raises(TooMany):
        addressees.correct_address(token, "vera@example.net", now=NOW + 9)
    assert core.kinds_of_mail().count("confirmation") == 4


def test_an_address_at_its_limit_gets_no_mail_by_correction(core: Core) -> None:
    for hour in range(3):
        book(core, TUESDAY + hour * HOUR, email="victim@example.org")
    token = book(core, WEDNESDAY, email="other@example.org").token
    with pytest.raises(TooMany):
        addressees.correct_address(token, "victim@example.org", now=NOW)


def test_whoever_disowns_an_appointment_is_erased(core: Core) -> None:
    booked = book(core, TUESDAY, note="Please call", phone="514 555 0199")
    addressees.disown(booked.token, now=NOW)
    with pytest.raises(NotFound):
        manage.find(booked.token, now=NOW)
    assert core.all("SELECT status, note_sealed, answers_sealed FROM appointments") == [
        ("cancelled", None, None)
    ]
    assert core.all("SELECT count(*) FROM participants") == [(0,)]
    assert core.all("SELECT count(*) FROM consultation_claims") == [(0,)]
    states = {(mail.kind, mail.state) for mail in core.mails() if mail.recipient != "therapist"}
    assert states == {("confirmation", "dropped")}
    assert [mail.kind for mail in core.mails() if mail.recipient == "therapist"] == [
        "therapist_booked",
        "therapist_cancelled",
    ]
    assert book(core, TUESDAY, note="Again").appointment.known_since is None


def test_disowning_what_was_cancelled_erases_its_note_too(core: Core) -> None:
    booked = book(core, TUESDAY, note="Please call")
    manage.cancel(booked.token, now=NOW)
    addressees.disown(booked.token, now=NOW + 1)
    assert core.all("SELECT note_sealed, sequence FROM appointments") == [(None, 1)]
    assert core.all("SELECT count(*) FROM participants") == [(0,)]


@pytest.mark.parametrize("number", [0, 1])
def test_when_one_of_a_couple_disowns_it_stands_for_the_other(core: Core, number: int) -> None:
    partner = {"name": "Paul Moss", "email": "paul@example.org"}
    core.change_type("couple", one_per_client=True)
    booked = book(core, WEDNESDAY, kind="couple", who="ben", participants=[partner], note="Step-free, please")
    people = booked.appointment.participants
    gone, stays = people[number], people[1 - number]
    with reading() as tx:
        tokens = {person.id: participants.token(tx, person.id) for person in people}
    assert not addressees.disown(tokens[gone.id], now=NOW + 5)
    with pytest.raises(NotFound):
        manage.find(tokens[gone.id], now=NOW + 5)
    found = manage.find(tokens[stays.id], now=NOW + 5)
    assert (found.appointment.status, found.appointment.participants) == (Status.CONFIRMED, (stays,))
    assert found.appointment.note == ("" if number == 0 else "Step-free, please")
    assert core.kinds_of_mail().count("therapist_answered") == 1
    assert "cancelled" not in core.kinds_of_mail()
    assert core.all("SELECT count(*) FROM consultation_claims") == [(1,)]
    assert addressees.disown(tokens[stays.id], now=NOW + 9)
    assert core.all("SELECT count(*) FROM participants") == [(0,)]
    assert core.all("SELECT count(*) FROM consultation_claims") == [(0,)]


def test_the_link_of_who_stays_is_never_shown_on_the_form_of_who_left(any_core: Core) -> None:
    raw = vera(participants=[{"name": "Paul Moss", "email": "paul@example.org"}])
    held = holds.hold(
        any_core.demo, any_core.kind("couple"), start=WEDNESDAY, therapist=None,
        source=SOURCE, language="en", zone="Europe/Berlin", now=NOW,
    )  # fmt: skip
    booked = booking.book_held(any_core.demo, held.token, raw, key="key", source=SOURCE, now=NOW)
    assert holds.find(any_core.demo, held.token, now=NOW).manage_token == booked.token
    addressees.disown(booked.token, now=NOW)
    again = holds.find(any_core.demo, held.token, now=NOW)  # Back, on the machine where it was booked
    assert (again.status, again.manage_token) == ("booked", None)
    for key in ("key", "another"):
        with pytest.raises(WrongState):
            booking.book_held(any_core.demo, held.token, raw, key=key, source=SOURCE, now=NOW)


# ---- what staff do -------------------------------------------------------------------------------


def by_hand_at(core: Core, start: int, **form: object) -> str:
    raw = {"name": "Paul Moss", "email": "paul@example.org", "mode": "video", **form}
    return by_hand.book_by_hand(
        core.demo,
        core.kind("session"),
        therapist=core.therapist("ada"),
        start=start,
        raw=raw,
        notify=True,
        by="ada",
        now=NOW,
    ).id


def test_staff_book_outside_hours_and_notice_but_never_over_another(core: Core) -> None:
    late = at("2026-06-01T20:07-04:00")
    first = by_hand_at(core, late)
    with pytest.raises(SlotTaken):
        by_hand_at(core, late + 40 * MINUTE)
    second = by_hand_at(core, late + 65 * MINUTE)
    with pytest.raises(SlotTaken):
        by_hand.move(core.demo, second, late, by="ada", now=NOW)
    moved = by_hand.move(core.demo, second, TUESDAY, by="ada", now=NOW)
    assert (moved.start, moved.sequence) == (TUESDAY, 1)
    assert by_hand.cancel(core.demo, first, by="ada", now=NOW).status is Status.CANCELLED
    with pytest.raises(WrongState):
        by_hand.cancel(core.demo, first, by="ada", now=NOW)
    with pytest.raises(WrongState):
        by_hand.move(core.demo, first, WEDNESDAY, by="ada", now=NOW)
    actions = core.all("SELECT action FROM audit ORDER BY action")
    assert actions == [
        ("appointment.add",),
        ("appointment.add",),
        ("appointment.cancel",),
        ("appointment.move",),
    ]


def test_what_staff_booked_does_not_count_against_the_client(core: Core) -> None:
    for index in range(6):
        by_hand_at(core, at("2026-06-04T09:00-04:00") + index * 70 * MINUTE, email="vera@example.org")
    booked = booking.book(
        core.demo,
        core.kind("consultation"),
        start=TUESDAY,
        therapist=None,
        raw=vera(),
        key="k",
        source=SOURCE,
        now=NOW,
    )
    assert booked.status is Status.CONFIRMED


def test_staff_of_one_practice_cannot_touch_the_other(core: Core) -> None:
    appointment = by_hand_at(core, TUESDAY)
    with pytest.raises(NotFound):
        by_hand.cancel(core.other, appointment, by="cora", now=NOW)
    with pytest.raises(NotFound):
        by_hand.move(core.other, appointment, WEDNESDAY, by="cora", now=NOW)
