"""One entry of somebody else's calendar: when it begins and ends, how it repeats, whether it blocks time.

Times without a zone, or with a name that means nothing, are read in the
calendar's own zone. What cannot be read is reported by its class, never by its
content. **Source** RFC 5545 sections 3.3, 3.6.1 and 3.8.2 to 3.8.5.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum

from scheduler.ical.foreign import Component, Line
from scheduler.ical.foreign_values import (
    ONE_DAY,
    Moment,
    Period,
    Unreadable,
    duration,
    later,
    moment,
    repeat_rule,
)
from scheduler.ical.foreign_zones import Zones


class Problem(StrEnum):
    """A class of trouble. The first three leave times unknown; the others do not."""

    UNREADABLE_EVENT = "unreadable_event"
    UNREADABLE_RULE = "unreadable_rule"
    UNREADABLE_BUSY_TIME = "unreadable_busy_time"
    UNREADABLE_PART = "unreadable_part"
    UNKNOWN_ZONE = "unknown_zone"


LEAVES_TIMES_UNKNOWN = {Problem.UNREADABLE_EVENT, Problem.UNREADABLE_RULE, Problem.UNREADABLE_BUSY_TIME}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event: its span (both days, or both times), and how it repeats; `blocks` unless free or cancelled.

    With `recurrence_id` it is one date of a repeated event that was changed
    (`and_future`: and all later ones). `problems` are those met while reading it.
    """

    uid: str
    start: Moment
    end: Moment
    sequence: int
    blocks: bool
    rules: tuple[str, ...] = ()
    added: tuple[Moment | Period, ...] = ()
    left_out: tuple[Moment, ...] = ()
    recurrence_id: Moment | None = None
    and_future: bool = False
    problems: frozenset[Problem] = frozenset()

    @property
    def repeats_itself(self) -> bool:
        """Whether it has rules, or dates added to it or left out of it."""
        return bool(self.rules or self.added or self.left_out)

    @property
    def repeats(self) -> bool:
        """Whether it repeats itself or is one date of an event that does."""
        return self.repeats_itself or self.recurrence_id is not None


def entry(component: Component, zones: Zones) -> Entry | None:
    """The VEVENT's times; None for one that takes no time, whatever else is wrong with it.

    **Raises** `Unreadable` where its start or end cannot be told.
    """
    return _Reader(component, zones).entry()


def busy_periods(component: Component, zones: Zones) -> tuple[list[Period], frozenset[Problem]]:
    """The busy periods of a VFREEBUSY that can be read, and what was wrong."""
    return _Reader(component, zones).busy_periods()


