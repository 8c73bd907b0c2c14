"""What the practice sees of its mails: previews, what did not arrive, sending again."""

from dataclasses import dataclass

from scheduler.domain.errors import NotFound
from scheduler.store import outbox
from scheduler.store.database import reading, transaction
from scheduler.store.outbox import OutboxEntry, State

__all__ = ["OutboxEntry", "Preview", "preview", "previews", "resend", "undelivered"]


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail that was written but, without a mail server, went nowhere. `calendar` may be empty.

    A mail about somebody's account has no appointment.
    """

    id: str
    kind: str
    appointment_id: str | None
    created_at: int
    finished_at: int
    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str
    calendar: str
    method: str


def previews(practice_id: str, *, at_most: int = 100) -> list[Preview]:
    """The practice's mails that had no server to go to, newest first."""
    with reading() as tx:
        entries = outbox.entries(tx, practice_id, [State.PREVIEW], at_most)
        kept = outbox.previews(tx, [entry.id for entry in entries])
    return [_preview(entry, kept[entry.id]) for entry in entries if entry.id in kept]


def preview(practice_id: str, row_id: str) -> Preview:
    """One of them. **Raises** `NotFound`."""
    with reading() as tx:
        entry = outbox.find(tx, practice_id, row_id)
        kept = outbox.previews(tx, [entry.id])
    if entry.id not in kept:
        raise NotFound("no such mail")
    return _preview(entry, kept[entry.id])


def undelivered(practice_id: str) -> list[OutboxEntry]:
    """What was refused, and what waits after an attempt that did not succeed, newest first."""
    with reading() as tx:
        entries = outbox.entries(tx, practice_id, [State.FAILED, State.WAITING])
    return [entry for entry in entries if entry.state is State.FAILED or entry.error]


def resend(practice_id: str, row_id: str, *, now: int) -> None:
    """Send the same once more, as a new mail. **Raises** `NotFound`."""
    with transaction() as tx:
        outbox.add_again(tx, practice_id, row_id, now)


def _preview(entry: OutboxEntry, kept: dict[str, str]) -> Preview:
    return Preview(
        id=entry.id,
        kind=entry.kind,
        appointment_id=entry.appointment_id,
        created_at=entry.created_at,
        finished_at=entry.finished_at or entry.created_at,
        **kept,
    )
