"""Weekly hours, extra hours and time off of a therapist -> open spans.

Order of strength: single-day changes beat holidays beat weekly hours; a
blocked time takes away from all of them.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from scheduler.domain.intervals import Interval, merge, subtract
from scheduler.domain.local_time import DAY_MINUTES, day_interval, days, minutes_interval


@dataclass(frozen=True, slots=True)
class WeeklySpan:
    """Open every week: ISO weekday 1 (Monday) to 7, minutes of the day, end excluded (at most 1440)."""

    weekday: int
    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise ValueError("a weekday is 1 (Monday) to 7 (Sunday)")
        check_minutes(self.start_minute, self.end_minute)


@dataclass(frozen=True, slots=True)
class ExtraHours:
    """Open on one day beside the weekly hours, also on a closed day or in a holiday."""

    id: str
    day: date
    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        check_minutes(self.start_minute, self.end_minute)


class TimeOffKind(StrEnum):
    """Why the therapist is away; only `HOLIDAY` yields to extra hours."""

    BLOCK = "block"
    HOLIDAY = "holiday"
    ILL = "ill"


@dataclass(frozen=True, slots=True)
class TimeOff:
    """Closed from `first_day` to `last_day`, both included.

    With minutes it closes that part of a single day; without, whole days.
    """

    id: str
    kind: TimeOffKind
    first_day: date
    last_day: date
    start_minute: int | None = None
    end_minute: int | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError("the last day lies before the first")
        if (self.start_minute is None) != (self.end_minute is None):
            raise ValueError("a part of a day needs both its start and its end")
        if self.start_minute is not None and self.end_minute is not None:
            check_minutes(self.start_minute, self.end_minute)
            if self.kind is TimeOffKind.HOLIDAY:
                raise ValueError("a holiday covers whole days")
            if self.first_day != self.last_day:
                raise ValueError("a part of a day lies within one day")

    def interval(self, zone: str) -> Interval:
        """The closed time as instants."""
        if self.start_minute is not None and self.end_minute is not None:
            return minutes_interval(self.first_day, self.start_minute, self.end_minute, zone)
        return day_interval(self.first_day, zone)[0], day_interval(self.last_day, zone)[1]


@dataclass(frozen=True, slots=True)
class Hours:
    """Everything that says when one therapist is open; local in `zone`."""

    zone: str
    weekly: tuple[WeeklySpan, ...] = ()
    extra: tuple[ExtraHours, ...] = ()
    time_off: tuple[TimeOff, ...] = field(default=())


def check_minutes(start_minute: int, end_minute: int) -> None:
    """**Raises** `ValueError` unless `0 <= start < end <= 1440`."""
    if not 0 <= start_minute < end_minute <= DAY_MINUTES:
        raise ValueError("a span of hours starts before it ends, within one day")


def open_spans(hours: Hours, first: date, last: date) -> list[Interval]:
    """When the therapist is open on the local days `first` to `last`: sorted, disjoint instants.

    A span ends at local midnight at the latest, so that a day's answer never
    depends on which days were asked for.
    """
    zone = hours.zone
    by_weekday: dict[int, list[tuple[int, int]]] = {}
    for span in hours.weekly:
        by_weekday.setdefault(span.weekday, []).append((span.start_minute, span.end_minute))
    extra: dict[date, list[tuple[int, int]]] = {}
    for change in hours.extra:
        extra.setdefault(change.day, []).append((change.start_minute, change.end_minute))
    time_off = [entry for entry in hours.time_off if entry.first_day <= last and entry.last_day >= first]
    spans: list[Interval] = []
    for day in days(first, last):
        closed = [entry for entry in time_off if entry.first_day <= day <= entry.last_day]
        on_holiday = any(entry.kind is TimeOffKind.HOLIDAY for entry in closed)
        minutes = [*([] if on_holiday else by_weekday.get(day.isoweekday(), [])), *extra.get(day, [])]
        if minutes:
            daily = [minutes_interval(day, start, end, zone) for start, end in minutes]
            blocks = [entry.interval(zone) for entry in closed if entry.kind is not TimeOffKind.HOLIDAY]
            spans.extend(subtract(daily, blocks) if blocks else merge(daily))
    return spans
