"""Who has a therapist's calendar in hand: reading and writing are taken apart, each until an instant."""

from typing import Any

from sqlalchemy import Column, ColumnElement, or_, select

from scheduler.store.calendar_tables import CalendarRow
from scheduler.store.database import Transaction
from scheduler.store.tables import table

_calendars = table(CalendarRow)

READING = _calendars.c.leased_until
WRITING = _calendars.c.write_leased_until


def is_free(until: Column[Any], *, now: int, lease: int) -> ColumnElement[bool]:
    """The condition that nobody has it; leases are `lease` seconds long."""
    # A lease from under a clock that was ahead is none: nobody holds one for longer.
    return or_(until.is_(None), until <= now, until > now + lease)


def is_ours(tx: Transaction, calendar_id: str, until: Column[Any], lease: int) -> bool:
    """Whether it is still in our hand: nobody changed, removed or took over the calendar meanwhile."""
    ours = select(_calendars.c.id).where(_calendars.c.id == calendar_id, until == lease)
    return tx.execute(ours.with_for_update()).first() is not None
