"""Mails to one person that are about no appointment: an account, a place on the waiting list.

They go through the outbox like all mails, in the transaction of what they tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.domain.practice import Practice
from scheduler.services.rendering import Written
from scheduler.store import outbox
from scheduler.store.database import Transaction
from scheduler.store.outbox import OutboxMail


@dataclass(frozen=True, slots=True)
class PersonalMail:
    """What such a mail is made of when it goes out.

    `unsubscribe` is the address whose POST ends such mails, where they come more than once.
    """

    practice: Practice
    recipient: str
    language: str
    written: Written
    unsubscribe: str = ""


def send(
    tx: Transaction, practice_id: str, person_id: str, kind: str, facts: Mapping[str, Any], *, now: int
) -> None:
    """Put a mail into the outbox; the person's id (an account's, an entry's) stands for the address."""
    outbox.add(
        tx,
        OutboxMail(
            practice_id=practice_id,
            appointment_id=None,
            recipient=person_id,
            kind=kind,
            sequence=0,
            due_at=now,
            now=now,
            facts=facts,
        ),
    )
