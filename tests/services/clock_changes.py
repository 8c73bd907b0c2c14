"""Appointments around clock changes, with every mail, feed and calendar entry of their lives."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from uuid import uuid4

from flask import Flask

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.calendars import CalendarKind, OwnCalendar
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.intervals import Interval
from scheduler.domain.practice import AppointmentType, TherapistMail
from scheduler.domain.series import Rhythm, Series, occurrences
from scheduler.domain.staff import Role, Staff
from scheduler.services import (
    booking,
    by_hand,
    desk,
    feeds,
    manage,
    messages,
    own_entries,
    requests,
    series,
    subscriptions,
)
from scheduler.services.booking import Booked
from scheduler.store import outbox, schedule, therapists
from scheduler.store import practice as practices
from scheduler.store.database import reading, transaction
from tests.ical.events import at
from tests.ical.test_zones import transitions
from tests.services.mailing import DAY, HOUR, MINUTE, Mailing, settle

ZONES = (
    "America/Toronto", "America/St_Johns", "America/Sao_Paulo", "Europe/Paris", "Europe/Berlin",
    "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kathmandu",
)  # fmt: skip
FIRST, LAST = at("2026-12-01T00:00"), at("2029-12-01T00:00")
BEFORE = 20 * DAY
"""How long before a clock change everything around it is booked."""

_STANDING = """
    SELECT coalesce(series.uid, appointments.uid), appointments.start_at, appointments.end_at
    FROM appointments
    LEFT JOIN series_dates ON series_dates.appointment_id = appointments.id
    LEFT JOIN series ON series.id = series_dates.series_id
    WHERE appointments.status IN ('requested', 'confirmed', 'completed', 'no_show')
    AND appointments.therapist_id = ?
