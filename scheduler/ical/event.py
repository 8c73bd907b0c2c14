"""One appointment as a VEVENT.

icalendar escapes and folds; this module decides what is written, cleans text
of control characters beforehand and keeps local times unambiguous.
**Source** RFC 5545 section 3.6.1.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from icalendar import Alarm, Event, vCalAddress, vDatetime, vInt, vText

from scheduler.domain.mailbox import ascii_address
from scheduler.ical.zones import local_or_utc

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Transparency = Literal["OPAQUE", "TRANSPARENT"]

SUMMARY_LIMIT = 80
LOCATION_LIMIT = 200
DESCRIPTION_LIMIT = 1000
NAME_LIMIT = 80

_WORDS = {
    word: vText(word)
    for word in ("CONFIRMED", "TENTATIVE", "CANCELLED", "OPAQUE", "TRANSPARENT", "PRIVATE", "PUBLIC")
}
_LINE_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x09\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff]")
_LANGUAGE = re.compile("[A-Za-z0-9-]*")
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
    zone or language tag, or an address that is not a bare mailbox.
    """
    if event.end <= event.start:
        raise ValueError("an event ends after it starts")
    component = Event()
    # Values of icalendar's own types instead of add(), which makes most of them twice: feeds have thousands.
    component["UID"] = vText(line(event.uid, 255))
    component["SEQUENCE"] = vInt(event.sequence)
    component["DTSTAMP"] = _utc(event.dtstamp)
    component["CREATED"] = _utc(event.created)
    component["LAST-MODIFIED"] = _utc(event.last_modified)
    start, end = local_or_utc((event.start, event.end), event.zone)
    component["DTSTART"] = vDatetime(start)
    component["DTEND"] = vDatetime(end)
    component["STATUS"] = _WORDS[event.status]
    component["TRANSP"] = _WORDS[event.transparency]
    component["CLASS"] = _WORDS["PRIVATE" if event.private else "PUBLIC"]
    _add_texts(component, event)
    _add_people(component, event)
    if event.alarm_minutes is not None and event.status != "CANCELLED":
        component.add_component(_alarm(event))
    return component


@lru_cache(maxsize=4096)
def _utc(at: int) -> vDatetime:
    return vDatetime(datetime.fromtimestamp(at, UTC))


def _add_texts(component: Event, event: CalendarEvent) -> None:
    if not _LANGUAGE.fullmatch(event.language):
        raise ValueError("not a language tag")
    language = {"LANGUAGE": event.language} if event.language else {}
    for name, text in (
        ("SUMMARY", line(event.summary, SUMMARY_LIMIT)),
        ("LOCATION", line(event.location, LOCATION_LIMIT, joint=", ")),
        ("DESCRIPTION", lines(event.description, DESCRIPTION_LIMIT)),
    ):
        if text or name == "SUMMARY":
            component[name] = vText(text, params=language)


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
    plain = line(name.replace('"', "'").replace("^", ""), NAME_LIMIT)
    if plain:
        person.params["CN"] = plain
    return person


def _alarm(event: CalendarEvent) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", line(event.summary, SUMMARY_LIMIT))
    alarm.add("trigger", timedelta(minutes=-(event.alarm_minutes or 0)))
    return alarm


def line(text: str, limit: int, joint: str = " ") -> str:
    """The text as one line of at most about `limit` characters, without control characters."""
    return joint.join(part.strip() for part in lines(text, limit).split("\n") if part.strip())


def lines(text: str, limit: int) -> str:
    """The text without control characters; whatever any reader takes for a line end is a newline."""
    if not (text.isascii() and text.isprintable()):
        text = _SURROGATES.sub("\ufffd", _LINE_BREAKS.sub("\n", text.replace("\t", " ")))
        text = _CONTROLS.sub("", text)
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
