"""Somebody else's calendar text as components, within limits, and only the lines that tell times.

Titles, descriptions, people and alarms are dropped here, before anything looks
at them. Structure is read leniently (programs write bad lines in good faith),
but a text that stops in the middle is no calendar: half of one would free time.
**Source** RFC 5545 sections 3.1, 3.2 and 3.6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from scheduler.domain.calendars import ReadStatus

MOST_BYTES = 5_000_000
LONGEST_LINE = 64 * 1024
DEEPEST = 4
MOST_ENTRIES = 5_000
"""Events, tasks, notes and the like; zones and alarms do not count, they come with the events."""
MOST_DATES = 2_000
"""Single dates that are added to repeated events or left out of them, in the whole file."""
MOST_A_DAY = 24

_DATES = ("RDATE", "EXDATE")
_KEPT = {
    "VCALENDAR": {"X-WR-TIMEZONE", "CALSCALE"},
    "VEVENT": {
        "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE",
        "STATUS", "TRANSP",
    },
    "VFREEBUSY": {"UID", "FREEBUSY"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"},
}  # fmt: skip
_TEXTS = {"UID", "STATUS", "TRANSP", "TZID", "X-WR-TIMEZONE", "CALSCALE"}
_MARK = b"\xef\xbb\xbf"
"""The byte order mark with which some programs begin; in calendars strung together there are several."""
_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR", re.IGNORECASE)
_LONG_LINE = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 1))
_PARAMETER = re.compile(r';\s*([^=;":]+)=((?:"[^"]*"|[^;])*)')
_QUOTED_OR_COLON = re.compile(r'"[^"]*"|:')
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)")
_TIMES_OF_DAY = re.compile(r"BY(?:HOUR|MINUTE|SECOND)=([^;]*)")


class CalendarRefused(Exception):
    """The text is no calendar, or one that is not read. `why` says it without anything of the content."""

    def __init__(self, reason: ReadStatus, why: str) -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why


@dataclass(frozen=True, slots=True)
class Line:
    """A content line: name and parameter names in capitals, values as they stand."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class Component:
    """A component with the lines that tell times, and the components inside it that have some."""

    kind: str
    lines: list[Line] = field(default_factory=list)
    inside: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """The lines of that name, in their order."""
        return [line for line in self.lines if line.name == name]

    def text(self, name: str) -> str:
        """The value of the first line of that name without space around it; empty where there is none."""
        return next((line.value.strip() for line in self.lines if line.name == name), "")


def read_calendars(content: bytes) -> list[Component]:
    """The VCALENDARs of a text, in their order; at least one.

    **Raises** `CalendarRefused` where it is no complete calendar or beyond a limit.
    """
    if len(content) > MOST_BYTES:
        raise CalendarRefused(ReadStatus.TOO_LARGE, "the calendar is larger than 5 MB")
    if not _FIRST_LINE.match(content):
        raise _not_a_calendar("the text does not begin with a calendar")
    if _LONG_LINE.search(content):
        raise _refused("a line is longer than 64 KB")
    reading = _Reading()
    for line in _content_lines(content):
        reading.take(line)
    if reading.open or not reading.calendars:
        raise _not_a_calendar("the text ends in the middle of a calendar")
    return reading.calendars


def _content_lines(content: bytes) -> Iterator[bytes]:
    """The lines with their folds undone; empty lines are skipped, also between a line and its fold."""
    parts: list[bytes] = []
    for row in content.replace(_MARK + b"BEGIN:", b"BEGIN:").split(b"\n"):
        row = row.rstrip(b"\r")
        if row[:1] in (b" ", b"\t"):
            parts.append(row[1:])
        elif row:
            if parts:
                yield b"".join(parts)
            parts = [row]
    if parts:
        yield b"".join(parts)


