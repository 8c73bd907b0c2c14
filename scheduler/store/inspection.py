"""The queries of the doctor: what must never be in the database, and what stands still. Names no person."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, exists, func, inspect, or_, select, text
from sqlalchemy.orm import aliased

from scheduler.domain.appointment import Status
from scheduler.store.accounts import UserRow
from scheduler.store.calendar_tables import CalendarRow
from scheduler.store.database import OVERLAP, Transaction, vault_of
from scheduler.store.outbox import State
from scheduler.store.secrets import Place, Unreadable
from scheduler.store.series_tables import SeriesDateRow, SeriesRow
from scheduler.store.tables import AppointmentRow, OutboxRow, ParticipantRow, table
from scheduler.store.visitor_tables import SeriesOfferRow

_appointments = table(AppointmentRow)
# Named, so that the modules of all tables are read before the list is made.
_TABLES = {row.metadata for row in (AppointmentRow, CalendarRow, SeriesRow, UserRow)}.pop().sorted_tables
_BOOKED = (Status.REQUESTED, Status.CONFIRMED)
_FIRST_MAILS = ("confirmation", "request_received")
_SERIES_MAIL = "series_booked"
_SEALED = "_sealed"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two live appointments of one therapist that share time, by uid; the second begins at `busy_start`."""

    earlier: str
    later: str
    busy_start: int


@dataclass(frozen=True, slots=True)
class Late:
    """How many mails, and since when the oldest of them."""

    count: int
    since: int


# ---- appointments ----------------------------------------------------------


def overlaps(tx: Transaction) -> list[Overlap]:
    """Each live appointment that begins before an earlier one of the same therapist is over."""
    rows = tx.execute(
        text(
            "SELECT uid, therapist_id, busy_start, busy_end FROM appointments"
            " WHERE status IN ('held', 'requested', 'confirmed')"
            " ORDER BY therapist_id, busy_start, busy_end, uid"
        )
    )
    found: list[Overlap] = []
    therapist, reaching, until = "", "", 0
    for row in rows:
        if row.therapist_id != therapist:
            therapist, reaching, until = row.therapist_id, row.uid, row.busy_end
            continue
        if row.busy_start < until:
            found.append(Overlap(reaching, row.uid, row.busy_start))
        if row.busy_end > until:
            reaching, until = row.uid, row.busy_end
    return found


def has_guard(tx: Transaction) -> bool:
    """Whether the database itself refuses overlaps."""
    if tx.dialect.name == "sqlite":
        wanted = {f"{OVERLAP}_insert", f"{OVERLAP}_update"}
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'appointments'"
    else:
        wanted = {OVERLAP}
        query = "SELECT conname FROM pg_constraint WHERE contype = 'x' AND convalidated"
    return wanted <= set(tx.execute(text(query)).scalars())


def without_length(tx: Transaction) -> list[str]:
    """Appointments that end when they begin, or before."""
    return _uids(tx, _appointments.c.end_at <= _appointments.c.start_at)


def narrow(tx: Transaction) -> list[str]:
    """Appointments whose busy time leaves out a part of them."""
    columns = _appointments.c
    return _uids(tx, or_(columns.busy_start > columns.start_at, columns.busy_end < columns.end_at))


def without_people(tx: Transaction) -> list[str]:
    """Booked appointments that are nobody's: half a booking."""
    people = exists().where(ParticipantRow.appointment_id == _appointments.c.id)
    return _uids(tx, and_(_appointments.c.status.in_(_BOOKED), ~people))


def untold(tx: Transaction, now: int) -> list[str]:
    """Coming appointments that a visitor booked and for which some person was never to get a mail.

    Dates of a series that was offered count as booked by the visitor; one mail tells of them all.
    """
    mail = exists().where(
        OutboxRow.appointment_id == ParticipantRow.appointment_id,
        OutboxRow.recipient == ParticipantRow.id,
        OutboxRow.kind.in_(_FIRST_MAILS),
    )
    person = exists().where(ParticipantRow.appointment_id == _appointments.c.id, ~mail, ~_told_of_series())
    is_coming = and_(_appointments.c.status.in_(_BOOKED), _appointments.c.start_at > now)
    accepted = exists().where(
        SeriesDateRow.appointment_id == _appointments.c.id,
        SeriesOfferRow.series_id == SeriesDateRow.series_id,
    )
    return _uids(tx, and_(is_coming, or_(_appointments.c.by_hand.is_(False), accepted), person))


