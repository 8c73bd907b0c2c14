"""When each background job last ran."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from scheduler.store.tables import HeartbeatRow


def beat(tx: Connection, name: str, now: int) -> None:
    """Note that the job `name` (one per installation) runs now."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = insert(HeartbeatRow).values(name=name, at=now)
    tx.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": row.excluded.at}))


def last_beat(tx: Connection, name: str) -> int | None:
    """When the job last ran; None if it never did."""
    return tx.execute(select(HeartbeatRow.at).where(HeartbeatRow.name == name)).scalar()
