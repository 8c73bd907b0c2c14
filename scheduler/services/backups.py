"""Back up the live database, look into a backup, restore one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scheduler.services import doctor
from scheduler.store import backups, inspection, machine
from scheduler.store.backups import BackupFailed
from scheduler.store.database import reading

__all__ = ["BackupFailed", "Contents", "back_up", "look_into", "restore"]

TOLD = ("practices", "therapists", "users", "appointments", "participants", "outbox")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: rows by table, and what the doctor found among them."""

    counts: Mapping[str, int]
    findings: tuple[doctor.Finding, ...]

    def __str__(self) -> str:
        told = ", ".join(f"{self.counts.get(name, 0)} {name}" for name in TOLD)
        return f"{sum(self.counts.values())} rows: {told}"


def back_up(file: Path) -> int:
    """Write a backup into a new file of mode 0600 while everything goes on; its size in bytes.

    **Raises** `BackupFailed`.
    """
    backups.write(file)
    return file.stat().st_size


def look_into(file: Path, *, now: int) -> Contents:
    """Restore into a scratch database, examine that and delete it; the live one is not touched.

    **Raises** `BackupFailed`.
    """
    try:
        with machine.noticing_damage(), backups.restored(file) as tx:
            return Contents(inspection.counts(tx), tuple(doctor.examine_rows(tx, now)))
    except machine.Damaged as damaged:
        raise BackupFailed(f"{file} is damaged: {damaged}") from damaged


def restore(file: Path, *, now: int) -> Contents:
    """Restore into the live database, which must be empty. **Raises** `BackupFailed`."""
    backups.fill(file)
    with reading() as tx:
        return Contents(inspection.counts(tx), tuple(doctor.examine_rows(tx, now)))
