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

from scheduler.ical.event import SUMMARY_LIMIT, CalendarEvent, Status, line, vevent
from scheduler.ical.invitation import empty_calendar
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


class EventTexts:
    """The texts of the entries used last, at most `limit`; one for the process, safe between threads.

    Choose `limit` above the number of entries of the feeds in use: about 1 kB each.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self._text = lru_cache(maxsize=limit)(_text)

    def text(self, entry: FeedEntry, zone: str) -> bytes:
        """The entry's VEVENT, built on first use."""
        return self._text(entry, zone)


def feed(entries: Iterable[FeedEntry], *, name: str, zone: str, texts: EventTexts) -> bytes:
    """The whole calendar, by start and UID; cancelled appointments are left out.

    **Raises** `ValueError` for an unknown zone.
    """
    events = [
        texts.text(entry, zone)
        for entry in sorted(entries, key=itemgetter(0, 1))
        if entry.status != "CANCELLED"
    ]
    # RFC 5545 wants at least one component, so an empty feed has its zone.
    uses_zone = not events or any(_LOCAL_TIME in event for event in events)
    return b"".join((_header(name, zone, uses_zone), *events, _END))


def _text(entry: FeedEntry, zone: str) -> bytes:
    event = vevent(
        CalendarEvent(
            uid=entry.uid,
            sequence=entry.sequence,
            status=entry.status,
            start=entry.start,
            end=entry.end,
            zone=zone,
            summary=entry.summary,
            location=entry.location,
            dtstamp=entry.last_modified,
            created=entry.created,
            last_modified=entry.last_modified,
        )
    )
    return bytes(event.to_ical())


@lru_cache(maxsize=256)
def _header(name: str, zone: str, uses_zone: bool) -> bytes:
    """Everything before the first event."""
    calendar = empty_calendar()
    title = vText(line(name, SUMMARY_LIMIT))
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", vText(zone))
    # icalendar's own setter leaves out VALUE, without which the property has no type.
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vText("PT1H"))
    component = vtimezone(zone) if uses_zone else None
    if component is not None:
        calendar.add_component(component)
    return bytes(calendar.to_ical()).removesuffix(_END)
