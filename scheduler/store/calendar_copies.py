"""Entries that we wrote into therapists' calendars, and whose turn it is to be written."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.domain.calendars import OwnCalendar
from scheduler.store import calendar_leases, calendars
from scheduler.store.calendar_tables import CalendarCopyRow, CalendarRow
from scheduler.store.database import Transaction
from scheduler.store.tables import PracticeRow, TherapistRow, table

_copies = table(CalendarCopyRow)
_calendars = table(CalendarRow)
_therapists = table(TherapistRow)
_practices = table(PracticeRow)


@dataclass(frozen=True, slots=True)
class Copy:
    """One entry in somebody's calendar. An empty ETag: the server did not say."""

    uid: str
    path: str
    etag: str
    fingerprint: bytes
    end: int


def of_calendar(tx: Transaction, calendar_id: str) -> dict[str, Copy]:
    """UID -> what we wrote."""
    rows = tx.execute(select(_copies).where(_copies.c.calendar_id == calendar_id))
    return {row.uid: Copy(row.uid, row.path, row.etag, row.fingerprint, row.end_at) for row in rows}


def keep(tx: Transaction, calendar_id: str, copy: Copy) -> None:
    """Note an entry as it was written now."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    values = {
        "path": copy.path,
        "etag": copy.etag,
        "fingerprint": copy.fingerprint,
        "end_at": copy.end,
    }
    tx.execute(
        insert(_copies)
        .values(calendar_id=calendar_id, uid=copy.uid, **values)
        .on_conflict_do_update(index_elements=["calendar_id", "uid"], set_=values)
    )


def forget(tx: Transaction, calendar_id: str, uids: Sequence[str]) -> None:
    """These entries are no longer there, or no longer ours to keep up."""
    tx.execute(delete(_copies).where(_copies.c.calendar_id == calendar_id, _copies.c.uid.in_(uids)))


def forget_all(tx: Transaction, calendar_id: str) -> None:
    """The calendar is elsewhere from now on: what was written stays where it was, and is written anew."""
    tx.execute(delete(_copies).where(_copies.c.calendar_id == calendar_id))


def due(tx: Transaction, *, now: int) -> list[tuple[OwnCalendar, str]]:
    """The calendars to look after, and the version that each should show by now; oldest first.

    Also those that are no longer to be written, while entries of ours are in them.
    """
    leftover = exists().where(_copies.c.calendar_id == _calendars.c.id)
    rows = tx.execute(
        select(
            _calendars,
            _therapists.c.calendar_revision,
            _practices.c.revision.label("practice_revision"),
        )
        .join(_therapists, _therapists.c.id == _calendars.c.therapist_id)
        .join(_practices, _practices.c.id == _calendars.c.practice_id)
        .where(or_(_calendars.c.writes, leftover), _calendars.c.write_due_at <= now)
        .order_by(_calendars.c.write_due_at, _calendars.c.id)
    ).all()
    found = []
    for row in rows:
        calendar = calendars.calendar_of(row)
        # The shown window moves by a day each day.
        parts = (row.calendar_revision, row.practice_revision, calendar.level.value, now // 86400)
        found.append((calendar, ".".join(map(str, parts)) if calendar.writes else ""))
    return found


def claim(tx: Transaction, calendar_id: str, *, now: int, lease: int) -> int | None:
    """Take a calendar for `lease` seconds; the lease, or None when somebody else has it."""
    is_free = calendar_leases.is_free(calendar_leases.WRITING, now=now, lease=lease)
    here = (_calendars.c.id == calendar_id, is_free)
    taken = tx.execute(update(_calendars).where(*here).values(write_leased_until=now + lease)).rowcount
    return now + lease if taken else None


def is_leased(tx: Transaction, calendar_id: str, lease: int) -> bool:
    """Whether the writing is still ours: nobody changed, removed or took over the calendar meanwhile."""
    return calendar_leases.is_ours(tx, calendar_id, calendar_leases.WRITING, lease)
