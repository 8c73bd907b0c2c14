"""Answers of calendars: noted when they are who they say, shown, and without any effect of their own."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.domain.appointment import Appointment
from scheduler.domain.errors import NotFound
from scheduler.domain.practice import TherapistMail
from scheduler.services import answers, appointments
from scheduler.services.answers import MOST_A_DAY, Outcome
from scheduler.store import participants, therapists
from scheduler.store.database import transaction
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.support.answering import PROGRAMS, calendar, mail, of_apple, of_gmail
from tests.support.core import NOW, WEDNESDAY, Core
from tests.support.instants import HOUR

VERA, ADA, EVE = "vera@example.org", "ada@demo.example", "eve@evil.example"
LATER = NOW + HOUR


def visit(core: Core, start: int = WEDNESDAY, **form: Any) -> Appointment:
    """Vera's appointment with Ada."""
    return booked(core, "consultation", start, **form).appointment


def take(content: bytes, now: int = LATER) -> list[Outcome]:
    """What became of the mail's answers."""
    return sorted(answers.take(content, now=now).elements())


def words(core: Core, one: Appointment) -> list[str]:
    """What the appointment's page tells of calendars."""
    return [answer.word for answer in answers.of_appointment(desk_of(core, "ada"), one.id)]


def waiting(core: Core, slug: str = "ada", now: int = LATER) -> list[str]:
    """What waits for somebody's eye."""
    return [shown.answer.word for shown in answers.unseen(desk_of(core, slug), now=now)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_answer_of_every_program_is_noted(sqlite_core: Core, program: str) -> None:
    one = visit(sqlite_core)
    assert take(PROGRAMS[program](one.uid, VERA)) == [Outcome.NOTED]
    assert (words(sqlite_core, one), waiting(sqlite_core)) == (["declined"], ["declined"])


def test_an_answer_changes_nothing_but_tells_the_therapist_once(core: Core) -> None:
    one = visit(core)
    before = appointments.find(desk_of(core, "ada"), one.id)
    for method, state in (("REPLY", "DECLINED"), ("COUNTER", "TENTATIVE"), ("CANCEL", "NEEDS-ACTION")):
        assert take(of_apple(one.uid, VERA, method=method, partstat=state)) == [Outcome.NOTED]
    assert appointments.find(desk_of(core, "ada"), one.id) == before
    assert core.kinds_of_mail().count("therapist_answered") == 1
    assert [mail.kind for mail in core.mails() if mail.recipient == "therapist"] == [
        "therapist_booked",
        "therapist_answered",
    ]
    noted = core.all("SELECT actor, object_id FROM audit WHERE action = 'answer.note'")
    assert noted == [("calendar", one.id)] * 3


def test_an_acceptance_asks_nothing_of_anybody(core: Core) -> None:
    one = visit(core)
    assert take(of_gmail(one.uid, VERA, partstat="ACCEPTED")) == [Outcome.NOTED]
    assert (words(core, one), waiting(core)) == (["accepted"], [])
    assert "therapist_answered" not in core.kinds_of_mail()


def test_the_newest_answer_counts_by_its_own_time_not_by_that_of_its_arrival(core: Core) -> None:
    one = visit(core)
    assert take(of_apple(one.uid, VERA, partstat="ACCEPTED", stated_at=LATER - 60)) == [Outcome.NOTED]
    assert take(of_apple(one.uid, VERA, partstat="DECLINED", stated_at=LATER - 300)) == [Outcome.NOTED]
    assert (words(core, one), waiting(core)) == (["accepted"], [])
    in_future = of_apple(one.uid, VERA, partstat="TENTATIVE", stated_at=LATER + 90 * HOUR)
    assert take(in_future, now=LATER + 60) == [Outcome.NOTED]
    [newest] = answers.of_appointment(desk_of(core, "ada"), one.id)
    assert (newest.word, newest.stated_at) == ("tentative", LATER + 60)


@pytest.mark.parametrize(
    ("sender", "attendee"), [(EVE, VERA), (VERA, EVE), (EVE, EVE), ("", VERA), (f"{VERA}, {EVE}", VERA)]
)
def test_nobody_answers_for_somebody_else(core: Core, sender: str, attendee: str) -> None:
    one = visit(core)
    for method in ("REPLY", "CANCEL", "COUNTER"):
        assert take(mail(calendar(one.uid, attendee, method=method), sender=sender)) == [Outcome.NOT_THEIRS]
    assert (words(core, one), core.all("SELECT count(*) FROM calendar_answers")) == ([], [(0,)])


def test_a_visitor_does_not_answer_for_another_ones_appointment(core: Core) -> None:
    one = visit(core, email=EVE, name="Eve Fox")
    assert take(of_apple(one.uid, VERA)) == [Outcome.NOT_THEIRS]
    assert take(of_apple("3f2b9d0e-7e0c-4a39-9a51-1de3f7f3a001", EVE)) == [Outcome.UNKNOWN]


def test_spelling_does_not_matter_in_an_address(core: Core) -> None:
    one = visit(core, email="Vera+demo@Example.org")
    assert take(mail(calendar(one.uid, "VERA@example.ORG"), sender="Vera <vera+demo@EXAMPLE.org>")) == [
        Outcome.NOTED
    ]


def test_the_same_message_counts_once_and_so_does_the_same_word(core: Core) -> None:
    one = visit(core)
    first = of_apple(one.uid, VERA)
    assert [take(content) for content in (first, first, of_gmail(one.uid, VERA))] == [
        [Outcome.NOTED],
        [Outcome.AGAIN],
        [Outcome.AGAIN],
    ]
    assert take(of_apple(one.uid, VERA, partstat="ACCEPTED", stated_at=LATER)) == [Outcome.NOTED]
    assert take(first) == [Outcome.AGAIN]
    assert words(core, one) == ["accepted"]


def test_a_message_without_name_is_known_by_what_it_says(core: Core) -> None:
    one = visit(core)
    nameless = mail(calendar(one.uid, VERA), sender=VERA, message_id=None)
    take(nameless)
    take(of_apple(one.uid, VERA, partstat="ACCEPTED", stated_at=LATER))
    assert take(nameless) == [Outcome.AGAIN]


def test_two_workers_note_one_message_once(core: Core) -> None:
    one = visit(core)
    content = of_apple(one.uid, VERA)
    found = core.together(4, lambda _: take(content))
    assert sorted(map(str, found)) == sorted(map(str, [[Outcome.NOTED], *[[Outcome.AGAIN]] * 3]))
    assert core.all("SELECT count(*) FROM calendar_answers") == [(1,)]


def test_a_flood_of_answers_is_cut_off(core: Core) -> None:
    one = visit(core)
    found = [
        take(
            of_apple(one.uid, VERA, partstat=("ACCEPTED", "DECLINED")[turn % 2], stated_at=LATER + turn),
            LATER + turn,
        )
        for turn in range(MOST_A_DAY + 3)
    ]
    cut = [[Outcome.TOO_MANY], [Outcome.AGAIN], [Outcome.TOO_MANY]]
    assert found == [[Outcome.NOTED]] * MOST_A_DAY + cut
    assert core.kinds_of_mail().count("therapist_answered") == 1


def test_an_answer_to_the_old_time_is_kept_and_waits_for_nobody(core: Core) -> None:
    one = visit(core)
    moved = appointments.move(desk_of(core, "ada"), one.id, WEDNESDAY + HOUR, now=NOW)
    assert moved.sequence == 1
    assert take(of_apple(one.uid, VERA, sequence=0)) == [Outcome.NOTED]
    [old] = answers.of_appointment(desk_of(core, "ada"), one.id)
    assert (old.is_outdated(moved.sequence), waiting(core)) == (True, [])
    assert take(of_apple(one.uid, VERA, sequence=1)) == [Outcome.NOTED]
    assert waiting(core) == ["declined"]
    assert core.kinds_of_mail().count("therapist_answered") == 1


def test_what_is_over_or_cancelled_is_not_answered_any_more(core: Core) -> None:
    one = visit(core)
    assert take(of_apple(one.uid, VERA), now=WEDNESDAY) == [Outcome.OVER]
    appointments.cancel(desk_of(core, "ada"), one.id, now=NOW)
    assert take(of_apple(one.uid, VERA, sequence=1)) == [Outcome.OVER]


def test_the_therapists_own_calendar_is_named_as_hers_and_she_gets_no_mail(core: Core) -> None:
    one = visit(core)
    assert take(of_apple(one.uid, ADA)) == [Outcome.NOTED]
    [shown] = answers.unseen(desk_of(core, "ada"), now=LATER)
    assert (shown.answer.participant_id, shown.answer.word) == (None, "declined")
    assert "therapist_answered" not in core.kinds_of_mail()
    assert take(of_apple(one.uid, "ben@demo.example")) == [Outcome.NOT_THEIRS]


def test_who_wants_no_mail_gets_none(sqlite_core: Core) -> None:
    with transaction() as tx:
        therapists.save(tx, replace(sqlite_core.therapist("ada"), mail=TherapistMail.NOTHING))
    one = visit(sqlite_core)
    take(of_apple(one.uid, VERA))
    assert "therapist_answered" not in sqlite_core.kinds_of_mail()


def test_what_was_seen_waits_no_longer_until_something_new_is_said(core: Core) -> None:
    one = visit(core)
    take(of_apple(one.uid, VERA))
    [shown] = answers.unseen(desk_of(core, "ada"), now=LATER)
    for _ in range(2):
        assert answers.see(desk_of(core, "ada"), shown.answer.id, now=LATER) == one.id
    assert (waiting(core), words(core, one)) == ([], ["declined"])
    assert len(core.all("SELECT id FROM audit WHERE action = 'answer.seen'")) == 1
    take(of_apple(one.uid, VERA, method="CANCEL", stated_at=LATER + 60), now=LATER + 60)
    assert waiting(core, now=LATER + 60) == ["cancelled"]


def test_colleagues_and_other_practices_neither_see_nor_close_it(core: Core) -> None:
    one = visit(core)
    take(of_apple(one.uid, VERA))
    [shown] = answers.unseen(owner_desk(core), now=LATER)
    for desk in (desk_of(core, "ben"), desk_of(core, "cora", "other")):
        assert answers.unseen(desk, now=LATER) == []
        with pytest.raises(NotFound):
            answers.see(desk, shown.answer.id, now=LATER)
        with pytest.raises(NotFound):
            answers.of_appointment(desk, one.id)
    assert waiting(core) == ["declined"]


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (b"", Outcome.NO_ANSWER),
        (mail("hello", sender=VERA, kind="text/plain"), Outcome.NO_ANSWER),
        (mail("BEGIN:VCALENDAR\r\n" * 3000, sender=VERA), Outcome.NO_ANSWER),
        (of_gmail("u", VERA, method="REQUEST"), Outcome.NO_ANSWER),
        (mail(calendar("u", VERA), sender=VERA, headers="Auto-Submitted: auto-replied"), Outcome.AUTOMATIC),
    ],
    ids=["empty", "letter", "broken", "request", "absence"],
)
def test_other_mail_leaves_no_trace(sqlite_core: Core, content: bytes, outcome: Outcome) -> None:
    assert take(content) == [outcome]
    assert sqlite_core.all("SELECT count(*) FROM calendar_answers") == [(0,)]