class _Reader:
    """Reads one component and keeps what was wrong with it."""

    def __init__(self, component: Component, zones: Zones) -> None:
        self._component = component
        self._zones = zones
        self._problems: set[Problem] = set()

    def entry(self) -> Entry | None:
        component = self._component
        is_free = component.text("TRANSP").upper() == "TRANSPARENT"
        blocks = not is_free and component.text("STATUS").upper() != "CANCELLED"
        recurrence_id = self._recurrence_id()
        changes_others = recurrence_id is not None or not component.all("RECURRENCE-ID")
        try:
            start, end = self._span()
        except Unreadable:
            if blocks:
                raise
            if recurrence_id is None:
                return None
            start = end = recurrence_id
        if not (blocks or changes_others):
            return None
        return Entry(
            uid=component.text("UID"),
            start=start,
            end=end,
            sequence=_sequence(component.text("SEQUENCE")),
            blocks=blocks,
            rules=tuple(self._rules(start)),
            added=self._added(),
            left_out=self._left_out(),
            recurrence_id=recurrence_id,
            and_future="THISANDFUTURE" in self._ranges(),
            problems=frozenset(self._problems if blocks else ()),
        )

    def busy_periods(self) -> tuple[list[Period], frozenset[Problem]]:
        found = []
        for line, text in self._listed("FREEBUSY"):
            try:
                if line.parameters.get("FBTYPE", "").upper() != "FREE":
                    found.append(self._period(line, text))
            except Unreadable:
                self._problems.add(Problem.UNREADABLE_BUSY_TIME)
        return found, frozenset(self._problems)

    def _period(self, line: Line, text: str) -> Period:
        """`start/end` or `start/duration`. **Raises** `Unreadable`."""
        first, slash, second = text.strip().partition("/")
        if not slash:
            raise Unreadable
        start = self._moment(line, first)
        if "P" not in second.upper():
            return start, self._moment(line, second)
        return start, later(start, duration(second))

    def _span(self) -> Period:
        """Start and end, of one type. **Raises** `Unreadable`."""
        start = self._one("DTSTART")
        if start is None:
            raise Unreadable
        end = self._end(start)
        if isinstance(start, datetime) != isinstance(end, datetime):
            # A day and a time: the widest reading of the two.
            self._problems.add(Problem.UNREADABLE_PART)
            if isinstance(start, datetime):
                end = self._midnight(later(end, ONE_DAY))
            else:
                start = self._midnight(start)
        if end < start:
            self._problems.add(Problem.UNREADABLE_PART)
            start, end = end, start
        if start == end and not isinstance(start, datetime):
            end = later(start, ONE_DAY)
        return start, end

    def _end(self, start: Moment) -> Moment:
        end = self._one("DTEND")
        if end is not None:
            return end
        durations = {line.value for line in self._component.all("DURATION")}
        if len(durations) > 1:
            raise Unreadable
        if not durations:
            return start if isinstance(start, datetime) else later(start, ONE_DAY)
        length = duration(durations.pop())
        if length % ONE_DAY and not isinstance(start, datetime):
            return later(self._midnight(start), length)
        return later(start, length)

    def _one(self, name: str) -> Moment | None:
        """The property's moment; None where there is none. **Raises** `Unreadable`, also where two differ."""
        found = {self._moment(line, line.value) for line in self._component.all(name)}
        if len(found) > 1:
            raise Unreadable
        return found.pop() if found else None

    def _moment(self, line: Line, text: str) -> Moment:
        has_zone_of_its_own = "T" not in text.upper() or text.rstrip().upper().endswith("Z")
        return moment(text, self._zones.local if has_zone_of_its_own else self._zone(line))

    def _zone(self, line: Line) -> tzinfo:
        tzid = line.parameters.get("TZID", "")
        zone = self._zones.named(tzid) if tzid else self._zones.local
        if zone is None:
            self._problems.add(Problem.UNKNOWN_ZONE)
        return zone or self._zones.local

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zones.local)

    def _recurrence_id(self) -> Moment | None:
        try:
            return self._one("RECURRENCE-ID")
        except Unreadable:
            # Unknown which date it replaces: both that one and this block.
            self._problems.add(Problem.UNREADABLE_PART)
            return None

    def _ranges(self) -> set[str]:
        return {line.parameters.get("RANGE", "").upper() for line in self._component.all("RECURRENCE-ID")}

    def _added(self) -> tuple[Moment | Period, ...]:
        found: list[Moment | Period] = []
        for line, text in self._listed("RDATE"):
            try:
                found.append(self._period(line, text) if "/" in text else self._moment(line, text))
            except Unreadable:
                self._problems.add(Problem.UNREADABLE_RULE)
        return tuple(found)

    def _left_out(self) -> tuple[Moment, ...]:
        found = []
        for line, text in self._listed("EXDATE"):
            try:
                found.append(self._moment(line, text))
            except Unreadable:  # a date too many blocks
                self._problems.add(Problem.UNREADABLE_PART)
        return tuple(found)

    def _listed(self, name: str) -> Iterator[tuple[Line, str]]:
        for line in self._component.all(name):
            for text in line.value.split(","):
                if text.strip():
                    yield line, text

    def _rules(self, start: Moment) -> Iterator[str]:
        for line in self._component.all("RRULE"):
            try:
                yield repeat_rule(line.value, start)
            except (ValueError, OverflowError):
                self._problems.add(Problem.UNREADABLE_RULE)


def _sequence(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
