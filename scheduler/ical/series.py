"""Appointments that repeat, as one calendar entry: its rule, the dates taken out, the dates moved.

A rule is told in the zone's own time when the small VTIMEZONE leads every
calendar program to the same instants. Otherwise (a zone without a plain rule,
a date whose local time clocks show twice or skip) it is told in UTC, and each
date that clock changes shift against it is a moved date: the only form that
programs neither read differently nor drop, as Exchange drops dates without a
rule. See docs/decisions/0014-series.md.
**Source** RFC 5545 sections 3.8.4.4, 3.8.5.1 and 3.8.5.3, RFC 5546 section 3.2.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from icalendar import Calendar, Event, vDatetime, vRecur

from scheduler.domain.intervals import Interval
from scheduler.domain.series import WEEK, Rhythm, number_of, occurrences
from scheduler.ical.event import CalendarEvent, vevent
from scheduler.ical.invitation import Method, check, empty_calendar
from scheduler.ical.zones import local_or_utc, vtimezone

RecurrenceDates = tuple[tuple[int, Interval], ...]


@dataclass(frozen=True, slots=True)
class CalendarSeries:
    """The dates of an entry: `(original start, when it takes place)` for each that does, in order.

    Instants, spans `[start, end)`; a date of the rhythm that is missing is taken out of the calendar.
    `has_ended` writes the last date (UNTIL) instead of the number of dates (COUNT).
    """

    rhythm: Rhythm
    duration: int
    dates: RecurrenceDates
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """The starts that the RRULE yields, one for each date of the rhythm, and how they are written."""

    is_local: bool
    written: tuple[datetime, ...]
    starts: tuple[int, ...]


def series_events(event: CalendarEvent, series: CalendarSeries) -> list[Event]:
    """The master, then the moved dates. `event` gives everything but the times and their zone.

    **Raises** `ValueError` for a date that the rhythm does not have.
    """
    rule = _rule_for(series, series.dates)
    event = replace(event, zone=series.rhythm.zone)
    takes_place = {number_of(series.rhythm, name): when for name, when in series.dates}
    moved = [
        _date(event, rule, number, when)
        for number, when in takes_place.items()
        if when != _by_rule(rule, number, series.duration)
    ]
    return [_master(event, series, rule, takes_place.keys()), *moved]


def series_invitation(event: CalendarEvent, series: CalendarSeries, method: Method) -> bytes:
    """One mail about the whole series: REQUEST enters it or changes it, CANCEL takes all of it out.

    Programs forget moved dates when the master comes again, so a REQUEST carries them.
    **Raises** `ValueError` for a contradictory event, as `ical.invitation.invitation` does.
    """
    check(event, method)
    events = series_events(event, series)
    return _calendar(events[:1] if method == "CANCEL" else events, series.rhythm.zone, method)


def date_invitation(event: CalendarEvent, series: CalendarSeries, recurrence: int, method: Method) -> bytes:
    """One mail about one date of a series, named by its original start; the event has its times.

    **Raises** `ValueError` for a date that the rhythm does not have, and for a contradictory event.
    """
    check(event, method)
    rule = _rule_for(series, [(recurrence, (event.start, event.end))])
    number = number_of(series.rhythm, recurrence)
    event = replace(event, zone=series.rhythm.zone)
    return _calendar([_date(event, rule, number, (event.start, event.end))], event.zone, method)


def series_copy(event: CalendarEvent, series: CalendarSeries) -> bytes:
    """The file of a series that a person imports by hand: no METHOD, no people, stable bytes."""
    plain = replace(event, organizer=None, attendee=None, dtstamp=event.last_modified)
    return _calendar(series_events(plain, series), series.rhythm.zone, None)


def _calendar(events: Iterable[Event], zone: str, method: Method | None) -> bytes:
    calendar: Calendar = empty_calendar()
    if method:
        calendar.add("method", method)
    written = list(events)
    component = vtimezone(zone) if any(_names_zone(each) for each in written) else None
    if component is not None:
        calendar.add_component(component)
    for each in written:
        calendar.add_component(each)
    return bytes(calendar.to_ical())


def _names_zone(event: Event) -> bool:
    named = [event.get(name) for name in ("DTSTART", "RECURRENCE-ID")]
    return any(each is not None and "TZID" in each.params for each in named)


# ---- the rule --------------------------------------------------------------


def _rule_for(series: CalendarSeries, dates: Iterable[tuple[int, Interval]]) -> _Rule:
    """The rule for these dates; long enough for those that it had before it was shortened."""
    rhythm = series.rhythm
    most = max((number_of(rhythm, name) + 1 for name, _ in dates), default=0)
    rhythm = replace(rhythm, dates=max(rhythm.dates, most))
    is_local = all(_is_plain(when, rhythm.zone) for _, when in dates)
    return _rule(rhythm, series.duration, is_local)


@lru_cache(maxsize=1024)
def _rule(rhythm: Rhythm, duration: int, is_local: bool) -> _Rule:
    dates = occurrences(rhythm)
    if is_local and all(
        one.exists and _is_plain((one.start, one.start + duration), rhythm.zone) for one in dates
    ):
        starts = tuple(one.start for one in dates)
        return _Rule(True, local_or_utc(starts, rhythm.zone), starts)
    starts = tuple(rhythm.start + number * rhythm.weeks * WEEK for number in range(rhythm.dates))
    return _Rule(False, tuple(_utc(at) for at in starts), starts)


def _is_plain(when: Interval, zone: str) -> bool:
    """Whether local times tell the span, and its length is the same on the wall as in truth."""
    start, end = local_or_utc(when, zone)
    walls = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return start.tzinfo is not UTC and walls == timedelta(seconds=when[1] - when[0])


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _by_rule(rule: _Rule, number: int, duration: int) -> Interval:
    return rule.starts[number], rule.starts[number] + duration


def _master(event: CalendarEvent, series: CalendarSeries, rule: _Rule, kept: Iterable[int]) -> Event:
    component = _at(event, rule, _by_rule(rule, 0, series.duration))
    component.add("rrule", _recurrence(series, rule))
    for number in sorted(set(range(series.rhythm.dates)).difference(kept)):
        component.add("exdate", rule.written[number])
    return component


def _recurrence(series: CalendarSeries, rule: _Rule) -> vRecur:
    parts: dict[str, object] = {"FREQ": "WEEKLY"}
    if series.rhythm.weeks > 1:
        parts["INTERVAL"] = series.rhythm.weeks
    if series.has_ended:
        parts["UNTIL"] = _utc(rule.starts[series.rhythm.dates - 1])
    else:
        parts["COUNT"] = series.rhythm.dates
    return vRecur(parts)


def _date(event: CalendarEvent, rule: _Rule, number: int, when: Interval) -> Event:
    component = _at(event, rule, when)
    component.add("recurrence-id", rule.written[number])
    return component


def _at(event: CalendarEvent, rule: _Rule, when: Interval) -> Event:
    """The event at another time, which is written as the rule is: some programs compare the texts."""
    component = vevent(replace(event, start=when[0], end=when[1]))
    if not rule.is_local:
        for name, at in zip(("DTSTART", "DTEND"), when, strict=True):
            component[name] = vDatetime(_utc(at))
    return component
