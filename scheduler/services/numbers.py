"""The number by which calendars tell a newer message: an appointment's own, or that of its series."""

from scheduler.domain.appointment import Action, Appointment, sequence_after
from scheduler.store import series
from scheduler.store.database import Transaction


def after(tx: Transaction, before: Appointment, action: Action, *, now: int) -> int:
    """SEQUENCE after the action; a date of a series raises and takes the number of the whole.

    The caller holds the therapist's calendar.
    """
    own = sequence_after(before.sequence, before.status, action)
    if own == before.sequence:
        return own
    raised = series.raise_sequence(tx, before.id, now=now)
    return own if raised is None else raised
