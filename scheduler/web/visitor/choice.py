"""What the day and time steps show: one offer for the horizon, as a month, a day, the soonest times."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler.domain.local_time import day_interval, local, local_day
from scheduler.domain.practice import AppointmentType, Practice
from scheduler.domain.waitlist import part_of_day
from scheduler.services.offers import Offer
from scheduler.web.visitor.month import Month, Part, counted, first_of_month, last_of_month, month_grid, parts
from scheduler.web.visitor.zones import Clocks

SOONEST = 3
OTHER_DAYS = 3
MOST_DAYS = 92
_NOON = 12 * 3600

Offering = Callable[[date, date], Offer]
"""Free times between two local days of the practice, both included."""


@dataclass(frozen=True, slots=True)
class DayStep:
    """The day step; `next_free` is the first time after an empty month."""

    month: Month
    soonest: tuple[int, ...]
    next_free: int | None
    is_fully_booked: bool


@dataclass(frozen=True, slots=True)
class TimeStep:
    """The time step: `noon` lies inside the chosen day; `other_days` are (day, its noon, free times).

    `close` are times near a day that has none.
    """

    day: date
    noon: int
    parts: tuple[Part, ...]
    close: tuple[int, ...]
    other_days: tuple[tuple[date, int, int], ...]


def day_step(
    practice: Practice, kind: AppointmentType, offering: Offering, *, month: date | None, now: int
) -> DayStep:
    """The month asked for (else that of the soonest time) and the soonest times."""
    today, horizon = _reach(practice, kind, now)
    near = offering(today, min(horizon, today + timedelta(days=MOST_DAYS - 1)))
    first = _within(month, today, horizon) or _month_of_soonest(near, practice.zone, today)
    free = counted(near.starts, practice.zone)
    if last_of_month(first) > today + timedelta(days=MOST_DAYS - 1):
        free = counted(offering(first, last_of_month(first)).starts, practice.zone)
    grid = month_grid(first, free, today=today, horizon=horizon)
    end = day_interval(last_of_month(first), practice.zone)[1]
    later = next((at for at in near.starts if at >= end), None)
    return DayStep(
        grid,
        _varied(near.starts, practice.zone),
        later or (near.starts[0] if near.starts else None),
        not near.starts,
    )


def bookable_day(practice: Practice, kind: AppointmentType, day: date | None, now: int) -> date | None:
    """The day, if it lies between today and the horizon."""
    today, horizon = _reach(practice, kind, now)
    return day if day and today <= day <= horizon else None


def time_step(
    practice: Practice,
    kind: AppointmentType,
    offering: Offering,
    clocks: Clocks,
    day: date,
    *,
    near: int | None = None,
    now: int,
) -> TimeStep:
    """A day's times, and the next days that have some; on a day without any, times close to `near`."""
    offer = offering(day, day + timedelta(days=41))
    starts = [at for at in offer.starts if local_day(at, practice.zone) == day]
    later = counted((at for at in offer.starts if local_day(at, practice.zone) > day), practice.zone)
    other_days = tuple(
        (other, noon(other, practice.zone), later[other]) for other in sorted(later)[:OTHER_DAYS]
    )
    midday = noon(day, practice.zone)
    close = () if starts else close_to(practice, kind, offering, near or midday, now)
    return TimeStep(day, midday, parts(starts, clocks.shown, day), close, other_days)


def close_to(
    practice: Practice, kind: AppointmentType, offering: Offering, at: int, now: int, count: int = 6
) -> tuple[int, ...]:
    """Free times that may replace `at`, in order of time: the nearest of its day, then of each day after
    the one nearest to its hour; of the days before only when nothing comes after.
    """
    today, horizon = _reach(practice, kind, now)
    day = min(max(local_day(at, practice.zone), today), horizon)
    before = max(today, day - timedelta(days=MOST_DAYS - 1))
    windows = ((day, day + timedelta(days=41)), (day, day + timedelta(days=MOST_DAYS - 1)), (before, day))
    starts = next((found for first, last in windows if (found := offering(first, last).starts)), ())
    if starts and local_day(starts[-1], practice.zone) < day:
        starts = starts[-count:]
    ranked: dict[date, list[int]] = {}
    for start in starts:
        ranked.setdefault(local_day(start, practice.zone), []).append(start)
    order = []
    for other, those in ranked.items():
        those.sort(key=lambda start: abs(_minute(start, practice.zone) - _minute(at, practice.zone)))
        order += [(other != day, place, other, start) for place, start in enumerate(those)]
    return tuple(sorted(start for *_, start in sorted(order)[:count]))


def noon(day: date, zone: str) -> int:
    """An instant well inside the local day."""
    return day_interval(day, zone)[0] + _NOON


def _minute(at: int, zone: str) -> int:
    moment = local(at, zone)
    return moment.hour * 60 + moment.minute


def _varied(starts: tuple[int, ...], zone: str) -> tuple[int, ...]:
    """The soonest times, one for each part of a day: a choice, rather than the same hour three times over."""
    firsts: dict[tuple[date, str], int] = {}
    for at in starts:
        firsts.setdefault((local_day(at, zone), part_of_day(local(at, zone).hour)), at)
        if len(firsts) == SOONEST:
            break
    return tuple(firsts.values())


def _reach(practice: Practice, kind: AppointmentType, now: int) -> tuple[date, date]:
    today = local_day(now, practice.zone)
    return today, today + timedelta(days=kind.rule(practice.rules).horizon_days)


def _within(month: date | None, today: date, horizon: date) -> date | None:
    return month if month and first_of_month(today) <= month <= horizon else None


def _month_of_soonest(offer: Offer, zone: str, today: date) -> date:
    return first_of_month(local_day(offer.starts[0], zone) if offer.starts else today)
