"""What calendars show of a therapist's appointments, at a level: for feeds and for entries of their own."""

from scheduler.domain.appointment import Status
from scheduler.domain.disclosure import FeedLevel, feed_title
from scheduler.domain.intervals import Interval
from scheduler.ical.feed import Entry, EventTexts, FeedEntry, FeedSeries
from scheduler.services.wording import gettext
from scheduler.store import feeds, series
from scheduler.store.database import Transaction
from scheduler.store.series import ShownSeries

TEXTS = EventTexts()
"""The texts of what was shown last, for all calendars of the process."""


def shown_entries(
    tx: Transaction, therapist_id: str, level: FeedLevel, language: str, window: Interval
) -> list[Entry]:
    """Requests and appointments that start within the window, cut to the level; a series enters whole.

    In no order. Names are read only for the levels that show them.
    """
    names = {} if level is FeedLevel.BUSY else feeds.names(tx, therapist_id, window)
    busy_word, appointment_word = gettext(language, "Busy"), gettext(language, "Appointment")
    titles = {
        appointment_id: feed_title(
            level, names=people, busy_word=busy_word, appointment_word=appointment_word
        )
        for appointment_id, people in names.items()
    }
    nameless = feed_title(level, names=(), busy_word=busy_word, appointment_word=appointment_word)
    requested = Status.REQUESTED.value
    repeating = series.shown(tx, therapist_id, window)
    dates = {date.appointment_id for one in repeating for date in one.dates}
    entries: list[Entry] = [
        FeedEntry(
            start=start,
            uid=uid,
            end=end,
            sequence=sequence,
            status="TENTATIVE" if status == requested else "CONFIRMED",
            summary=titles.get(appointment_id, nameless),
            created=created_at,
            last_modified=changed_at,
        )
        for appointment_id, uid, sequence, status, start, end, created_at, changed_at in feeds.entries(
            tx, therapist_id, window
        )
        if appointment_id not in dates
    ]
    for one in repeating:
        named = (titles[date.appointment_id] for date in one.dates if date.appointment_id in titles)
        entries.append(_repeating(one, next(named, nameless)))
    return entries


def _repeating(one: ShownSeries, title: str) -> FeedSeries:
    """A series as one entry; it waits for an answer while each of its dates does."""
    waits = all(date.status == Status.REQUESTED for date in one.dates)
    return FeedSeries(
        start=one.rhythm.start,
        uid=one.uid,
        rhythm=one.rhythm,
        duration=one.duration,
        dates=tuple((date.recurrence, date.span) for date in one.dates),
        has_ended=one.has_ended,
        sequence=one.sequence,
        status="TENTATIVE" if waits else "CONFIRMED",
        summary=title,
        created=one.created_at,
        last_modified=one.changed_at,
    )
