"""A therapist's appointments as entries of a calendar of their own: one object for each UID."""

from dataclasses import dataclass, field

from scheduler.domain.calendars import OwnCalendar
from scheduler.ical.feed import FeedSeries, entry_file
from scheduler.services.feeds import window
from scheduler.services.shown import TEXTS, shown_entries
from scheduler.store import catalogue
from scheduler.store.database import Transaction


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One object: its UID, the end of the last of it, and its text, stable while nothing changes."""

    uid: str
    end: int
    text: bytes = field(repr=False)


def own_entries(tx: Transaction, calendar: OwnCalendar, *, now: int) -> list[OwnEntry]:
    """What the calendar should hold of ours now, at its level."""
    practice = catalogue.by_id(tx, calendar.practice_id).practice
    shown = shown_entries(
        tx, calendar.therapist_id, calendar.level, practice.language, window(practice.zone, now)
    )
    return [
        OwnEntry(
            uid=entry.uid,
            end=max(span[1] for _, span in entry.dates) if isinstance(entry, FeedSeries) else entry.end,
            text=entry_file(entry, zone=practice.zone, texts=TEXTS),
        )
        for entry in shown
        if not isinstance(entry, FeedSeries) or entry.dates
    ]
