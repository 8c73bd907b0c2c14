"""The calendar that a therapist's calendar program subscribes to.

A feed is no message: it has no METHOD, no people and no alarms, and its bytes
do not change while the data does not. icalendar needs a quarter of a
millisecond for an event, so each event's text is built once and kept.
**Source** RFC 5545 section 3.4, RFC 7986 sections 5.1 and 5.7.
"""

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from icalendar import vText

from scheduler.domain.series import Rhythm
from scheduler.ical.event import SUMMARY_LIMIT, CalendarEvent, Status, line, vevent
from scheduler.ical.invitation import empty_calendar
from scheduler.ical.series import CalendarSeries, RecurrenceDates, series_events
from scheduler.ical.zones import vtimezone

REFRESH = timedelta(hours=1)
"""How often a program is asked to look again; programs do as they like."""

_END = b"END:VCALENDAR\r\n"
_LOCAL_TIME = b"\r\nDTSTART;TZID="


class FeedEntry(NamedTuple):
    """One appointment as a feed shows it; `summary` is already cut to the level (`domain/disclosure`).

    Instants are UTC epoch seconds, `[start, end)`. A named tuple, because it is
    the key under which its own text is kept: a text can never be out of date.
    """

    start: int
    uid: str
    end: int
    sequence: int
    status: Status
    summary: str
    created: int
    last_modified: int
    location: str = ""


class FeedSeries(NamedTuple):
    """Appointments that repeat, as a feed shows them: always whole, whatever part of them it would show.

    `start` is that of the first date; `dates` as in `CalendarSeries`. A named tuple for the same reason.
    """

    start: int
    uid: str
    rhythm: Rhythm
    duration: int
    dates: RecurrenceDates
    has_ended: bool
    sequence: int
    status: Status
    summary: str
    created: int
    last_modified: int
    location: str = ""


Entry = FeedEntry | FeedSeries


class EventTexts:
    """The texts of the entries used last, at most `limit`; one for the process, safe between threads.

    Choose `limit` above the number of entries of the feeds in use: about 1 kB each.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self._text = lru_cache(maxsize=limit)(_text)

    def text(self, entry: Entry, zone: str) -> bytes:
        """The entry's VEVENT, built on first use; a series' moved dates follow its master."""
        return self._text(entry, zone)


def feed(entries: Iterable[Entry], *, name: str, zone: str, texts: EventTexts) -> bytes:
    """The whole calendar, by start and UID; cancelled appointments are left out.

    **Raises** `ValueError` for an unknown zone.
    """
    shown = sorted((one for one in entries if one.status != "CANCELLED"), key=itemgetter(0, 1))
    events = [texts.text(entry, zone) for entry in shown]
    # A series keeps the zone in which it was agreed, whatever the practice's is by now.
    zones = {zone, *(entry.rhythm.zone for entry in shown if isinstance(entry, FeedSeries))}
    named = tuple(one for one in sorted(zones) if _is_named(one, events))
    # Some programs take X-WR-TIMEZONE to mean that a rule in UTC is one in local time.
    has_utc_rule = any(
        isinstance(entry, FeedSeries) and _LOCAL_TIME not in text
        for entry, text in zip(shown, events, strict=True)
    )
    # RFC 5545 wants at least one component, so an empty feed has its zone.
    header = _header(name, "" if has_utc_rule else zone, named if events else (zone,))
    return b"".join((header, *events, _END))


def entry_file(entry: Entry, *, zone: str, texts: EventTexts) -> bytes:
    """One entry as an object of its own, as CalDAV collections hold it: no METHOD, no people, stable bytes.

    **Source** RFC 4791 section 4.1. **Raises** `ValueError` for an unknown zone.
    """
    zone = entry.rhythm.zone if isinstance(entry, FeedSeries) else zone
    text = texts.text(entry, zone)
    return b"".join((_object_header(zone if _is_named(zone, [text]) else ""), text, _END))


def _is_named(zone: str, events: Iterable[bytes]) -> bool:
    start = b"%s%s:" % (_LOCAL_TIME, zone.encode())
    return any(start in event for event in events)


def _text(entry: Entry, zone: str) -> bytes:
    if isinstance(entry, FeedSeries):
        series = CalendarSeries(entry.rhythm, entry.duration, entry.dates, entry.has_ended)
        event = _event(entry, entry.start + entry.duration, entry.rhythm.zone)
        return b"".join(bytes(each.to_ical()) for each in series_events(event, series))
    return bytes(vevent(_event(entry, entry.end, zone)).to_ical())


def _event(entry: Entry, end: int, zone: str) -> CalendarEvent:
    return CalendarEvent(
        uid=entry.uid,
        sequence=entry.sequence,
        status=entry.status,
        start=entry.start,
        end=end,
        zone=zone,
        summary=entry.summary,
        location=entry.location,
        dtstamp=entry.last_modified,
        created=entry.created,
        last_modified=entry.last_modified,
    )


@lru_cache(maxsize=256)
def _header(name: str, zone: str, named: tuple[str, ...]) -> bytes:
    """Everything before the first event; `named` are the zones that the events speak of.

    An empty `zone` leaves the calendar without one of its own.
    """
    calendar = empty_calendar()
    title = vText(line(name, SUMMARY_LIMIT))
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    if zone:
        calendar.add("x-wr-timezone", vText(zone))
    # icalendar's own setter leaves out VALUE, without which the property has no type.
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vText("PT1H"))
    for component in map(vtimezone, named):
        if component is not None:
            calendar.add_component(component)
    return bytes(calendar.to_ical()).removesuffix(_END)


@lru_cache(maxsize=256)
def _object_header(zone: str) -> bytes:
    """What every object begins with, and the zone that its events speak of if there is one."""
    calendar = empty_calendar()
    component = vtimezone(zone) if zone else None
    if component is not None:
        calendar.add_component(component)
    return bytes(calendar.to_ical()).removesuffix(_END)
