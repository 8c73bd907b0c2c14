"""One small VTIMEZONE per zone, made from the rule that the pinned tz database states for it.

The last line of a zone's TZif file is a POSIX rule such as
`CET-1CEST,M3.5.0,M10.5.0/3`: the offsets and the yearly changes from the last
listed exception on. Only plain rules are spoken of here; for all others the
caller writes UTC. **Source** RFC 8536 section 3.3, RFC 5545 section 3.6.5.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from scheduler.domain.local_time import local, zone_info

_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_LAST = 5

_NAME = r"(?:<([A-Za-z0-9+-]+)>|([A-Za-z]{3,}))"
_OFFSET = r"([+-]?\d{1,2}(?::\d{2}){0,2})"
_CHANGE = r",M(\d{1,2})\.([1-5])\.([0-6])(?:/(\d{1,2}(?::\d{2}){0,2}))?"
_FOOTER = re.compile(rf"{_NAME}{_OFFSET}(?:{_NAME}{_OFFSET}?{_CHANGE}{_CHANGE})?")


@dataclass(frozen=True, slots=True)
class Change:
    """A yearly change: the `week`-th (5: last) `weekday` (0: Sunday), `at` seconds of the local day."""

    month: int
    week: int
    weekday: int
    at: int

    def in_year(self, year: int) -> datetime:
        """The naive local time of the change, in the offset before it."""
        first = date(year, self.month, 1)
        day = first + timedelta(days=(self.weekday - first.isoweekday()) % 7 + 7 * (self.week - 1))
        if day.month != self.month:
            day -= timedelta(days=7)
        return datetime.combine(day, time()) + timedelta(seconds=self.at)


@dataclass(frozen=True, slots=True)
class SummerTime:
    """What clocks show between two yearly changes; `offset` in seconds east of UTC."""

    name: str
    offset: int
    begins: Change
    ends: Change


@dataclass(frozen=True, slots=True)
class PlainRule:
    """A zone's standard time, in seconds east of UTC, and its summer time if it has one."""

    name: str
    offset: int
    summer: SummerTime | None = None

    def offset_at(self, at: int) -> int:
        """Seconds east of UTC at the instant, as the rule alone has it."""
        if self.summer is None:
            return self.offset
        year = datetime.fromtimestamp(at, UTC).year
        return max(change for change in _changes(self.offset, self.summer, year) if change[0] <= at)[1]

    def leads_back(self, at: int, shown: datetime) -> bool:
        """Whether the local time `shown` means, by the rule alone, the instant `at` and no other."""
        if shown.utcoffset() != timedelta(seconds=self.offset_at(at)):
            return False
        wall = at + self.offset_at(at)
        meant = {wall - self.offset, wall - (self.summer or self).offset}
        return [each for each in meant if each + self.offset_at(each) == wall] == [at]


@lru_cache(maxsize=1024)
def _changes(standard: int, summer: SummerTime, year: int) -> tuple[tuple[int, int], ...]:
    """The changes of the year and of the one before, as (instant, offset from then on)."""
    return tuple(
        (int(change.in_year(each).replace(tzinfo=UTC).timestamp()) - before, after)
        for each in (year - 1, year)
        for change, before, after in (
            (summer.begins, standard, summer.offset),
            (summer.ends, summer.offset, standard),
        )
    )


def vtimezone(zone: str) -> Timezone | None:
    """The zone's VTIMEZONE: one STANDARD, at most one DAYLIGHT, current rules only.

    None where the zone is UTC all year or its rule is not plain: then write UTC.
    **Raises** `ValueError` for an unknown zone.
    """
    rule = plain_rule(zone)
    if rule is None:
        return None
    component = Timezone()
    component.add("tzid", zone)
    if rule.summer is None:
        component.add_component(_observance(TimezoneStandard(), rule.name, rule.offset, rule.offset, None))
        return component
    summer = rule.summer
    component.add_component(
        _observance(TimezoneDaylight(), summer.name, rule.offset, summer.offset, summer.begins)
    )
    component.add_component(
        _observance(TimezoneStandard(), rule.name, summer.offset, rule.offset, summer.ends)
    )
    return component


def _observance(
    part: TimezoneDaylight | TimezoneStandard,
    name: str,
    before: int,
    after: int,
    change: Change | None,
) -> TimezoneDaylight | TimezoneStandard:
    part.add("tzname", name)
    part.add("tzoffsetfrom", timedelta(seconds=before))
    part.add("tzoffsetto", timedelta(seconds=after))
    part.add("dtstart", change.in_year(1970) if change else datetime.combine(date(1970, 1, 1), time()))
    if change:
        week = -1 if change.week == _LAST else change.week
        day = f"{week}{_WEEKDAYS[change.weekday]}"
        part.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": change.month, "BYDAY": day}))
    return part


def local_or_utc(instants: tuple[int, ...], zone: str) -> tuple[datetime, ...]:
    """The instants as local times of the zone if its VTIMEZONE leads back from each to it, else all in UTC.

    UTC is for zones without a plain rule, for local times that clocks show
    twice, and for years in which the zone departs from its present rule.
    """
    rule = plain_rule(zone)
    if rule is not None:
        times = tuple(local(at, zone) for at in instants)
        if all(rule.leads_back(at, shown) for at, shown in zip(instants, times, strict=True)):
            return times
    return tuple(datetime.fromtimestamp(at, UTC) for at in instants)


@lru_cache(maxsize=512)
def plain_rule(zone: str) -> PlainRule | None:
    """The zone's rule, or None for UTC and for rules that calendar programs are known to read differently.

    Those are changes at hours below 0 or above 23 (Santiago, Jerusalem, Cairo,
    Nuuk), and summer time counted backwards (Dublin).
    **Raises** `ValueError` for an unknown zone.
    """
    zone_info(zone)
    try:
        content = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    except OSError:  # the machine knows the name, the pinned database does not
        return None
    return parse_footer(content.rsplit(b"\n", 2)[1].decode("ascii"))


def parse_footer(footer: str) -> PlainRule | None:
    """A POSIX TZ rule as a `PlainRule`; None where it is UTC all year, odd or unreadable."""
    match = _FOOTER.fullmatch(footer)
    if match is None:
        return None
    quoted, bare, offset, summer_quoted, summer_bare, summer_offset, *changes = match.groups()
    standard = -_seconds(offset)
    if changes[0] is None:
        return PlainRule(quoted or bare, standard) if standard else None
    summer = SummerTime(
        summer_quoted or summer_bare,
        -_seconds(summer_offset) if summer_offset else standard + 3600,
        _change(*changes[:4]),
        _change(*changes[4:]),
    )
    if summer.offset < standard or max(summer.begins.at, summer.ends.at) >= 24 * 3600:
        return None
    return PlainRule(quoted or bare, standard, summer)


def _change(month: str, week: str, weekday: str, at: str | None) -> Change:
    return Change(int(month), int(week), int(weekday), _seconds(at or "2"))


def _seconds(text: str) -> int:
    """`-5:30` or `02:00:00` as seconds."""
    hours, *rest = text.lstrip("+-").split(":")
    seconds = int(hours) * 3600 + sum(int(part) * unit for part, unit in zip(rest, (60, 1), strict=False))
    return -seconds if text.startswith("-") else seconds
