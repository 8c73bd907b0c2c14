"""The calendar part of a mail, and the calendar file of the manage page.

**Source** RFC 5546 sections 3.2.2 and 3.2.5, RFC 6047.
"""

from dataclasses import replace
from typing import Literal

from icalendar import Calendar

from scheduler.ical.event import CalendarEvent, vevent
from scheduler.ical.zones import vtimezone

PRODID = "-//Calm Scheduler//EN"

Method = Literal["REQUEST", "CANCEL"]


def invitation(event: CalendarEvent, method: Method) -> bytes:
    """The whole VCALENDAR for one mail to one person: REQUEST to enter or change it, CANCEL to take it out.

    The event names its organizer (the From address) and its attendee (the
    recipient); a CANCEL has status CANCELLED, a REQUEST any other.
    **Raises** `ValueError` where that is not so.
    """
    check(event, method)
    return _calendar(event, method)


def check(event: CalendarEvent, method: Method) -> None:
    """**Raises** `ValueError` for an event that cannot be the subject of such a mail."""
    if event.organizer is None or event.attendee is None:
        raise ValueError("an invitation names its organizer and its attendee")
    if (method == "CANCEL") != (event.status == "CANCELLED"):
        raise ValueError(f"METHOD {method} does not go with STATUS {event.status}")


def download_copy(event: CalendarEvent) -> bytes:
    """The file that a person opens or imports by hand: same UID, no METHOD, no people.

    Without METHOD it is an entry, not a message: nothing asks to be answered,
    and DTSTAMP is the time of the last change, so the bytes are stable.
    ORGANIZER and ATTENDEE without METHOD would make the entry look unanswered.
    **Source** RFC 5545 section 3.8.7.2.
    """
    return _calendar(replace(event, organizer=None, attendee=None, dtstamp=event.last_modified), None)


def _calendar(event: CalendarEvent, method: Method | None) -> bytes:
    calendar = empty_calendar()
    if method:
        calendar.add("method", method)
    entry = vevent(event)
    zone = vtimezone(event.zone) if "TZID" in entry["DTSTART"].params else None
    if zone is not None:
        calendar.add_component(zone)
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def empty_calendar() -> Calendar:
    """A VCALENDAR with what every one of ours begins with."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar
