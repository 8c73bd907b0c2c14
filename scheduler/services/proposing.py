"""A series before it is booked: every date with what stands in its way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from scheduler.domain.errors import Refused
from scheduler.domain.intervals import Interval, overlaps
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.series import Rhythm, occurrences
from scheduler.store import catalogue, occupancy
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading


class Standing(StrEnum):
    """What stands in the way of one date. `FREE`, `AWAY` and `BUSY` can be booked by the therapist."""

    FREE = "free"
    AWAY = "away"
    BUSY = "busy"
    TAKEN = "taken"
    SKIPPED = "skipped"
    OVER = "over"


_OPEN = (Standing.FREE, Standing.AWAY, Standing.BUSY)


@dataclass(frozen=True, slots=True)
class ProposedDate:
    """One date of a proposed series: its start, and what is there already.

    `AWAY` lies in time off, `BUSY` in the therapist's own calendar, `TAKEN` under another appointment or
    its pause; at a `SKIPPED` one clocks skip the time, and an `OVER` one has begun.
    """

    start: int
    standing: Standing

    @property
    def can_be_booked(self) -> bool:
        """Whether the therapist may book it."""
        return self.standing in _OPEN


def propose(
    practice: Practice,
    kind: AppointmentType,
    therapist: Therapist,
    first_start: int,
    weeks: int,
    dates: int,
    *,
    now: int,
    freed: Collection[int] = (),
) -> tuple[ProposedDate, ...]:
    """Every date of such a series, in order. **Raises** `Refused` for a rhythm that there is not.

    `freed` are starts of appointments that give way to it.
    """
    rhythm = rhythm_of(practice, first_start, weeks, dates)
    with reading() as tx:
        stock = catalogue.by_id(tx, practice.id)
        return proposed(tx, stock, kind, therapist, rhythm, now=now, freed=freed)


def rhythm_of(practice: Practice, first_start: int, weeks: int, dates: int) -> Rhythm:
    """The rhythm on the practice's clocks. **Raises** `Refused`."""
    try:
        return Rhythm(first_start, weeks, dates, practice.zone)
    except ValueError:
        raise Refused({"dates": "Choose between 2 and 60 dates"}) from None


def proposed(
    tx: Transaction,
    stock: Catalogue,
    kind: AppointmentType,
    therapist: Therapist,
    rhythm: Rhythm,
    *,
    now: int,
    freed: Collection[int] = (),
) -> tuple[ProposedDate, ...]:
    """The same inside a transaction."""
    rule = stock.type_of_id(kind.id).rule(stock.practice.rules)
    dates = occurrences(rhythm)
    window = rule.busy(dates[0].start)[0], rule.busy(dates[-1].start)[1]
    others = occupancy.taken(tx, [therapist.id], window, now=now)
    taken = [one.busy for one in others if one.start not in freed]
    away = [entry.interval(stock.practice.zone) for entry in stock.hours[therapist.id].time_off]
    own = stock.outside.get(therapist.id, ())

    def standing(start: int, exists: bool) -> Standing:
        if not exists:
            return Standing.SKIPPED
        if start <= now:
            return Standing.OVER
        for kind_of, spans in ((Standing.TAKEN, taken), (Standing.AWAY, away), (Standing.BUSY, own)):
            if _meets(rule.busy(start), spans):
                return kind_of
        return Standing.FREE

    return tuple(ProposedDate(one.start, standing(one.start, one.exists)) for one in dates)


def _meets(wanted: Interval, spans: Iterable[Interval]) -> bool:
    return any(overlaps(wanted, span) for span in spans)
