"""The therapists' own calendars: their rows, their sealed addresses, and whose turn it is to be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update

from scheduler.domain.calendars import CalendarKind, OwnCalendar, ReadStatus, WhenStale, WriteStatus
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import NotFound
from scheduler.store import calendar_leases
from scheduler.store.calendar_tables import CalendarRow
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import table

_calendars = table(CalendarRow)
_SEALED = ("address", "username", "password")
_CHOICE = ("name", "reads", "when_stale", "writes", "level")
_READING = (
    *("due_at", "tried_at", "read_at", "failures", "status", "troubled_events", "empty_since", "read_until"),
    *("etag", "modified", "warned_at"),
)
_WRITING = ("write_due_at", "written_at", "written_state", "write_failures", "write_status")


@dataclass(frozen=True, slots=True)
class Access:
    """Where a calendar is and how to sign in there. Secret as a whole: addresses hold tokens."""

    address: str = field(repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


# ---- rows ------------------------------------------------------------------


def add(tx: Transaction, calendar: OwnCalendar, access: Access) -> None:
    """Store a new calendar."""
    tx.execute(
        insert(_calendars).values(
            id=calendar.id,
            practice_id=calendar.practice_id,
            therapist_id=calendar.therapist_id,
            kind=calendar.kind,
            created_at=calendar.created_at,
            **_values(calendar, (*_CHOICE, *_READING, *_WRITING)),
            **_sealed(tx, calendar.id, access),
        )
    )


def save_choice(tx: Transaction, calendar: OwnCalendar) -> None:
    """Store what the therapist chose; how reads and writes went stays."""
    here = _calendars.c.id == calendar.id
    tx.execute(update(_calendars).where(here).values(**_values(calendar, _CHOICE)))


def save_reading(tx: Transaction, calendar: OwnCalendar) -> None:
    """Store how the last read went, and end its lease; nothing when the calendar is no longer read."""
    here = (_calendars.c.id == calendar.id, _calendars.c.reads)
    values = _values(calendar, _READING)
    tx.execute(update(_calendars).where(*here).values(**values, leased_until=None))


def save_writing(tx: Transaction, calendar: OwnCalendar) -> None:
    """Store how the last writing went, and end its lease."""
    here = _calendars.c.id == calendar.id
    values = _values(calendar, _WRITING)
    tx.execute(update(_calendars).where(here).values(**values, write_leased_until=None))


def save_access(tx: Transaction, calendar_id: str, access: Access) -> None:
    """Another address or password."""
    here = _calendars.c.id == calendar_id
    tx.execute(update(_calendars).where(here).values(**_sealed(tx, calendar_id, access)))


def remove(tx: Transaction, calendar_id: str) -> None:
    """Forget the calendar and everything that was read from it."""
    tx.execute(delete(_calendars).where(_calendars.c.id == calendar_id))


def find(tx: Transaction, practice_id: str, therapist_id: str, calendar_id: str) -> OwnCalendar:
    """The therapist's calendar. **Raises** `NotFound`, also for another therapist's."""
    mine = (_calendars.c.practice_id == practice_id, _calendars.c.therapist_id == therapist_id)
    found = _some(tx, _calendars.c.id == calendar_id, *mine)
    if not found:
        raise NotFound("no such calendar")
    return found[0]


def of_therapists(tx: Transaction, practice_id: str, therapist_ids: Iterable[str]) -> list[OwnCalendar]:
    """The therapists' calendars, oldest first."""
    return _some(
        tx, _calendars.c.practice_id == practice_id, _calendars.c.therapist_id.in_(list(therapist_ids))
    )


def stale(tx: Transaction, *, before: int) -> list[OwnCalendar]:
    """Calendars of all practices that are to be read, without a good read since the instant."""
    good_at = func.coalesce(_calendars.c.read_at, _calendars.c.created_at)
    return _some(tx, _calendars.c.reads, good_at <= before)


def access(tx: Transaction, calendar_id: str) -> Access:
    """Where the calendar is. **Raises** `Unreadable`."""
    columns = (_calendars.c[f"{name}_sealed"] for name in _SEALED)
    row = tx.execute(select(*columns).where(_calendars.c.id == calendar_id)).one()
    vault = vault_of(tx)
    opened = (
        vault.open(sealed, _place(name, calendar_id)) if sealed else ""
        for name, sealed in zip(_SEALED, row, strict=True)
    )
    return Access(*opened)


