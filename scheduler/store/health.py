"""What tells whether the installation is well: a write that succeeds, and how mail stands."""

from sqlalchemy import Connection, func, select

from scheduler.store.tables import OutboxRow


def mails_by_state(tx: Connection) -> dict[str, int]:
    """How many mails of all practices stand in each state."""
    counts = select(OutboxRow.state, func.count()).group_by(OutboxRow.state).order_by(OutboxRow.state)
    return {state: count for state, count in tx.execute(counts)}
