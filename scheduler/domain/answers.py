"""What people and their calendar programs answer to invitations, and what wants the therapist's eye.

An answer never changes an appointment; somebody reads it and decides.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scheduler.domain.local_time import instants, local


class Method(StrEnum):
    """Which message of iTIP it was; PAGE: said on the own page instead. **Source** RFC 5546 section 3.2."""

    REPLY = "REPLY"
    COUNTER = "COUNTER"
    CANCEL = "CANCEL"
    PAGE = "PAGE"


class Reply(StrEnum):
    """What a person's calendar says about the invitation; NONE where the message has no room for it.

    **Source** RFC 5545 section 3.2.12.
    """

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The date of a series that is meant, by its original start.

    `wall` is what clocks show, `zone` an IANA name, or empty where the message names none that is
    known: programs rename the zone that they were told. Of a whole `day` only the date counts.
    """

    wall: datetime
    zone: str = ""
    is_day: bool = False

    def names(self, at: int, zone: str) -> bool:
        """Whether the date of a series in `zone` that first stood at the instant `at` is meant."""
        wall = local(at, zone).replace(tzinfo=None)
        if self.is_day:
            return wall.date() == self.wall.date()
        return wall == self.wall if not self.zone else at in instants(self.wall, self.zone)


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """One answer as it was read, believed by nobody yet. `attendees` are (address, reply) in order.

    `stated_at` is the instant at which the program says that it answered.
    """

    method: Method
    uid: str
    sequence: int
    attendees: tuple[tuple[str, Reply], ...]
    organizer: str = ""
    occurrence: Occurrence | None = None
    stated_at: int | None = None


@dataclass(frozen=True, slots=True)
class NotedAnswer:
    """An answer that was kept. Without participant it came from the therapist's own calendar. Instants."""

    id: str
    appointment_id: str
    participant_id: str | None
    method: Method
    reply: Reply
    sequence: int
    whole_series: bool
    stated_at: int
    received_at: int
    seen_at: int | None = None

    @property
    def is_said_here(self) -> bool:
        """Whether the person pressed a button of ours, instead of one in a calendar."""
        return self.method is Method.PAGE

    @property
    def is_coming(self) -> bool | None:
        """Whether the person will come; None where the answer leaves it open."""
        return {"accepted": True, "declined": False, "cancelled": False}.get(self.word)

    @property
    def word(self) -> str:
        """accepted, declined, tentative, delegated, counter or cancelled: what the calendar wants to say."""
        if self.method is Method.CANCEL:
            return "cancelled"
        if self.method is Method.COUNTER:
            return "counter"
        return self.reply.value.lower()

    def is_outdated(self, sequence: int) -> bool:
        """Whether it speaks of the appointment as it was before its last change."""
        return self.sequence < sequence

    def wants_attention(self, sequence: int) -> bool:
        """Whether somebody should look: not an acceptance, not outdated, not seen yet."""
        return self.word != "accepted" and self.seen_at is None and not self.is_outdated(sequence)
