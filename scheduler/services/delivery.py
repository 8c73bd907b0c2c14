"""Sending what is due: claim under a lease, write, check that it is still so, hand over, note the end.

Each step that touches the database is a short transaction of its own; none is
open while another machine is spoken to. See docs/decisions/0006-outbox.md.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

from scheduler.domain.errors import NotFound, StoreBusy
from scheduler.domain.leases import Watch
from scheduler.gateways.message import OutgoingMail
from scheduler.gateways.smtp import PermanentFailure, SecureConnection, SecureMail, TemporaryFailure, deliver
from scheduler.services import account_mails, series_letters
from scheduler.services.composing import LATEST_REMINDER, Outdated, compose
from scheduler.services.health import WORKER
from scheduler.settings import Settings
from scheduler.store import appointments, heartbeats, outbox, outbox_leases
from scheduler.store.database import Transaction, reading, transaction
from scheduler.store.outbox import OutboxEntry, State

log = logging.getLogger(__name__)

LEASE_SECONDS = 420
"""Longer than any one conversation: nine answers of 10 seconds until signed in, and five of 60 for a mail."""

RETRY_AFTER = (60, 300, 900, 1800)
RETRY_LATER = 3600
GIVE_UP_AFTER = 3 * 86400
_STOP_AFTER_SILENCES = 2
_BEAT_EVERY = 30
_NOTE_PAUSE = 0.25
_NOTE_ATTEMPTS = int(LEASE_SECONDS / _NOTE_PAUSE)


@dataclass(slots=True)
class Counts:
    """How the mails of one round ended."""

    sent: int = 0
    preview: int = 0
    dropped: int = 0
    failed: int = 0
    waiting: int = 0


def note_running(now: int) -> None:
    """Note that a worker runs; written twice a minute at most."""
    with reading() as tx:
        noted_at = heartbeats.last_beat(tx, WORKER)
    if noted_at is None or not 0 <= now - noted_at < _BEAT_EVERY:
        with transaction() as tx:
            heartbeats.beat(tx, WORKER, now)


def send_due(
    settings: Settings,
    server: SecureMail | None,
    clock: Callable[[], int],
    *,
    watch: Watch,
    stop: Event,
    lease: int = LEASE_SECONDS,
) -> Counts:
    """Take all due mails, one after the other, over one connection, until `stop` is set.

    Without a server each is kept as a preview. A mail that cannot be written
    or is refused ends as failed and stops no other; when the server falls
    silent twice running, the rest waits for the next round.
    """
    counts, silences = Counts(), 0
    with ExitStack() as stack:
        connection = server.connect() if server else None
        if connection is not None:
            stack.callback(connection.__exit__, None, None, None)
        while silences < _STOP_AFTER_SILENCES and not stop.is_set():
            entry = _claim(clock(), lease, watch)
            if entry is None:
                break
            state, is_silent = _handle(entry, settings, connection, clock, stop)
            setattr(counts, state.value, getattr(counts, state.value) + 1)
            silences = silences + 1 if is_silent else 0
    return counts


def some_are_on_their_way() -> bool:
    """Whether a worker has a mail in its hands, or had one when it died."""
    with reading() as tx:
        return bool(outbox_leases.leases(tx))


# ---- one mail --------------------------------------------------------------


def _claim(now: int, lease: int, watch: Watch) -> OutboxEntry | None:
    note_running(now)
    if watch.is_time(lease):
        _mend(now, lease, watch)
    with reading() as tx:
        if outbox.oldest_due(tx, now) is None:
            return None
    with transaction() as tx:
        return outbox_leases.claim(tx, now, lease)


def _mend(now: int, lease: int, watch: Watch) -> None:
    """Give back what dead workers held, and make due what a clock that was ahead put off."""
    with reading() as tx:
        over = watch.over(outbox_leases.leases(tx), lease)
    with transaction() as tx:
        for one in over:
            if outbox_leases.end_lease(tx, one):
                log.warning("mail %s: the worker that took it is gone", one[0])
        outbox_leases.bring_forward(tx, now)


def _handle(
    entry: OutboxEntry,
    settings: Settings,
    connection: SecureConnection | None,
    clock: Callable[[], int],
    stop: Event,
) -> tuple[State, bool]:
    """How the mail stands afterwards, and whether the server was silent."""
    try:
        if connection is not None:
            connection.reconnect()
        with reading() as tx:
            mail = compose(tx, entry, settings, now=clock())
        if connection is None:
            return _finish(entry, State.PREVIEW, clock(), preview=_as_preview(mail)), False
        deliver(mail, connection)
    except Outdated as reason:
        return _finish(entry, State.DROPPED, clock(), error=str(reason)), False
    except TemporaryFailure as failure:
        return _again(entry, clock(), str(failure)), failure.smtp_code is None
    except PermanentFailure as failure:
        return _finish(entry, State.FAILED, clock(), error=str(failure)), False
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("mail %s (%s) cannot be written", entry.id, entry.kind)
        return _finish(
            entry, State.FAILED, clock(), error=f"cannot be written ({type(error).__name__})"
        ), False
    return _note_sent(entry, clock(), stop), False


def _note_sent(entry: OutboxEntry, now: int, stop: Event) -> State:
    """Note what the server has taken; while the database is away or full, wait for it.

    Whoever takes the mail over would send it once more, and so would this worker.
    """
    for _ in range(_NOTE_ATTEMPTS):
        try:
            return _finish(entry, State.SENT, now)
        except StoreBusy:
            if stop.wait(_NOTE_PAUSE):
                raise
    return _finish(entry, State.SENT, now)


def _finish(
    entry: OutboxEntry, state: State, now: int, *, error: str = "", preview: Mapping[str, str] | None = None
) -> State:
    """Note the end; a busy database is asked again, for a mail that is not noted as sent goes out twice."""
    for is_last in (False, False, True):
        try:
            with transaction() as tx:
                is_ours = outbox_leases.finish(tx, entry, state, now, error=error, preview=preview)
        except StoreBusy:
            if is_last:
                raise
        else:
            break
    if not is_ours:
        log.warning("mail %s was taken over by another worker", entry.id)
    log.info("mail %s (%s): %s %s", entry.id, entry.kind, state.value, error)
    return state


def _again(entry: OutboxEntry, now: int, error: str) -> State:
    """Wait and try again, or give up where it would come too late."""
    with reading() as tx:
        try:
            give_up_at = _give_up_at(tx, entry)
        except NotFound:
            return _finish(entry, State.DROPPED, now, error="erased")
    due_at = now + retry_delay(entry.attempts)
    if due_at > give_up_at:
        return _finish(entry, State.FAILED, now, error=error)
    with transaction() as tx:
        outbox_leases.put_back(tx, entry, due_at, error)
    log.info("mail %s (%s): again later, %s", entry.id, entry.kind, error)
    return State.WAITING


def retry_delay(attempts: int) -> int:
    """Seconds until the next attempt after so many: growing, with up to a tenth on top against crowds."""
    delay = RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else RETRY_LATER
    return delay + secrets.randbelow(delay // 10 + 1)


def _give_up_at(tx: Transaction, entry: OutboxEntry) -> int:
    latest = entry.created_at + GIVE_UP_AFTER
    if entry.appointment_id is None:
        return account_mails.gives_up_at(entry, latest)
    appointment = appointments.find(tx, entry.practice_id, entry.appointment_id)
    if entry.kind == "reminder":
        return appointment.start - LATEST_REMINDER
    # A mail about a whole series stands with its first date, which may be over by then.
    return latest if entry.kind in series_letters.KINDS else min(latest, appointment.end)


def _as_preview(mail: OutgoingMail) -> dict[str, str]:
    return {
        "sender": mail.sender[0],
        "sender_name": mail.sender[1],
        "recipient": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "calendar": (mail.calendar or b"").decode(),
        "method": mail.method or "",
    }
