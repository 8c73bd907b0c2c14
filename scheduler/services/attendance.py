"""Where several people are invited, each says for themselves whether they will come.

It is kept where the answers of their calendars are, so the newest word of a person counts, however
it was said. It changes nothing: whoever wants that cancels or moves, for everybody.
See docs/decisions/0012-answers-from-calendars.md.
"""

from dataclasses import dataclass

from scheduler.domain.answers import Method, NotedAnswer, Reply
from scheduler.domain.errors import WrongState
from scheduler.services import audit, manage, notices
from scheduler.services.manage import Managed
from scheduler.store import calendar_answers, participants
from scheduler.store.database import Transaction, reading, retried, transaction


@dataclass(frozen=True, slots=True)
class Attendance:
    """What one person sees of it: whether they are asked, and what they said last; never the others' word."""

    is_asked: bool
    is_coming: bool | None = None


def of(managed: Managed) -> Attendance:
    """Whether this person is asked, and the own answer to the time as it is now."""
    if not _is_asked(managed):
        return Attendance(is_asked=False)
    with reading() as tx:
        return Attendance(is_asked=True, is_coming=_own(tx, managed))


@retried
def say(token: str, *, is_coming: bool, now: int) -> Managed:
    """Keep the person's answer; the therapist hears by mail of who cannot come. Said again, nothing is new.

    **Raises** `NotFound`, `WrongState` where nobody is asked any more.
    """
    with transaction() as tx:
        found = manage.find_in(tx, token, now)
        participants.mark_used(tx, found.participant.id)
        if not _is_asked(found):
            raise WrongState("there is nothing to answer")
        if _own(tx, found) is not is_coming:
            _keep(tx, found, is_coming, now)
        return found


def _is_asked(managed: Managed) -> bool:
    return managed.can_cancel and len(managed.appointment.participants) > 1


def _own(tx: Transaction, managed: Managed) -> bool | None:
    appointment, mine = managed.appointment, managed.participant.id
    said = calendar_answers.of_appointment(tx, appointment.id)
    newest = next((one for one in said if one.participant_id == mine), None)
    return None if newest is None or newest.is_outdated(appointment.sequence) else newest.is_coming


def _keep(tx: Transaction, found: Managed, is_coming: bool, now: int) -> None:
    appointment, person = found.appointment, found.participant
    answer = NotedAnswer(
        id=calendar_answers.new_id(),
        appointment_id=appointment.id,
        participant_id=person.id,
        method=Method.PAGE,
        reply=Reply.ACCEPTED if is_coming else Reply.DECLINED,
        sequence=appointment.sequence,
        whole_series=False,
        stated_at=now,
        received_at=now,
    )
    place = "\x1f".join(("page", person.id, str(appointment.sequence)))
    calendar_answers.put(tx, found.practice.id, answer, message=place)
    audit.note(
        tx, "answer.say", actor="visitor", now=now, practice_id=found.practice.id, object_id=appointment.id
    )
    if not is_coming:
        notices.answered(tx, found.therapist, appointment, by=person.id, how="page", now=now)