def _told_of_series() -> ColumnElement[bool]:
    """Whether this person gets the mail about the whole series, kept with any of its dates."""
    here, there, same = aliased(SeriesDateRow), aliased(SeriesDateRow), aliased(ParticipantRow)
    return exists().where(
        here.appointment_id == ParticipantRow.appointment_id,
        there.series_id == here.series_id,
        same.appointment_id == there.appointment_id,
        same.email_lookup == ParticipantRow.email_lookup,
        OutboxRow.recipient == same.id,
        OutboxRow.kind == _SERIES_MAIL,
    )


def _uids(tx: Transaction, condition: ColumnElement[bool]) -> list[str]:
    columns = _appointments.c
    return list(
        tx.execute(select(columns.uid).where(condition).order_by(columns.start_at, columns.uid)).scalars()
    )


# ---- rows ------------------------------------------------------------------


def orphans(tx: Transaction) -> dict[str, int]:
    """`table.column` -> how many of its rows point to a row that does not exist."""
    found: dict[str, int] = {}
    for child in _TABLES:
        for key in child.foreign_keys:
            parent = key.column.table.alias("parent")
            there = exists().where(parent.c[key.column.name] == key.parent)
            lost = select(func.count()).select_from(child).where(key.parent.is_not(None), ~there)
            count = int(tx.execute(lost).scalar_one())
            if count:
                found[f"{child.name}.{key.parent.name}"] = count
    return found


def counts(tx: Transaction) -> dict[str, int]:
    """How many rows each table of the database has, whatever its schema."""
    names = sorted(set(inspect(tx).get_table_names()) - {"alembic_version"})
    quote = tx.dialect.identifier_preparer.quote
    return {
        name: int(tx.execute(text(f"SELECT count(*) FROM {quote(name)}")).scalar_one())  # noqa: S608 - a name of the schema, quoted
        for name in names
    }


# ---- keys ------------------------------------------------------------------


def unreadable(tx: Transaction) -> dict[str, int]:
    """`table.column` -> how many of its sealed values the key ring does not open."""
    vault = vault_of(tx)
    found: Counter[str] = Counter()
    for home, column in _sealed_columns():
        name = column.removesuffix(_SEALED)
        rows = tx.execute(select(home.c.id, home.c[column]).where(home.c[column].is_not(None)))
        for row_id, sealed in rows:
            try:
                vault.open(sealed, Place(home.name, name, row_id))
            except Unreadable:
                found[f"{home.name}.{column}"] += 1
    return dict(found)


def contacts(tx: Transaction) -> Iterator[tuple[str, bytes]]:
    """(address, look-up value) of every person whose address can be opened."""
    vault = vault_of(tx)
    rows = select(ParticipantRow.id, ParticipantRow.email_sealed, ParticipantRow.email_lookup)
    for row_id, sealed, lookup in tx.execute(rows):
        try:
            address = vault.open(sealed, Place("participants", "email", row_id))
        except Unreadable:
            continue
        yield address, lookup


def _sealed_columns() -> list[tuple[Table, str]]:
    return [
        (home, column.name) for home in _TABLES for column in home.columns if column.name.endswith(_SEALED)
    ]


# ---- mail ------------------------------------------------------------------


def late_mails(tx: Transaction, *, before: int) -> Late | None:
    """Mails that wait although they were due before an instant, and since when the oldest has been due."""
    late = and_(OutboxRow.state == State.WAITING.value, OutboxRow.due_at < before)
    return _late(*tx.execute(select(func.count(), func.min(OutboxRow.due_at)).where(late)).one())


def failed_mails(tx: Transaction, now: int, *, since: int) -> Late | None:
    """Mails that failed, were not sent again, and still matter.

    One about an appointment matters until that is over; one about an account when it failed after `since`.
    """
    again = aliased(OutboxRow)
    was_repeated = exists().where(
        again.appointment_id == OutboxRow.appointment_id,
        again.recipient == OutboxRow.recipient,
        again.kind == OutboxRow.kind,
        again.sequence == OutboxRow.sequence,
        again.created_at > OutboxRow.created_at,
    )
    lies_ahead = exists().where(_appointments.c.id == OutboxRow.appointment_id, _appointments.c.end_at > now)
    about_account = and_(OutboxRow.appointment_id.is_(None), OutboxRow.finished_at > since)
    query = select(func.count(), func.min(OutboxRow.finished_at)).where(
        OutboxRow.state == State.FAILED.value, ~was_repeated, or_(lies_ahead, about_account)
    )
    return _late(*tx.execute(query).one())


def _late(count: int, since: int | None) -> Late | None:
    return Late(count, since or 0) if count else None
