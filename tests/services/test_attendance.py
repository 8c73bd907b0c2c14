"""Two who are invited: each says for themselves whether they come, and either may cancel or move."""

from dataclasses import dataclass

import pytest

from scheduler.domain.appointment import Status
from scheduler.domain.errors import NotFound, WrongState
from scheduler.services import answers, attendance, manage
from scheduler.services.answers import Outcome
from scheduler.store import participants
from scheduler.store.database import reading, transaction
from tests.services.practice_side import booked, desk_of
from tests.support.answering import of_apple
from tests.support.core import NOW, WEDNESDAY, Core
from tests.support.instants import HOUR

VERA, PAUL = "vera@example.org", "paul@example.org"
DAY = 24 * HOUR


@dataclass
class Couple:
    """Vera and Paul, with Ben: the appointment, and what each of them holds."""

    core: Core
    id: str
    uid: str
    vera: str
    paul: str

    def said(self) -> list[tuple[str, str]]:
        """(name, word) of what the therapist reads, the newest first."""
        desk = desk_of(self.core, "ben")
        one = manage.find(self.vera, now=NOW).appointment
        names = {person.id: person.name for person in one.participants}
        return [
            (names[said.participant_id or ""], said.word) for said in answers.of_appointment(desk, self.id)
        ]

    def own(self, token: str, now: int = NOW) -> attendance.Attendance:
        """What the person with this link sees of the own answer."""
        return attendance.of(manage.find(token, now=now))

    def waiting(self) -> list[str]:
        """What waits for Ben's eye."""
        return [shown.answer.word for shown in answers.unseen(desk_of(self.core, "ben"), now=NOW)]


def meet(core: Core) -> Couple:
    """Vera books for herself and Paul."""
    one = booked(core, "couple", WEDNESDAY, "ben", participants=[{"name": "Paul Moss", "email": PAUL}])
    with reading() as tx:
        vera, paul = (participants.token(tx, person.id) for person in one.appointment.participants)
    return Couple(core, one.appointment.id, one.uid, vera, paul)


def test_whoever_is_erased_at_that_moment_answers_nothing(core: Core) -> None:
    two = meet(core)
    person = manage.find(two.vera, now=NOW).participant
    with transaction() as tx:
        participants.erase(tx, person.id)
    with pytest.raises(NotFound), transaction() as tx:  # the link was looked up before
        participants.mark_used(tx, person.id)


def test_each_answers_alone_and_the_therapist_sees_who_said_what(core: Core) -> None:
    two = meet(core)
    assert (two.own(two.vera), two.own(two.paul)) == (attendance.Attendance(True, None),) * 2
    attendance.say(two.vera, is_coming=True, now=NOW)
    attendance.say(two.paul, is_coming=False, now=NOW + 1)
    assert two.said() == [("Paul Moss", "declined"), ("Vera Moss", "accepted")]
    assert (two.own(two.vera).is_coming, two.own(two.paul).is_coming) == (True, False)
    assert two.waiting() == ["declined"]
    assert core.kinds_of_mail().count("therapist_answered") == 1


def test_who_cannot_come_cancels_nothing(core: Core) -> None:
    two = meet(core)
    before = manage.find(two.vera, now=NOW).appointment
    attendance.say(two.paul, is_coming=False, now=NOW + 1)
    after = manage.find(two.vera, now=NOW).appointment
    assert (after.status, after.sequence, after.start) == (before.status, before.sequence, before.start)
    visitors = [mail.kind for mail in core.mails() if mail.recipient != "therapist"]
    assert sorted(visitors) == ["confirmation"] * 2 + ["reminder"] * 2


def test_an_answer_can_be_changed_and_the_same_again_is_nothing_new(core: Core) -> None:
    two = meet(core)
    for turn, is_coming in enumerate((False, False, True, False, True)):
        attendance.say(two.paul, is_coming=is_coming, now=NOW + turn)
    assert (two.said(), two.waiting()) == ([("Paul Moss", "accepted")], [])
    assert core.all("SELECT count(*) FROM calendar_answers") == [(1,)]
    assert core.all("SELECT count(*) FROM audit WHERE action = 'answer.say'") == [(4,)]
    assert core.kinds_of_mail().count("therapist_answered") == 1


def test_calendar_and_page_are_two_ways_to_one_answer(sqlite_core: Core) -> None:
    two = meet(sqlite_core)
    assert list(answers.take(of_apple(two.uid, PAUL, stated_at=NOW + 5), now=NOW + 5)) == [Outcome.NOTED]
    assert two.own(two.paul).is_coming is False
    attendance.say(two.paul, is_coming=True, now=NOW + 9)
    assert (two.said(), two.waiting()) == ([("Paul Moss", "accepted")], [])
    answers.take(of_apple(two.uid, PAUL, partstat="TENTATIVE", stated_at=NOW + 20), now=NOW + 20)
    assert (two.own(two.paul).is_coming, two.waiting()) == (None, ["tentative"])


def test_a_new_time_asks_everybody_again(sqlite_core: Core) -> None:
    two = meet(sqlite_core)
    attendance.say(two.paul, is_coming=False, now=NOW)
    manage.move(two.vera, WEDNESDAY + DAY, now=NOW + 1)
    assert (two.own(two.paul).is_coming, two.waiting()) == (None, [])
    attendance.say(two.paul, is_coming=False, now=NOW + 2)
    assert sqlite_core.kinds_of_mail().count("therapist_answered") == 2


def test_either_moves_and_cancels_for_both_and_both_are_told(sqlite_core: Core) -> None:
    two = meet(sqlite_core)
    manage.move(two.paul, WEDNESDAY + DAY, now=NOW + 1)
    manage.cancel(two.paul, now=NOW + 2)
    assert manage.find(two.vera, now=NOW).appointment.status is Status.CANCELLED
    people = {person.id for person in manage.find(two.vera, now=NOW).appointment.participants}
    for kind in ("moved", "cancelled"):
        told = [mail.recipient for mail in sqlite_core.mails() if mail.kind == kind]
        assert (len(told), set(told)) == (2, people)


def test_whoever_comes_alone_is_not_asked_and_nobody_is_after_the_end(sqlite_core: Core) -> None:
    alone = booked(sqlite_core, "consultation", WEDNESDAY + 2 * HOUR, email="eve@example.org")
    assert attendance.of(manage.find(alone.token, now=NOW)) == attendance.Attendance(False)
    with pytest.raises(WrongState):
        attendance.say(alone.token, is_coming=True, now=NOW)
    two = meet(sqlite_core)
    for now in (WEDNESDAY, WEDNESDAY + HOUR):
        assert not two.own(two.vera, now).is_asked
        with pytest.raises(WrongState):
            attendance.say(two.vera, is_coming=False, now=now)
    with pytest.raises(NotFound):
        attendance.say("no-such-link", is_coming=True, now=NOW)


def test_an_answer_of_a_page_never_comes_by_mail(sqlite_core: Core) -> None:
    two = meet(sqlite_core)
    forged = of_apple(two.uid, PAUL, method="PAGE", partstat="ACCEPTED")
    assert list(answers.take(forged, now=NOW + 5)) == [Outcome.NO_ANSWER]


def test_each_has_a_language_of_their_own(sqlite_core: Core) -> None:
    two = meet(sqlite_core)
    manage.speak(two.paul, "fr", now=NOW)
    people = manage.find(two.vera, now=NOW).appointment.participants
    assert [(person.name, person.language) for person in people] == [("Vera Moss", "en"), ("Paul Moss", "fr")]
    with pytest.raises(WrongState):
        manage.speak(two.paul, "tlh", now=NOW)
