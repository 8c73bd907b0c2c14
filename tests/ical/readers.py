"""Readers of calendar text that share nothing with the writer."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}


@dataclass
class Component:
    """A component as a lenient reader sees it: lines as (name, parameters, raw value), and what is inside."""

    name: str
    lines: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    inside: list["Component"] = field(default_factory=list)

    def names(self) -> list[str]:
        """The property names in their order."""
        return [name for name, _, _ in self.lines]

    def value(self, name: str) -> str:
        """The raw value of the only property of that name."""
        [found] = [value for each, _, value in self.lines if each == name]
        return found

    def parameters(self, name: str) -> dict[str, str]:
        """The parameters of the only property of that name."""
        [found] = [parameters for each, parameters, _ in self.lines if each == name]
        return found

    def text(self, name: str) -> str:
        """The value with its escapes undone."""
        return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], self.value(name))

    def all(self, name: str) -> list["Component"]:
        """The components of that name directly inside."""
        return [each for each in self.inside if each.name == name]


def read_leniently(content: bytes) -> Component:
    """The one calendar in the text; CR, LF, CRLF and all that Python takes for a line end end a line."""
    text = re.sub(r"(\r\n|\r|\n)[ \t]", "", content.decode())
    stack = [Component("")]
    for row in text.splitlines():
        head, _, value = row.partition(":") if '"' not in row.partition(":")[0] else _split_quoted(row)
        name, *parameters = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', head)
        if name == "BEGIN":
            stack.append(Component(value))
        elif name == "END":
            done = stack.pop()
            assert done.name == value
            stack[-1].inside.append(done)
        else:
            pairs = [each.partition("=") for each in parameters]
            stack[-1].lines.append((name, {key: val.strip('"') for key, _, val in pairs}, value))
    [root] = stack
    [calendar] = root.inside
    assert root.lines == []
    return calendar


def _split_quoted(row: str) -> tuple[str, str, str]:
    match = re.match(r'((?:[^":]|"[^"]*")*):(.*)', row)
    assert match, row
    return match[1], ":", match[2]


def instants(calendar: Component, event: Component) -> tuple[int, int]:
    """Start and end in UTC epoch seconds, by the calendar's own VTIMEZONE and nothing else."""
    start, end = (_instant(calendar, event, name) for name in ("DTSTART", "DTEND"))
    return start, end


def _instant(calendar: Component, event: Component, name: str) -> int:
    value = event.value(name)
    if value.endswith("Z"):
        return int(datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
    wall = datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    tzid = event.parameters(name)["TZID"]
    [zone] = [each for each in calendar.all("VTIMEZONE") if each.value("TZID") == tzid]
    return int((wall - offset_at(zone, wall)).timestamp())


def offset_at(zone: Component, wall: datetime) -> timedelta:
    """The offset from UTC by a VTIMEZONE; `wall` is a local time dressed as UTC."""
    onsets = sorted(onset for part in zone.inside for onset in _onsets(part, wall.year))
    # The observance whose onset was last passed on the wall clock rules (RFC 5545 section 3.6.5).
    return [to for onset, to in onsets if onset <= wall][-1]


def _onsets(part: Component, year: int) -> list[tuple[datetime, timedelta]]:
    first = datetime.strptime(part.value("DTSTART"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    to = _offset(part.value("TZOFFSETTO"))
    if "RRULE" not in part.names():
        return [(first, to)]
    rule = dict(each.split("=") for each in part.value("RRULE").split(";"))
    assert rule.pop("FREQ") == "YEARLY"
    match = re.fullmatch(r"(-?\d)([A-Z]{2})", rule.pop("BYDAY"))
    assert match
    month = int(rule.pop("BYMONTH"))
    assert rule == {}
    days = [_nth(each, month, int(match[1]), WEEKDAYS[match[2]]) for each in (year - 1, year)]
    return [(day + timedelta(hours=first.hour, minutes=first.minute), to) for day in days]


def _nth(year: int, month: int, nth: int, weekday: int) -> datetime:
    day = datetime(year, month, 1, tzinfo=UTC)
    days = [day + timedelta(days=n) for n in range(31) if (day + timedelta(days=n)).month == month]
    matching = [each for each in days if each.weekday() == weekday]
    return matching[nth - 1 if nth > 0 else nth]


def _offset(text: str) -> timedelta:
    seconds = int(text[1:3]) * 3600 + int(text[3:5]) * 60
    return timedelta(seconds=-seconds if text[0] == "-" else seconds)
