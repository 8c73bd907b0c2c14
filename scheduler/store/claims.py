"""Consultation claims and idempotency keys: HMACs and hashes, no person."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from scheduler.domain.eligibility import CLAIM_SECONDS, Claim
from scheduler.store.database import Transaction, vault_of
from scheduler.store.tables import ConsultationClaimRow, IdempotencyRow, table

_claims = table(ConsultationClaimRow)
_keys = table(IdempotencyRow)

KEY_SECONDS = 48 * 3600
"""How long an idempotency key is remembered."""


class KeyInUse(Exception):
    """Another request with the same idempotency key was answered at this very moment."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A booking that was answered under an idempotency key."""

    appointment_id: str
    body_hash: bytes


def find(tx: Transaction, practice_id: str, contacts: Sequence[tuple[str, str]], *, now: int) -> Claim | None:
    """The oldest claim of any of the contacts, each `(purpose, normal form)`."""
    vault = vault_of(tx)
    rows = tx.execute(
        select(_claims)
        .where(
            _claims.c.practice_id == practice_id,
            _claims.c.contact_lookup.in_([vault.lookup(*contact) for contact in contacts]),
            _claims.c.claimed_at > now - CLAIM_SECONDS,
        )
        .order_by(_claims.c.claimed_at)
    )
    row = rows.first()
    return Claim(row.appointment_id, row.claimed_at) if row else None


def claim(
    tx: Transaction, practice_id: str, contacts: Sequence[tuple[str, str]], appointment_id: str, *, now: int
) -> None:
    """Record that these contacts have the consultation; a lapsed claim is replaced, a living one stays."""
    vault = vault_of(tx)
    for contact in contacts:
        lookup = vault.lookup(*contact)
        here = (_claims.c.practice_id == practice_id) & (_claims.c.contact_lookup == lookup)
        tx.execute(delete(_claims).where(here, _claims.c.claimed_at <= now - CLAIM_SECONDS))
        if tx.execute(select(_claims.c.claimed_at).where(here)).first() is None:
            try:
                with tx.begin_nested():
                    tx.execute(
                        insert(_claims).values(
                            practice_id=practice_id,
                            contact_lookup=lookup,
                            appointment_id=appointment_id,
                            claimed_at=now,
                        )
                    )
            except IntegrityError:
                continue  # another therapist's booking claimed it at this moment: it stands


def release(tx: Transaction, appointment_id: str) -> None:
    """The consultation did not take place: cancelled in time or declined."""
    tx.execute(delete(_claims).where(_claims.c.appointment_id == appointment_id))


def answered(tx: Transaction, practice_id: str, key_hash: bytes, *, now: int) -> Answered | None:
    """What was answered under this key, if it is still remembered."""
    row = tx.execute(
        select(_keys).where(
            _keys.c.practice_id == practice_id,
            _keys.c.key_hash == key_hash,
            _keys.c.created_at > now - KEY_SECONDS,
        )
    ).first()
    return Answered(row.appointment_id, row.body_hash) if row else None


def remember(
    tx: Transaction, practice_id: str, key_hash: bytes, body_hash: bytes, appointment_id: str, *, now: int
) -> None:
    """Remember the answer given under a key. **Raises** `KeyInUse` when it was answered at this moment."""
    tx.execute(
        delete(_keys).where(_keys.c.practice_id == practice_id, _keys.c.created_at <= now - KEY_SECONDS)
    )
    row = {
        "practice_id": practice_id,
        "key_hash": key_hash,
        "body_hash": body_hash,
        "appointment_id": appointment_id,
        "created_at": now,
    }
    try:
        with tx.begin_nested():
            tx.execute(insert(_keys), row)
    except IntegrityError as error:
        raise KeyInUse from error
