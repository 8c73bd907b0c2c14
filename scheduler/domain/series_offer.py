"""A rhythm that a therapist offers to one person, who accepts the dates in one go or declines."""

from dataclasses import dataclass, field
from enum import StrEnum

from scheduler.domain.practice import Mode
from scheduler.domain.series import Rhythm, without

HOUR, DAY = 3600, 24 * 3600

OFFER_SECONDS = 7 * DAY
"""How long an offer stands at most."""

_BEFORE_FIRST = DAY
_BEFORE_SOON = HOUR
"""An offer ends a day before its first date; of a date that is nearer, an hour before."""

KEPT_SECONDS = 30 * DAY
"""How long an offer is kept after its last moment, whatever became of it."""


class OfferState(StrEnum):
    """Where an offer stands; `OVER` was withdrawn. One that ran out still says `OFFERED`."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SeriesOffer:
    """Instants; `left_out` are the starts of the rhythm that are not offered.

    `series_id` is what came of it, once accepted. Only name, address, number and note are personal.
    """

    id: str
    practice_id: str
    therapist_id: str
    type_id: str
    rhythm: Rhythm
    left_out: tuple[int, ...]
    mode: Mode
    language: str
    created_at: int
    expires_at: int
    state: OfferState = OfferState.OFFERED
    series_id: str | None = None
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    note: str = field(default="", repr=False)

    @property
    def starts(self) -> tuple[int, ...]:
        """The dates that are offered, in order."""
        return without(self.rhythm, self.left_out)[1]

    def is_open(self, now: int) -> bool:
        """Whether it can be accepted."""
        return self.state is OfferState.OFFERED and now < self.expires_at


def expires_at(first_start: int, *, now: int) -> int | None:
    """Until when an offer made now stands. None where too little time would be left to answer."""
    end = min(now + OFFER_SECONDS, first_start - _BEFORE_FIRST)
    if end < now + DAY:
        end = min(now + OFFER_SECONDS, first_start - _BEFORE_SOON)
    return end if end >= now + HOUR else None
