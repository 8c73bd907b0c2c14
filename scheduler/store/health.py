"""What tells whether the installation is well: how mail stands, and outside calendars."""

from sqlalchemy import Connection, func, select

from scheduler.store.calendar_tables import CalendarRow
from scheduler.store.tables import OutboxRow


def mails_by_state(tx: Connection) -> dict[str, int]:
    """How many mails of all practices stand in each state."""
    counts = select(OutboxRow.state, func.count()).group_by(OutboxRow.state).order_by(OutboxRow.state)
    return {state: count for state, count in tx.execute(counts)}


def stale_calendars(tx: Connection, *, before: int) -> int:
    """How many calendars of all practices are to be read and were not, or not well, since the instant."""
    good_at = func.coalesce(CalendarRow.read_at, CalendarRow.created_at)
    stale = select(func.count()).select_from(CalendarRow).where(CalendarRow.reads, good_at <= before)
    return int(tx.execute(stale).scalar_one())
