"""One entry of somebody else's calendar: when it begins and ends, how it repeats, whether it blocks time.

Times without a zone, or with a name that means nothing, are read in the
calendar's own zone. What cannot be read is reported by its class, never by its
content. **Source** RFC 5545 sections 3.3, 3.6.1 and 3.8.2 to 3.8.5.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from icalendar import vDuration, vRecur

from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import start_instant
from scheduler.ical.foreign import Component, Line
from scheduler.ical.foreign_zones import Zones

Moment = date
"""A local day, or (as `datetime`, always aware) a time."""
Period = tuple[Moment, Moment]

_MOMENT = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_RULE_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_MIDDLE_YEAR = 5000
_LONG_AGO, _NEVER = -(2**36), 2**38
"""Instants before the first and after the last that a date can name."""
ONE_DAY = timedelta(days=1)


class Problem(StrEnum):
    """A class of trouble. The first three leave times unknown; the others do not."""

    UNREADABLE_EVENT = "unreadable_event"
    UNREADABLE_RULE = "unreadable_rule"
    UNREADABLE_BUSY_TIME = "unreadable_busy_time"
    UNREADABLE_PART = "unreadable_part"
    UNKNOWN_ZONE = "unknown_zone"


LEAVES_TIMES_UNKNOWN = {Problem.UNREADABLE_EVENT, Problem.UNREADABLE_RULE, Problem.UNREADABLE_BUSY_TIME}


class Unreadable(ValueError):
    """A value that is no time, no duration or no rule."""


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


def interval(start: Moment, end: Moment, zone: str) -> Interval:
    """The span in instants, `[start, end)`; local days are those of the zone, that of `end` not included.

    A start that clocks skip in spring moves forward, perhaps beyond the end: then the two change places.
    """
    first, second = _instant(start, zone), _instant(end, zone)
    return min(first, second), max(first, second)


def _instant(moment: Moment, zone: str) -> int:
    try:
        if isinstance(moment, datetime):
            return int(moment.timestamp())
        return start_instant(datetime.combine(moment, time()), zone)
    except (OverflowError, ValueError):  # the first and the last day that a date can name
        return _LONG_AGO if moment.year < _MIDDLE_YEAR else _NEVER


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
        return start, _after(start, _duration(second))

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
                end = self._midnight(_after(end, ONE_DAY))
            else:
                start = self._midnight(start)
        if end < start:
            self._problems.add(Problem.UNREADABLE_PART)
            start, end = end, start
        if start == end and not isinstance(start, datetime):
            end = _after(start, ONE_DAY)
        return start, end

    def _end(self, start: Moment) -> Moment:
        end = self._one("DTEND")
        if end is not None:
            return end
        durations = {line.value for line in self._component.all("DURATION")}
        if len(durations) > 1:
            raise Unreadable
        if not durations:
            return start if isinstance(start, datetime) else _after(start, ONE_DAY)
        duration = _duration(durations.pop())
        if duration % ONE_DAY and not isinstance(start, datetime):
            return _after(self._midnight(start), duration)
        return _after(start, duration)

    def _one(self, name: str) -> Moment | None:
        """The property's moment; None where there is none. **Raises** `Unreadable`, also where two differ."""
        found = {self._moment(line, line.value) for line in self._component.all(name)}
        if len(found) > 1:
            raise Unreadable
        return found.pop() if found else None

    def _moment(self, line: Line, text: str) -> Moment:
        match = _MOMENT.fullmatch(text.rstrip().upper())
        if match is None:
            raise Unreadable
        digits, clock, utc = match.groups()
        try:
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            if clock is None:
                return day
            # A leap second is the last one of its minute.
            at = time(int(clock[:2]), int(clock[2:4]), min(int(clock[4:]), 59))
        except ValueError:
            raise Unreadable from None
        return datetime.combine(day, at, UTC if utc else self._zone(line))

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
                yield _rule(line.value, start)
            except (ValueError, OverflowError):
                self._problems.add(Problem.UNREADABLE_RULE)


def _rule(text: str, start: Moment) -> str:
    """The rule with an UNTIL that goes with the start. **Raises** `ValueError`."""
    parts: dict[str, str] = {}
    for part in re.sub(r"\s", "", text).upper().split(";"):
        if "=" not in part:  # a semicolon too many, or a stray word
            continue
        match = _RULE_PART.fullmatch(part)
        if match is None or match[1] in parts:
            raise Unreadable
        parts[match[1]] = match[2]
    if "FREQ" not in parts or int(parts.get("INTERVAL", "1")) < 1:
        raise Unreadable
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], start)
    vRecur.from_ical(rule := ";".join(f"{name}={value}" for name, value in parts.items()))
    return rule


def _until(text: str, start: Moment) -> str:
    """The last moment in the type that the start asks for; a day given for a time is its first moment."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise Unreadable
    if not isinstance(start, datetime):
        return match[1]
    if match[3]:
        return text
    last = datetime.strptime(match[1] + (match[2] or "000000"), "%Y%m%d%H%M%S").replace(tzinfo=start.tzinfo)
    return last.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _duration(text: str) -> timedelta:
    try:
        duration: timedelta = vDuration.from_ical(text.rstrip().upper())  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError):
        raise Unreadable from None
    return duration


def _after(start: Moment, duration: timedelta) -> Moment:
    try:
        return start + duration
    except OverflowError:
        raise Unreadable from None


def _sequence(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
