"""The values of somebody else's calendar: times, durations and rules, and what instants they are.

**Source** RFC 5545 sections 3.3.4 to 3.3.6 and 3.3.10.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icalendar import vDuration, vRecur

from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import start_instant

Moment = date
"""A local day, or (as `datetime`, always aware) a time."""
Period = tuple[Moment, Moment]

_MOMENT = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_RULE_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_MIDDLE_YEAR = 5000
_LONG_AGO, _NEVER = -(2**36), 2**38
"""Instants before the first and after the last that a date can name."""
ONE_DAY = timedelta(days=1)


class Unreadable(ValueError):
    """A value that is no time, no duration or no rule."""


def moment(text: str, zone: tzinfo) -> Moment:
    """A day, or a time, which is one of the zone unless it is written in UTC. **Raises** `Unreadable`."""
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
    return datetime.combine(day, at, UTC if utc else zone)


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


def repeat_rule(text: str, start: Moment) -> str:
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
    try:
        return last.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except OverflowError:  # the end of all time comes later in the west
        return last.strftime("%Y%m%dT%H%M%SZ")


def duration(text: str) -> timedelta:
    """`PT1H30M`, perhaps negative. **Raises** `Unreadable`."""
    try:
        length: timedelta = vDuration.from_ical(text.rstrip().upper())  # type: ignore[no-untyped-call]  # untyped in the library
    except (ValueError, OverflowError):
        raise Unreadable from None
    return length


def later(start: Moment, length: timedelta) -> Moment:
    """So much later on the wall clock. **Raises** `Unreadable` after the last day there is."""
    try:
        return start + length
    except OverflowError:
        raise Unreadable from None
