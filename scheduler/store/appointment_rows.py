"""An appointment as a row and back, its note sealed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from scheduler.domain import cancellation, consents
from scheduler.domain.appointment import Appointment, Participant, Status
from scheduler.domain.practice import Mode
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place


def values(tx: Transaction, appointment: Appointment) -> dict[str, Any]:
    """The columns that may change in the life of an appointment."""
    note = appointment.note
    return {
        "therapist_id": appointment.therapist_id,
        "type_id": appointment.type_id,
        "sequence": appointment.sequence,
        "status": appointment.status,
        "start_at": appointment.start,
        "end_at": appointment.end,
        "busy_start": appointment.busy[0],
        "busy_end": appointment.busy[1],
        "mode": appointment.mode,
        "language": appointment.language,
        "visitor_zone": appointment.visitor_zone,
        "changed_at": appointment.changed_at,
        "expires_at": appointment.expires_at,
        "known_since": appointment.known_since,
        "consents": consents.to_stored(appointment.consents),
        "terms": cancellation.to_stored(appointment.terms) if appointment.terms else None,
        "note_sealed": vault_of(tx).seal(note, place("note", appointment.id)) if note else None,
    }


def appointment(tx: Transaction, row: Row[Any], people: Mapping[str, list[Participant]]) -> Appointment:
    """What the row says, with those of the `people`, by appointment, who take part in it."""
    sealed = row.note_sealed
    return Appointment(
        id=row.id,
        practice_id=row.practice_id,
        therapist_id=row.therapist_id,
        type_id=row.type_id,
        uid=row.uid,
        sequence=row.sequence,
        status=Status(row.status),
        start=row.start_at,
        end=row.end_at,
        busy=(row.busy_start, row.busy_end),
        mode=Mode(row.mode),
        language=row.language,
        visitor_zone=row.visitor_zone,
        organizer=row.organizer,
        created_at=row.created_at,
        changed_at=row.changed_at,
        expires_at=row.expires_at,
        note=vault_of(tx).open(sealed, place("note", row.id)) if sealed else "",
        by_hand=row.by_hand,
        known_since=row.known_since,
        consents=consents.from_stored(row.consents, language=row.language, at=row.created_at),
        terms=cancellation.from_stored(row.terms) if row.terms else None,
        participants=tuple(people.get(row.id, ())),
    )


def place(column: str, appointment_id: str) -> Place:
    """For which sealed column of which row a text is."""
    return Place("appointments", column, appointment_id)
