"""Whether the installation is well: database writable, worker alive, mail leaving."""

from dataclasses import dataclass

from scheduler.domain.errors import StoreBusy
from scheduler.services.starting import wrong_schema
from scheduler.store import health as store
from scheduler.store import heartbeats, outbox
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

    A schema of another version is not written to.
    """

    writable: bool
    fits: bool = True
    worker_age: int | None = None
    mail_age: int = 0

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in words for the log."""
        if not self.fits:
            return ("schema of another version",)
        if not self.writable:
            return ("database not writable",)
        silent = self.worker_age is None or self.worker_age > WORKER_SILENT_FOR
        late = self.mail_age > MAIL_LATE_AFTER
        return tuple(words for words, so in (("worker silent", silent), ("mail late", late)) if so)


def health(*, now: int) -> Health:
    """How the installation stands; writes a probe at most once in ten seconds."""
    try:
        with reading() as tx:
            if wrong_schema(tx):
                return Health(writable=False, fits=False)
            probed_at = heartbeats.last_beat(tx, PROBE)
            worker_at = heartbeats.last_beat(tx, WORKER)
            oldest = outbox.oldest_due(tx, now)
        if probed_at is None or not 0 <= now - probed_at < PROBE_EVERY:
            with transaction() as tx:
                heartbeats.beat(tx, PROBE, now)
    except StoreBusy:
        return Health(writable=False)
    return Health(
        writable=True,
        worker_age=None if worker_at is None else max(0, now - worker_at),
        mail_age=0 if oldest is None else max(0, now - oldest),
    )


def mails_by_state() -> dict[str, int]:
    """How many mails of all practices stand in each state."""
    with reading() as tx:
        return store.mails_by_state(tx)
