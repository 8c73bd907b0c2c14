"""Whether the installation is well: database writable, room left, worker alive, mail and calendars moving."""

from dataclasses import dataclass

from scheduler.domain.calendars import STALE_AFTER
from scheduler.domain.errors import StoreBusy
from scheduler.services.starting import wrong_schema
from scheduler.store import calendars, heartbeats, machine, outbox
from scheduler.store.database import reading, transaction

WORKER = "worker"
"""Under this name the worker notes that it runs."""

PROBE = "readyz"
PROBE_EVERY = 10
WORKER_SILENT_FOR = 180
MAIL_LATE_AFTER = 15 * 60


@dataclass(frozen=True, slots=True)
class Health:
    """How things stand. Ages in seconds; `worker_age` is None when no worker ever ran.

    A schema of another version is not written to. `free_bytes` is the room on the
    disk of a SQLite file; how much a PostgreSQL server has is for it to say.
    """

    writable: bool
    fits: bool = True
    worker_age: int | None = None
    mail_age: int = 0
    stale_calendars: int = 0
    free_bytes: int | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in words for the log."""
        if not self.fits:
            return ("schema of another version",)
        if not self.writable:
            return ("database not writable",)
        found = {
            "worker silent": self.worker_age is None or self.worker_age > WORKER_SILENT_FOR,
            "mail late": self.mail_age > MAIL_LATE_AFTER,
            "calendars stale": self.stale_calendars > 0,
            "little room": self.free_bytes is not None and self.free_bytes < machine.LEAST_FREE_BYTES,
        }
        return tuple(words for words, is_so in found.items() if is_so)


def health(*, now: int) -> Health:
    """How the installation stands; writes a probe at most once in ten seconds."""
    try:
        with reading() as tx:
            if wrong_schema(tx):
                return Health(writable=False, fits=False)
            probed_at = heartbeats.last_beat(tx, PROBE)
            worker_at = heartbeats.last_beat(tx, WORKER)
            oldest = outbox.oldest_due(tx, now)
            stale = len(calendars.stale(tx, before=now - STALE_AFTER))
            file = machine.database_file(tx)
        if probed_at is None or not 0 <= now - probed_at < PROBE_EVERY:
            with transaction() as tx:
                heartbeats.beat(tx, PROBE, now)
    except StoreBusy:
        return Health(writable=False)
    return Health(
        writable=True,
        worker_age=None if worker_at is None else max(0, now - worker_at),
        mail_age=0 if oldest is None else max(0, now - oldest),
        stale_calendars=stale,
        free_bytes=machine.free_bytes(file) if file else None,
    )


def mails_by_state() -> dict[str, int]:
    """How many mails of all practices stand in each state."""
    with reading() as tx:
        return outbox.mails_by_state(tx)
