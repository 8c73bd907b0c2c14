"""The waiting list: which wishes a time fits, whose turn it is, and until when an offer stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from scheduler.domain.local_time import local
from scheduler.domain.practice import Mode

HOUR, DAY = 3600, 24 * 3600

OFFERS_AT_MOST = 3
"""After so many times that did not suit, or were left unanswered, the entry ends."""

OFFER_SECONDS = DAY
SHORTEST_OFFER = 4 * HOUR
"""A time is offered only to somebody who then has at least so long to answer."""

WAITING_SECONDS = 183 * DAY
"""Nobody waits longer without having asked again."""

KEPT_SECONDS = 30 * DAY
"""How long an entry that has ended is kept."""

PARTS = ("morning", "afternoon", "evening")
WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)
_NOON, _FIVE = 12, 17


class State(StrEnum):
    """Where an entry stands; the last three have ended."""

    WAITING = "waiting"
    OFFERED = "offered"
    BOOKED = "booked"
    LEFT = "left"
    OVER = "over"


LIVE = (State.WAITING, State.OFFERED)


@dataclass(frozen=True, slots=True)
class Wishes:
    """ISO weekdays and parts of the day that suit somebody; none at all means any."""

    days: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits. Instants; `offered` are the starts offered so far, the last one stands now
    while `state` is offered: then `offer_id` is the time kept, until `offer_ends_at`.
    """

    id: str
    practice_id: str
    type_id: str
    therapist_id: str | None
    mode: Mode
    language: str
    visitor_zone: str
    wishes: Wishes
    created_at: int
    changed_at: int
    state: State = State.WAITING
    offered: tuple[int, ...] = ()
    offer_id: str | None = None
    offer_ends_at: int | None = None
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    @property
    def wants(self) -> tuple[str, str | None]:
        """What is waited for: the type, and with whom."""
        return self.type_id, self.therapist_id

    def zone(self, practice_zone: str) -> str:
        """The zone in which the person thinks: their own where the two do not meet in person."""
        own = self.visitor_zone if self.mode is not Mode.IN_PERSON else ""
        return own or practice_zone


def part_of_day(hour: float) -> str:
    """`morning` before noon, `afternoon` before five, then `evening`."""
    if hour < _NOON:
        return "morning"
    return "afternoon" if hour < _FIVE else "evening"


def fits(wishes: Wishes, start: int, zone: str) -> bool:
    """Whether a start suits these wishes, as clocks in the zone show it."""
    moment = local(start, zone)
    return (not wishes.days or moment.isoweekday() in wishes.days) and (
        not wishes.parts or part_of_day(moment.hour) in wishes.parts
    )


def next_turn(
    people: Iterable[Waiting], free: Mapping[tuple[str, str | None], Sequence[int]], practice_zone: str
) -> tuple[Waiting, int] | None:
    """Who gets which start: the first in line whom one suits, and the soonest that does.

    `people` in order of their turn; `free` maps what is wanted to starts in order. Nobody gets
    the same start twice.
    """
    for person in people:
        zone = person.zone(practice_zone)
        for start in free.get(person.wants, ()):
            if start not in person.offered and fits(person.wishes, start, zone):
                return person, start
    return None


def offer_ends_at(start: int, *, notice: int, now: int) -> int | None:
    """Until when a start is kept for the one it is offered to: a day, never later than its notice.

    None where too little time would be left to answer.
    """
    end = min(now + OFFER_SECONDS, start - notice)
    return end if end >= now + SHORTEST_OFFER else None


def has_had_all_offers(person: Waiting) -> bool:
    """Whether no further time is offered."""
    return len(person.offered) >= OFFERS_AT_MOST


def has_waited_too_long(person: Waiting, now: int) -> bool:
    """Whether somebody has waited as long as one may without asking again."""
    return person.created_at + WAITING_SECONDS <= now
