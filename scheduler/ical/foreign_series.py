"""The dates of a repeated event: its rules, added and left-out dates, and the dates that were changed.

A library expands them. It is given nothing but what tells times, and a start
near the window: it counts every date from the start on, and daily events begin
years ago. **Source** RFC 5545 sections 3.8.4.4 and 3.8.5.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, vDDDLists, vDDDTypes, vInt, vRecur, vText
from recurring_ical_events import CalendarQuery

from scheduler.domain.intervals import Interval
from scheduler.ical.foreign_events import Entry
from scheduler.ical.foreign_values import Moment, interval

_MARGIN = timedelta(days=2)
"""Local days begin up to 14 hours away from those of UTC."""

_UNTIL = re.compile(r"UNTIL=([0-9]{8})")
_DAYS = {"DAILY": 1, "WEEKLY": 7}


def spans(entries: list[Entry], zone: str, window: Interval) -> Iterator[Interval]:
    """What an event, or none, and changes of its dates block in the window, perhaps a little outside it.

    `zone` is the one whose days whole days are. **Raises** whatever the library does with rules
    that it cannot follow.
    """
    if len(entries) == 1 and not entries[0].repeats:
        yield interval(entries[0].start, entries[0].end, zone)
        return
    low, high = (datetime.fromtimestamp(at, UTC) for at in window)
    if len(entries) == 1 and _is_over(entries[0], low.date()):
        return
    calendar = Calendar()
    for each in entries:
        calendar.add_component(_component(_nearer(each, entries, low.date())))
    for occurrence in CalendarQuery(calendar).between(low - _MARGIN, high + _MARGIN):
        if occurrence["TRANSP"] == "OPAQUE":
            yield interval(occurrence["DTSTART"].dt, occurrence["DTEND"].dt, zone)


def _is_over(entry: Entry, low: date) -> bool:
    """Whether all its dates are over before `low`, as those of most series are."""
    untils = [_UNTIL.search(rule) for rule in entry.rules]
    if entry.added or not all(untils):
        return False
    last = max([_day(entry.start), *(date.fromisoformat(until[1]) for until in untils if until)])
    return low - last > (entry.end - entry.start) + 2 * _MARGIN


def _nearer(entry: Entry, together: list[Entry], low: date) -> Entry:
    """The same series from a later date on, where all dates but those before `low` stay the same.

    That is so for days and weeks without a count. Changes that repeat themselves, or hold
    for all later dates, are weighed against dates of long ago: then nothing is moved.
    """
    if len(entry.rules) != 1 or any(
        each.and_future or each.repeats_itself for each in together if each != entry
    ):
        return entry
    parts = dict(part.split("=") for part in entry.rules[0].split(";"))
    step = _DAYS.get(parts["FREQ"], 0) * int(parts.get("INTERVAL", "1"))
    if not step or "COUNT" in parts or entry.recurrence_id is not None:
        return entry
    ahead = (low - _day(entry.start) - (entry.end - entry.start)).days - step - 2 * _MARGIN.days
    if ahead < step:
        return entry
    later = timedelta(days=ahead // step * step)
    return replace(entry, start=entry.start + later, end=entry.end + later)


def _day(moment: Moment) -> date:
    return date(moment.year, moment.month, moment.day)


def _component(entry: Entry) -> Event:
    event = Event()
    event["UID"] = vText("one")
    event["DTSTART"] = vDDDTypes(entry.start)
    event["DTEND"] = vDDDTypes(entry.end)
    event["SEQUENCE"] = vInt(entry.sequence)
    event["TRANSP"] = vText("OPAQUE" if entry.blocks else "TRANSPARENT")
    if entry.rules:
        event["RRULE"] = [vRecur.from_ical(rule) for rule in entry.rules]
    if entry.added:
        event["RDATE"] = vDDDLists(list(entry.added))
    if entry.left_out:
        event["EXDATE"] = vDDDLists(list(entry.left_out))
    if entry.recurrence_id is not None:
        ranges = {"RANGE": "THISANDFUTURE"} if entry.and_future else {}
        event["RECURRENCE-ID"] = vDDDTypes(entry.recurrence_id, params=ranges)
    return event