class _Reading:
    """The text so far: components that are open (None for kinds that tell no times), and counts."""

    def __init__(self) -> None:
        self.calendars: list[Component] = []
        self.open: list[tuple[str, Component | None]] = []
        self._entries = 0
        self._dates = 0

    def take(self, content: bytes) -> None:
        """Read the next line."""
        name = re.split(rb"[;:]", content, maxsplit=1)[0].strip().upper().decode("ascii", "replace")
        if name == "BEGIN":
            self._begin(_word(content))
        elif name == "END":
            self._end(_word(content))
        elif self.open and (component := self.open[-1][1]) and name in _KEPT[component.kind]:
            if len(content) > LONGEST_LINE:
                raise _refused("a line is longer than 64 KB")
            line = _line(name, content.decode("utf-8", "surrogateescape"))
            self._check(component, line)
            component.lines.append(line)

    def _begin(self, kind: str) -> None:
        if not self.open and kind != "VCALENDAR":
            raise _not_a_calendar("a component stands outside of any calendar")
        if len(self.open) == DEEPEST:
            raise _refused(f"components are nested deeper than {DEEPEST}")
        if kind in ("VEVENT", "VFREEBUSY") or (len(self.open) == 1 and kind != "VTIMEZONE"):
            self._entries += 1
            if self._entries > MOST_ENTRIES:
                raise _refused(f"there are more than {MOST_ENTRIES} entries")
        self.open.append((kind, Component(kind) if kind in _KEPT else None))

    def _end(self, kind: str) -> None:
        """Close the component, and what was left open inside it; an end of nothing is passed over."""
        if all(kind != name for name, _ in self.open):
            return
        while True:
            name, component = self.open.pop()
            if component:
                self._keep(component)
            if name == kind:
                return

    def _keep(self, component: Component) -> None:
        if component.kind == "VCALENDAR":
            self.calendars.append(component)
            return
        # An event inside another (whose end is missing) belongs to the calendar like any other.
        outside = "VTIMEZONE" if component.kind in ("STANDARD", "DAYLIGHT") else "VCALENDAR"
        for _, around in reversed(self.open):
            if around and around.kind == outside:
                around.inside.append(component)
                return

    def _check(self, component: Component, line: Line) -> None:
        if line.name == "RRULE":
            rule = re.sub(r"\s", "", line.value).upper()
            if _OFTEN.search(rule):
                raise _refused("something repeats every hour or oftener")
            if prod(times.count(",") + 1 for times in _TIMES_OF_DAY.findall(rule)) > MOST_A_DAY:
                raise _refused(f"something repeats more than {MOST_A_DAY} times a day")
        elif line.name in _DATES and component.kind == "VEVENT":
            self._dates += line.value.count(",") + 1
            if self._dates > MOST_DATES:
                raise _refused(f"there are more than {MOST_DATES} single dates of repeated events")
        elif line.name == "CALSCALE" and line.value.strip().upper() != "GREGORIAN":
            raise _refused("the calendar does not count in Gregorian dates")


def _word(content: bytes) -> str:
    return content.partition(b":")[2].strip().upper().decode("ascii", "replace")


def _line(name: str, text: str) -> Line:
    """The line in its parts. Times hold no colon, so theirs come after the last: zone names do hold some."""
    if name in _TEXTS:
        colon = next((found.start() for found in _QUOTED_OR_COLON.finditer(text) if found[0] == ":"), -1)
    else:
        colon = text.rfind(":")
    head, value = (text[:colon], text[colon + 1 :]) if colon >= 0 else (text, "")
    parameters = {
        found[1].strip().upper(): found[2].strip().strip('"') for found in _PARAMETER.finditer(head)
    }
    return Line(name, parameters, value)


def _refused(why: str) -> CalendarRefused:
    return CalendarRefused(ReadStatus.REFUSED, why)


def _not_a_calendar(why: str) -> CalendarRefused:
    return CalendarRefused(ReadStatus.NOT_A_CALENDAR, why)