"""


def changes(zone: str) -> list[int]:
    """The clock changes of the coming three years; where there are none, a night of each spring."""
    found = [one for one in transitions(zone) if FIRST <= one < LAST]
    return found or [at(f"{year}-03-28T02:00", zone) for year in (2027, 2028, 2029)]


@dataclass
class Moment:
    """What a therapist's people have been told up to here, and what then stands by the database.

    `mails` are (recipient, METHOD of the mail, calendar text) since the moment before; `standing` gives the
    times by UID, `shown` those of them that feeds show.
    """

    zone: str
    mails: list[tuple[str, str, bytes]]
    standing: dict[str, list[Interval]]
    shown: dict[str, list[Interval]]
    feed: bytes = field(repr=False)
    entries: dict[str, bytes] = field(repr=False)


@dataclass
class House:
    """A practice in one zone, open day and night."""

    mailing: Mailing
    file: str
    zone: str
    kinds: dict[str, AppointmentType]
    token: str
    seen: set[str] = field(default_factory=set)

    @classmethod
    def built(cls, app: Flask, file: str, zone: str) -> "House":
        """Store it."""
        slug = zone.rpartition("/")[2].lower().replace("_", "-")
        # Ada of Berlin wants an invitation to each; elsewhere only the visitors get mails.
        mail = TherapistMail.INVITATION if slug == "berlin" else TherapistMail.NOTHING
        made = settle(app, mail=mail, slug=slug)
        with app.app_context():
            with transaction() as tx:
                made.practice = replace(made.practice, zone=zone)
                practices.save(tx, made.practice)
                schedule.replace_weekly(tx, made.ada.id, [WeeklySpan(day, 0, 1440) for day in range(1, 8)])
                therapists.raise_revision(tx, made.ada.id, now=FIRST - BEFORE)
            _, token = subscriptions.make(made.ada, name="x", level="busy", by="test", now=FIRST - BEFORE)
        kinds = {"call": made.kind("call"), "asked": made.by_request()}
        kinds["session"] = made.kind("session", duration=50 * MINUTE)
        return cls(made, file, zone, kinds, token)

    def live_around(self, change: int) -> Iterator[Moment]:
        """Book and move, and let a series repeat across the change, of which one date moves and one goes."""
        now = change - BEFORE
        moved = self._book("call", "moved", change - 2 * HOUR, now)
        weekly = self._repeat("weekly", change - 13 * DAY + 8 * HOUR, now)
        yield self._moment(now)
        later = now + HOUR
        manage.move(moved.token, change + 15 * MINUTE, now=later, limited=False)
        one, other = weekly.standing[1:3]
        by_hand.move(self.mailing.practice, one.id, one.start + DAY + HOUR, by="ada", now=later)
        by_hand.cancel(self.mailing.practice, other.id, by="ada", now=later)
        yield self._moment(later)
        later += HOUR
        series.end(self.mailing.practice, weekly.standing[3].id, with_this=False, by="ada", now=later)
        yield self._moment(later)

    def live_fully_around(self, change: int) -> Iterator[Moment]:
        """Cancel, ask, accept and decline too, and let a series repeat at the time of the change itself."""
        now = change - BEFORE
        gone = self._book("call", "gone", change - 30 * MINUTE, now)
        taken = self._book("asked", "taken", change - 5 * HOUR, now)
        refused = self._book("asked", "refused", change + 6 * HOUR, now)
        at_night = change in transitions(self.zone)
        nightly = self._repeat("nightly", change - 14 * DAY + (15 * MINUTE if at_night else 2 * HOUR), now)
        life = self.live_around(change)
        yield next(life)
        later = now + HOUR
        manage.cancel(gone.token, now=later)
        requests.accept(self._desk, taken.appointment.id, now=later)
        requests.decline(self._desk, refused.appointment.id, now=later)
        yield next(life)
        manage.move(taken.token, change + 5 * HOUR, now=later + HOUR, limited=False)
        series.end(self.mailing.practice, nightly.standing[0].id, with_this=True, by="ada", now=later + HOUR)
        yield next(life)

    @property
    def _desk(self) -> desk.Desk:
        ada = self.mailing.ada
        return desk.of_staff(Staff("ada", ada.practice_id, ada.id, Role.THERAPIST, ada.name))

    def _form(self, name: str, now: int) -> dict[str, object]:
        return {
            "name": "Vera Lindqvist",
            "email": f"{name}-{now}-{self.mailing.practice.slug}@mail.example",
            "phone": "",
            "mode": "video",
            "language": "en",
            "zone": "Asia/Tokyo",
            "consents": ["privacy"],
        }

    def _book(self, kind: str, name: str, start: int, now: int) -> Booked:
        return booking.book(
            self.mailing.practice, self.kinds[kind], start=start, therapist=self.mailing.ada,
            raw=self._form(name, now), key=str(uuid4()), source="s", now=now, limited=False,
        )  # fmt: skip

    def _repeat(self, name: str, start: int, now: int) -> Series:
        """Five weeks, without what cannot be: times that clocks skip."""
        rhythm = Rhythm(start, 1, 5, self.zone)
        return series.book_by_hand(
            self.mailing.practice, self.kinds["session"], therapist=self.mailing.ada, rhythm=rhythm,
            left_out=[one.start for one in occurrences(rhythm) if not one.exists],
            raw=self._form(name, now), notify=True, by="ada", now=now,
        )  # fmt: skip

    def _moment(self, now: int) -> Moment:
        if self.mailing.ada.mail is TherapistMail.NOTHING:
            self._spare_the_worker()
        self.mailing.work(now)
        written = messages.previews(self.mailing.practice.id, at_most=40)
        fresh = [one for one in reversed(written) if one.id not in self.seen]
        self.seen.update(one.id for one in fresh)
        mails = [(one.recipient, one.method, one.calendar.encode()) for one in fresh if one.calendar]
        window = feeds.window(self.zone, now)
        standing = self._standing()
        return Moment(
            zone=self.zone,
            mails=mails,
            standing=standing,
            shown={
                uid: spans
                for uid, spans in standing.items()
                if any(window[0] <= start < window[1] for start, _ in spans)
            },
            feed=feeds.calendar(self.token, now=now)[1].body,
            entries=self._entries(now),
        )

    def _spare_the_worker(self) -> None:
        """Take away what it would only drop, a mail after the other: half of all."""
        with closing(sqlite3.connect(self.file, timeout=30)) as connection, connection:
            connection.execute("DELETE FROM outbox WHERE recipient = ?", [outbox.THERAPIST])

    def _standing(self) -> dict[str, list[Interval]]:
        found: dict[str, list[Interval]] = {}
        with closing(sqlite3.connect(self.file)) as connection:
            for uid, start, end in connection.execute(_STANDING, [self.mailing.ada.id]):
                found.setdefault(uid, []).append((start, end))
        return {uid: sorted(spans) for uid, spans in found.items()}

    def _entries(self, now: int) -> dict[str, bytes]:
        """What a CalDAV calendar of Ada's would hold."""
        ada = self.mailing.ada
        own = OwnCalendar(
            "own", ada.practice_id, ada.id, "own", CalendarKind.CALDAV, now, level=FeedLevel.BUSY
        )
        with reading() as tx:
            return {entry.uid: entry.text for entry in own_entries.own_entries(tx, own, now=now)}