def keep_found(tx: Transaction, calendar_id: str, found: Sequence[tuple[str, str]]) -> None:
    """Keep what a server offers, as (address, name), for the therapist to choose from; empty forgets it."""
    sealed = vault_of(tx).seal_json(list(found), _place("found", calendar_id)) if found else None
    tx.execute(update(_calendars).where(_calendars.c.id == calendar_id).values(found_sealed=sealed))


def found(tx: Transaction, calendar_id: str) -> list[tuple[str, str]]:
    """What the server offers, as (address, name)."""
    sealed = tx.execute(select(_calendars.c.found_sealed).where(_calendars.c.id == calendar_id)).scalar()
    rows = vault_of(tx).open_json(sealed, _place("found", calendar_id)) if sealed else []
    return [(str(address), str(name)) for address, name in rows]


def calendar_of(row: Row[Any]) -> OwnCalendar:
    """The calendar that a row of all its columns holds; further ones do not matter."""
    values = {name: getattr(row, name) for name in OwnCalendar.__slots__}
    values["kind"] = CalendarKind(row.kind)
    values["when_stale"] = WhenStale(row.when_stale)
    values["status"] = ReadStatus(row.status)
    values["level"] = FeedLevel(row.level)
    values["write_status"] = WriteStatus(row.write_status)
    return OwnCalendar(**values)


# ---- the worker's side -----------------------------------------------------


def is_reading_due(tx: Transaction, *, now: int) -> bool:
    """Whether some calendar is to be read."""
    query = select(_calendars.c.id).where(_calendars.c.reads, _calendars.c.due_at <= now).limit(1)
    return tx.execute(query).first() is not None


def claim_reading(tx: Transaction, *, now: int, lease: int) -> tuple[OwnCalendar, int] | None:
    """Take the calendar whose reading has been due longest, for `lease` seconds; None when none is.

    The number is the lease, to be shown to `is_leased` before what was read is stored.
    """
    row = tx.execute(
        select(_calendars)
        .where(
            _calendars.c.reads,
            _calendars.c.due_at <= now,
            calendar_leases.is_free(calendar_leases.READING, now=now, lease=lease),
        )
        .order_by(_calendars.c.due_at, _calendars.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    here = _calendars.c.id == row.id
    tx.execute(update(_calendars).where(here).values(leased_until=now + lease))
    return calendar_of(row), now + lease


def is_leased(tx: Transaction, calendar_id: str, lease: int) -> bool:
    """Whether the reading is still ours: nobody changed, removed or took over the calendar meanwhile."""
    return calendar_leases.is_ours(tx, calendar_id, calendar_leases.READING, lease)


# ---- out of date -----------------------------------------------------------


def stops_at(tx: Transaction, therapist_ids: Iterable[str]) -> dict[str, int]:
    """From when on a therapist's times are no longer offered if nothing good is read: id -> instant.

    Only therapists with a calendar that stops them when it is out of date.
    """
    mine = _calendars.c.therapist_id.in_(list(therapist_ids))
    stopping = _calendars.c.when_stale == WhenStale.STOP.value
    instants: dict[str, int] = {}
    for calendar in _some(tx, mine, stopping, _calendars.c.reads):
        known = instants.get(calendar.therapist_id, calendar.stale_at)
        instants[calendar.therapist_id] = min(known, calendar.stale_at)
    return instants


def may_stop(tx: Transaction, practice_id: str) -> set[str]:
    """The practice's therapists of whom `stops_at` has to be asked."""
    rows = tx.execute(
        select(_calendars.c.therapist_id).where(
            _calendars.c.practice_id == practice_id,
            _calendars.c.when_stale == WhenStale.STOP.value,
            _calendars.c.reads,
        )
    )
    return {row.therapist_id for row in rows}


def _some(tx: Transaction, *conditions: ColumnElement[bool]) -> list[OwnCalendar]:
    query = select(_calendars).where(*conditions).order_by(_calendars.c.created_at, _calendars.c.id)
    return [calendar_of(row) for row in tx.execute(query)]


def _values(calendar: OwnCalendar, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(calendar, name) for name in names}


def _sealed(tx: Transaction, calendar_id: str, access: Access) -> dict[str, bytes | None]:
    vault = vault_of(tx)
    return {
        f"{name}_sealed": vault.seal(value, _place(name, calendar_id)) if value else None
        for name in _SEALED
        for value in [getattr(access, name)]
    }


def _place(column: str, calendar_id: str) -> Place:
    return Place("calendars", column, calendar_id)
