"""One appointment as a VEVENT.

icalendar escapes and folds; this module decides what is written, cleans text
of control characters beforehand and keeps local times unambiguous.
**Source** RFC 5545 section 3.6.1.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from icalendar import Alarm, Event, vCalAddress, vText

from scheduler.domain.mailbox import ascii_address
from scheduler.ical.zones import local_or_utc

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Transparency = Literal["OPAQUE", "TRANSPARENT"]

SUMMARY_LIMIT = 80
LOCATION_LIMIT = 200
DESCRIPTION_LIMIT = 1000
NAME_LIMIT = 80

_LINE_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x09\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who sends the invitation: the From address of its mail."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """The one recipient. A visitor has decided by booking, so nothing is asked back."""

    address: str
    name: str = ""
    partstat: Literal["ACCEPTED", "NEEDS-ACTION", "TENTATIVE"] = "ACCEPTED"
    rsvp: bool = False


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """All that may enter a VEVENT.

    Instants are UTC epoch seconds, `[start, end)`; `zone` is an IANA name.
    `dtstamp` is the time of the message, `last_modified` of the last change.
    `language` is a BCP 47 tag for the texts. With `alarm_minutes` the calendar
    shows a reminder that many minutes before the start.
    """

    uid: str
    sequence: int
    status: Status
    start: int
    end: int
    zone: str
    summary: str
    dtstamp: int
    created: int
    last_modified: int
    description: str = ""
    location: str = ""
    organizer: Organizer | None = None
    attendee: Attendee | None = None
    transparency: Transparency = "OPAQUE"
    private: bool = True
    alarm_minutes: int | None = None
    language: str = ""


def vevent(event: CalendarEvent) -> Event:
    """The VEVENT component.

    **Raises** `ValueError` for an end that is not after the start, an unknown
    zone, or an address that is not a bare mailbox.
    """
    if event.end <= event.start:
        raise ValueError("an event ends after it starts")
    component = Event()
    component.add("uid", line(event.uid, 255))
    component.add("sequence", event.sequence)
    for name, at in (
        ("dtstamp", event.dtstamp),
        ("created", event.created),
        ("last-modified", event.last_modified),
    ):
        component.add(name, datetime.fromtimestamp(at, UTC))
    start, end = local_or_utc((event.start, event.end), event.zone)
    component.add("dtstart", start)
    component.add("dtend", end)
    component.add("status", event.status)
    component.add("transp", event.transparency)
    component.add("class", "PRIVATE" if event.private else "PUBLIC")
    _add_texts(component, event)
    _add_people(component, event)
    if event.alarm_minutes is not None and event.status != "CANCELLED":
        component.add_component(_alarm(event))
    return component


def _add_texts(component: Event, event: CalendarEvent) -> None:
    language = {"LANGUAGE": event.language} if event.language else {}
    for name, text in (
        ("summary", line(event.summary, SUMMARY_LIMIT)),
        ("location", ", ".join(lines(event.location, LOCATION_LIMIT).split("\n"))),
        ("description", lines(event.description, DESCRIPTION_LIMIT)),
    ):
        if text or name == "summary":
            component.add(name, vText(text), parameters=language)


def _add_people(component: Event, event: CalendarEvent) -> None:
    if event.organizer:
        component.add("organizer", _person(event.organizer.address, event.organizer.name))
    if event.attendee:
        person = _person(event.attendee.address, event.attendee.name)
        person.params["CUTYPE"] = "INDIVIDUAL"
        person.params["ROLE"] = "REQ-PARTICIPANT"
        person.params["PARTSTAT"] = event.attendee.partstat
        person.params["RSVP"] = "TRUE" if event.attendee.rsvp else "FALSE"
        component.add("attendee", person)


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{ascii_address(address)}")
    # Quotes and carets would be written in the escapes of RFC 6868, which not every program undoes.
    plain = line(name.replace('"', "'").replace("^", " "), NAME_LIMIT)
    if plain:
        person.params["CN"] = plain
    return person


def _alarm(event: CalendarEvent) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", line(event.summary, SUMMARY_LIMIT))
    alarm.add("trigger", timedelta(minutes=-(event.alarm_minutes or 0)))
    return alarm


def line(text: str, limit: int) -> str:
    """The text as one line of at most `limit` characters, without control characters."""
    return " ".join(lines(text, limit).split("\n"))


def lines(text: str, limit: int) -> str:
    """The text without control characters; whatever any reader takes for a line end is a newline."""
    text = _SURROGATES.sub("\ufffd", _LINE_BREAKS.sub("\n", text))
    text = _CONTROLS.sub("", text.replace("\t", " ")).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
