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

from icalendar import Calendar, Event, vRecur

from scheduler.domain.intervals import Interval
from scheduler.domain.series import WEEK, Rhythm, occurrences
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
    """The starts that the RRULE yields, as they are written, beside the dates that they stand for."""

    is_local: bool
    written: tuple[datetime, ...]
    starts: tuple[int, ...]
    dates: tuple[int, ...]


def series_events(event: CalendarEvent, series: CalendarSeries) -> list[Event]:
    """The master, then the moved dates. `event` gives everything but the times and their zone.

    **Raises** `ValueError` for a date that the rhythm does not have.
    """
    rule = _rule(series.rhythm, series.duration)
    event = replace(event, zone=series.rhythm.zone)
    takes_place = dict(series.dates)
    unknown = takes_place.keys() - set(rule.dates)
    if unknown:
        raise ValueError(f"the rhythm has no date at {sorted(unknown)}")
    moved = [
        _date(event, rule, number, takes_place[name])
        for number, name in enumerate(rule.dates)
        if name in takes_place and takes_place[name] != _by_rule(rule, number, series.duration)
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


def date_invitation(
    event: CalendarEvent, series: CalendarSeries, recurrence: int, method: Method
) -> bytes:
    """One mail about one date of a series, named by its original start; the event has its times.

    **Raises** `ValueError` for a date that the rhythm does not have, and for a contradictory event.
    """
    check(event, method)
    rule = _rule(series.rhythm, series.duration)
    number = rule.dates.index(recurrence)
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


@lru_cache(maxsize=1024)
def _rule(rhythm: Rhythm, duration: int) -> _Rule:
    dates = occurrences(rhythm)
    names = tuple(one.start for one in dates)
    pairs = [local_or_utc((one.start, one.start + duration), rhythm.zone) for one in dates]
    if all(one.exists and _is_plain(pair, duration) for one, pair in zip(dates, pairs, strict=True)):
        return _Rule(True, tuple(start for start, _ in pairs), names, names)
    starts = tuple(rhythm.start + number * rhythm.weeks * WEEK for number in range(rhythm.dates))
    return _Rule(False, tuple(datetime.fromtimestamp(at, UTC) for at in starts), starts, names)


def _is_plain(pair: tuple[datetime, ...], duration: int) -> bool:
    """Whether local times tell the span, and its length is the same on the wall as in truth."""
    start, end = pair
    walls = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return start.tzinfo is not UTC and walls == timedelta(seconds=duration)


def _by_rule(rule: _Rule, number: int, duration: int) -> Interval:
    return rule.starts[number], rule.starts[number] + duration


def _master(event: CalendarEvent, series: CalendarSeries, rule: _Rule, kept: Iterable[int]) -> Event:
    start, end = _by_rule(rule, 0, series.duration)
    component = vevent(replace(event, start=start, end=end))
    if not rule.is_local:
        del component["DTSTART"], component["DTEND"]
        component.add("dtstart", rule.written[0])
        component.add("dtend", datetime.fromtimestamp(end, UTC))
    component.add("rrule", _recurrence(series, rule))
    for shown, name in zip(rule.written, rule.dates, strict=True):
        if name not in kept:
            component.add("exdate", shown)
    return component


def _recurrence(series: CalendarSeries, rule: _Rule) -> vRecur:
    parts: dict[str, object] = {"FREQ": "WEEKLY"}
    if series.rhythm.weeks > 1:
        parts["INTERVAL"] = series.rhythm.weeks
    if series.has_ended:
        parts["UNTIL"] = datetime.fromtimestamp(rule.starts[-1], UTC)
    else:
        parts["COUNT"] = series.rhythm.dates
    return vRecur(parts)


def _date(event: CalendarEvent, rule: _Rule, number: int, when: Interval) -> Event:
    component = vevent(replace(event, start=when[0], end=when[1]))
    component.add("recurrence-id", rule.written[number])
    return component
