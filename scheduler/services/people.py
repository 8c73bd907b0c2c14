"""Putting the people of a checked form on an appointment, each with a link of their own."""

from collections.abc import Iterable, Mapping
from uuid import uuid4

from scheduler.domain.appointment import Appointment, Participant
from scheduler.services.forms import Person
from scheduler.store import participants
from scheduler.store.database import Transaction
from scheduler.store.secrets import new_token


def add(
    tx: Transaction,
    appointment: Appointment,
    people: Iterable[Person],
    *,
    now: int,
    extras: Mapping[str, str] | None = None,
) -> tuple[Participant, ...]:
    """Store the people in order; who has no language of their own reads the appointment's.

    The first one gave the `extras`.
    """
    added = []
    for position, person in enumerate(people):
        participant = Participant(
            id=str(uuid4()),
            name=person.name,
            email=person.email,
            phone=person.phone,
            language=person.language or appointment.language,
            extras=dict(extras or {}) if position == 0 else {},
            position=position,
        )
        participants.add(
            tx,
            appointment.id,
            appointment.practice_id,
            participant,
            token=new_token(),
            keys=person.keys,
            position=position,
            now=now,
        )
        added.append(participant)
    return tuple(added)
