"""The answer of a calendar program to an invitation: which UID, which date, who, and what they say.

Only lines are read, by icalendar's reader of content lines; nothing of the message is
expanded, so no rule and no time zone in it costs more than its own length. What is too
long or cannot be read is left out, and what has no answer in it is no answer.
**Source** RFC 5546 sections 3.2.3, 3.2.5 and 3.2.7.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from icalendar.parser import Contentline

from scheduler.domain.answers import CalendarAnswer, Method, Occurrence, Reply
from scheduler.domain.local_time import known_zones

MOST_CHARACTERS = 64 * 1024
MOST_LINES = 2000
LONGEST_LINE = 2000
MOST_ANSWERS = 60
MOST_ATTENDEES = 50
UID_LENGTH = 255
LARGEST_SEQUENCE = 2**31 - 1

_READ = frozenset(
    {"BEGIN", "END", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "RECURRENCE-ID", "ATTENDEE", "ORGANIZER"}
)
_NAME = re.compile(r"[A-Za-z0-9-]{1,40}(?=[;:])")
_STAMP = re.compile(r"(\d{8})T(\d{6})(Z?)", re.ASCII)
_DAY = re.compile(r"\d{8}", re.ASCII)

Line = tuple[str, dict[str, str], str]


def answers(text: str, *, method: str = "") -> tuple[CalendarAnswer, ...]:
    """The answers in a calendar part, in order; none when it holds something else, is too large or damaged.

    `method` is that of the Content-Type; a METHOD inside beats it, for mail servers
    rewrite the one and drop the other. Exchange leaves out the ORGANIZER.
    """
    if len(text) > MOST_CHARACTERS:
        return ()
    events, inner = _events(text)
    try:
        meant = Method((inner or method).strip().upper())
    except ValueError:
        return ()
    if meant is Method.PAGE:  # no word of iTIP
        return ()
    found = (_answer(meant, event) for event in events[:MOST_ANSWERS])
    return tuple(one for one in found if one is not None)


def _events(text: str) -> tuple[list[list[Line]], str]:
    """The lines of each VEVENT that stands directly in the calendar, and the calendar's METHOD."""
    inside: list[str] = []
    events: list[list[Line]] = []
    method = ""
    for name, params, value in _lines(text):
        if name == "BEGIN":
            inside.append(value.upper())
            if inside == ["VCALENDAR", "VEVENT"]:
                events.append([])
        elif name == "END":
            if inside and inside[-1] == value.upper():
                inside.pop()
        elif inside == ["VCALENDAR", "VEVENT"]:
            events[-1].append((name, params, value))
        elif inside == ["VCALENDAR"] and name == "METHOD":
            method = method or value
    return events, method


def _lines(text: str) -> Iterator[Line]:
    """The content lines that matter: name, parameters with one value each, value."""
    plain = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    unfolded = plain.replace("\n ", "").replace("\n\t", "")
    for line in unfolded.split("\n", MOST_LINES)[:MOST_LINES]:
        name = _NAME.match(line)
        if name is None or len(line) > LONGEST_LINE or name[0].upper() not in _READ:
            continue
        try:
            _, params, value = Contentline(line).raw_parts()  # type: ignore[no-untyped-call]  # untyped in the library
        except ValueError:
            continue
        single = {key.upper(): item for key, item in params.items() if isinstance(item, str)}
        yield name[0].upper(), single, value.strip()


def _answer(method: Method, event: list[Line]) -> CalendarAnswer | None:
    one = {name: (params, value) for name, params, value in reversed(event)}
    uid = one.get("UID", ({}, ""))[1]
    occurrence = _occurrence(*one["RECURRENCE-ID"]) if "RECURRENCE-ID" in one else None
    if not 0 < len(uid) <= UID_LENGTH or (occurrence is None and "RECURRENCE-ID" in one):
        return None
    people = tuple((_address(value), _reply(params)) for name, params, value in event if name == "ATTENDEE")
    return CalendarAnswer(
        method=method,
        uid=uid,
        sequence=_sequence(one.get("SEQUENCE", ({}, ""))[1]),
        attendees=people[:MOST_ATTENDEES],
        organizer=_address(one.get("ORGANIZER", ({}, ""))[1]),
        occurrence=occurrence,
        stated_at=_instant(one.get("DTSTAMP", ({}, ""))[1]),
    )


def _address(value: str) -> str:
    """The bare address of `mailto:…`, which Exchange writes in capitals."""
    scheme, _, address = value.partition(":")
    return address.strip() if scheme.strip().lower() == "mailto" else ""


def _reply(params: dict[str, str]) -> Reply:
    with suppress(ValueError):
        return Reply(params.get("PARTSTAT", "").upper())
    return Reply.NONE


def _sequence(value: str) -> int:
    """The number; one that is left out is 0. **Source** RFC 5545 section 3.8.7.4."""
    is_number = value.isascii() and value.isdecimal() and len(value) <= 10
    return min(int(value), LARGEST_SEQUENCE) if is_number else 0


def _instant(value: str) -> int | None:
    stamp = _STAMP.fullmatch(value)
    if stamp is None or not stamp[3]:
        return None
    with suppress(ValueError, OverflowError):
        return int(_wall(stamp).replace(tzinfo=UTC).timestamp())
    return None


def _occurrence(params: dict[str, str], value: str) -> Occurrence | None:
    """The date meant; None when it cannot be read."""
    zone = params.get("TZID", "")
    with suppress(ValueError):
        if _DAY.fullmatch(value):
            return Occurrence(datetime.strptime(value, "%Y%m%d"), is_day=True)  # noqa: DTZ007 - local
        stamp = _STAMP.fullmatch(value)
        if stamp is not None:
            known = "UTC" if stamp[3] else zone if zone in known_zones() else ""
            return Occurrence(_wall(stamp), known)
    return None


def _wall(stamp: re.Match[str]) -> datetime:
    return datetime.strptime(stamp[1] + stamp[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone stands apart
