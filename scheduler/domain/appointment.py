"""The lifecycle of an appointment: who may do what when, and when SEQUENCE rises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scheduler.domain.cancellation import Terms
from scheduler.domain.consents import Consent
from scheduler.domain.errors import WrongState
from scheduler.domain.practice import AppointmentType, Mode, Practice


class Status(StrEnum):
    """Where an appointment stands."""

    HELD = "held"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


LIVE = (Status.HELD, Status.REQUESTED, Status.CONFIRMED)
"""Statuses that occupy time; the overlap guard names the same."""

HOLD_SECONDS = 15 * 60
MANAGE_SECONDS_AFTER = 7 * 24 * 3600
"""How long a manage link works after the appointment's end."""


class Action(StrEnum):
    """What somebody does to an appointment."""

    CONFIRM = "confirm"
    REQUEST = "request"
    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"
    MOVE = "move"
    EXPIRE = "expire"
    RELEASE = "release"


_TRANSITIONS: Mapping[tuple[Status, Action], Status] = {
    (Status.HELD, Action.CONFIRM): Status.CONFIRMED,
    (Status.HELD, Action.REQUEST): Status.REQUESTED,
    (Status.HELD, Action.EXPIRE): Status.EXPIRED,
    (Status.HELD, Action.RELEASE): Status.EXPIRED,
    (Status.REQUESTED, Action.ACCEPT): Status.CONFIRMED,
    (Status.REQUESTED, Action.DECLINE): Status.DECLINED,
    (Status.REQUESTED, Action.EXPIRE): Status.DECLINED,
    (Status.REQUESTED, Action.CANCEL): Status.CANCELLED,
    (Status.REQUESTED, Action.MOVE): Status.REQUESTED,
    (Status.CONFIRMED, Action.CANCEL): Status.CANCELLED,
    (Status.CONFIRMED, Action.MOVE): Status.CONFIRMED,
}

_RAISES_SEQUENCE = frozenset({Action.ACCEPT, Action.CANCEL, Action.DECLINE, Action.MOVE})


def after(status: Status, action: Action) -> Status:
    """The status that follows. **Raises** `WrongState` where the action is not possible."""
    try:
        return _TRANSITIONS[status, action]
    except KeyError:
        raise WrongState(f"{action} is not possible when {status}") from None


def sequence_after(sequence: int, status: Status, action: Action) -> int:
    """SEQUENCE after the action.

    It rises when time, place of meeting or status changes for somebody who has
    been told; a request that lapses counts as declined.
    **Source** RFC 5546 section 2.1.4.
    """
    lapsed = action is Action.EXPIRE and status is Status.REQUESTED
    return sequence + 1 if action in _RAISES_SEQUENCE or lapsed else sequence


@dataclass(frozen=True, slots=True)
class Participant:
    """A person of the visitor's side. Only this class holds personal values.

    `extras` are further answers by name, such as the `place` where the person will be. `position` is
    the place among the people when it was booked: who booked has 0, also once others are erased.
    """

    id: str
    name: str
    email: str
    phone: str = ""
    language: str = "en"
    link_used: bool = False
    extras: Mapping[str, str] = field(default_factory=dict)
    position: int = 0


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. Instants; `busy` is half-open and includes the buffers of its type when booked."""

    id: str
    practice_id: str
    therapist_id: str
    type_id: str
    uid: str
    sequence: int
    status: Status
    start: int
    end: int
    busy: tuple[int, int]
    mode: Mode
    language: str
    visitor_zone: str
    organizer: str
    created_at: int
    changed_at: int
    expires_at: int | None = None
    note: str = ""
    by_hand: bool = False
    known_since: int | None = None
    consents: Mapping[str, Consent] = field(default_factory=dict)
    terms: Terms | None = None
    participants: tuple[Participant, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it occupies time."""
        return self.status in LIVE

    @property
    def booker(self) -> Participant | None:
        """Who booked; None before, and once they are erased, whoever else is still invited."""
        return next((person for person in self.participants if person.position == 0), None)

    def is_over(self, now: int) -> bool:
        """Whether it has begun: from then on it can be neither moved nor cancelled."""
        return self.start <= now


def answer_by(*, now: int, start: int, answer_within: int, notice: int) -> int:
    """Until when a request is kept: the promised time, never later than the start minus the notice.

    A request made inside the notice (by staff) is kept until its start.
    """
    latest = start - notice
    return min(now + answer_within, latest if latest > now else start)


def promised_answer(practice: Practice, kind: AppointmentType, start: int, *, since: int) -> int:
    """Until when a request made at `since` is answered, as the visitor is told."""
    rules = practice.rules
    notice = kind.rule(rules).notice
    return answer_by(now=since, start=start, answer_within=rules.answer_within, notice=notice)