def test_an_answer_that_says_nothing_is_not_kept(sqlite_core: Core) -> None:
    one = visit(sqlite_core)
    assert take(of_apple(one.uid, VERA, partstat="NEEDS-ACTION")) == [Outcome.NO_ANSWER]


def test_nothing_of_the_mail_is_stored_but_method_and_state(sqlite_core: Core) -> None:
    one = visit(sqlite_core)
    take(of_apple(one.uid, VERA))
    [row] = sqlite_core.all("SELECT * FROM calendar_answers")
    [(own,)] = sqlite_core.all("SELECT id FROM calendar_answers")
    readable = {value for value in row if isinstance(value, str)}
    assert readable - {own, one.id, one.practice_id, one.participants[0].id} == {"DECLINED", "REPLY"}


def test_answers_go_with_the_person(core: Core) -> None:
    one = visit(core)
    take(of_apple(one.uid, VERA))
    with transaction() as tx:
        participants.erase(tx, one.participants[0].id)
    assert words(core, one) == []


def test_answers_are_forgotten_after_their_term(core: Core) -> None:
    one = visit(core)
    take(of_apple(one.uid, VERA))
    assert answers.forget(now=WEDNESDAY + 29 * 24 * HOUR) == 0
    assert answers.forget(now=WEDNESDAY + 32 * 24 * HOUR) == 1
