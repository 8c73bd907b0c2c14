"""The month as a grid of days, and a day's times by part of the day."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler.domain.local_time import local, local_day
from scheduler.domain.waitlist import part_of_day
from scheduler.web.visitor.daylight import AFTERNOON, EVENING, MORNING

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SUN = {"morning": MORNING, "afternoon": AFTERNOON, "evening": EVENING}


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid; `free` counts its times, `inside` tells whether it belongs to the month."""

    day: date
    free: int
    inside: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month; `before` and `after` begin its neighbours, None where nothing can be booked."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]
    before: date | None
    after: date | None

    @property
    def free(self) -> int:
        """How many times are free in all."""
        return sum(day.free for week in self.weeks for day in week if day.inside)


@dataclass(frozen=True, slots=True)
class Part:
    """Times of one part of one local day; `other_day` names the day where it is not the chosen one."""

    name: str
    sun_hour: float
    other_day: date | None
    starts: tuple[int, ...]


def first_of_month(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the following month."""
    return first_of_month(first_of_month(day) + timedelta(days=31))


def last_of_month(day: date) -> date:
    """The last day of the day's month."""
    return next_month(day) - timedelta(days=1)


def parse_month(text: str) -> date | None:
    """`2026-06` as its first day."""
    return parse_day(f"{text}-01")


def parse_day(text: str) -> date | None:
    """`2026-06-03`, exactly so written."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def counted(starts: Iterable[int], zone: str) -> Counter[date]:
    """How many starts lie on each local day."""
    return Counter(local_day(at, zone) for at in starts)


def month_grid(first: date, free: Counter[date], *, today: date, horizon: date) -> Month:
    """The month from Monday to Sunday, whole weeks; one may turn from today's to the horizon's."""
    start = first - timedelta(days=first.weekday())
    count = (last_of_month(first) - start).days // 7 + 1
    weeks = tuple(
        tuple(_day(start + timedelta(days=7 * week + day), first, free, today) for day in range(7))
        for week in range(count)
    )
    before = first_of_month(first - timedelta(days=1))
    after = next_month(first)
    return Month(
        first,
        weeks,
        before if before >= first_of_month(today) else None,
        after if after <= horizon else None,
    )


def parts(starts: Iterable[int], zone: str, chosen: date) -> tuple[Part, ...]:
    """Starts of one day of the practice, by the local day and its parts; empty parts are left out."""
    groups: dict[tuple[date, str], list[int]] = {}
    for at in starts:
        moment = local(at, zone)
        groups.setdefault((moment.date(), part_of_day(moment.hour)), []).append(at)
    return tuple(
        Part(name, _SUN[name], day if day != chosen else None, tuple(found))
        for (day, name), found in groups.items()
    )


def _day(day: date, first: date, free: Counter[date], today: date) -> Day:
    return Day(day, free[day], day.month == first.month, day == today)
