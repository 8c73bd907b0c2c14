"""The cast's appointments, as fixed values."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.ical.event import Attendee, CalendarEvent, Organizer
from scheduler.ical.feed import FeedEntry

TORONTO = "America/Toronto"
ADA = Organizer("booking@demo.example", "Ada, Montréal")
VERA = Attendee("vera@visitor.example", "Vera Visitor")


def at(text: str, zone: str | None = None) -> int:
    """`2026-06-03T14:30` in UTC, or on the clocks of a zone (the first, where they show it twice)."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone) if zone else UTC).timestamp())


BOOKED = at("2026-05-28T20:26:40")

VERAS = CalendarEvent(
    uid="9b2e5f0c-8a2f-4c0f-8f0b-0d5f2f6a7d11",
    sequence=0,
    status="CONFIRMED",
    start=at("2026-06-03T14:30"),
    end=at("2026-06-03T14:45"),
    zone=TORONTO,
    summary="Rendez-vous",
    description="Par téléphone; nous vous appelons,\nà l’heure dite.",
    location="4200, rue Saint-Denis\nMontréal (Québec) H2J 2K8",
    dtstamp=BOOKED + 5,
    created=BOOKED,
    last_modified=BOOKED,
    organizer=ADA,
    attendee=VERA,
    alarm_minutes=60,
    language="fr",
)


def veras(**changes: Any) -> CalendarEvent:
    """Vera's appointment with something different."""
    return replace(VERAS, **changes)


def entry(start: int = VERAS.start, uid: str = VERAS.uid, **changes: Any) -> FeedEntry:
    """A quarter of an hour in a feed."""
    return FeedEntry(start, uid, start + 900, 0, "CONFIRMED", "Busy", BOOKED, BOOKED)._replace(**changes)
