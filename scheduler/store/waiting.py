"""The waiting list: who waits in which order, with which wishes, and the time that is kept for them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update

from scheduler.domain.errors import NotFound, WrongState
from scheduler.domain.practice import Mode
from scheduler.domain.waitlist import LIVE, State, Waiting, Wishes
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place, token_hash
from scheduler.store.tables import AppointmentRow, table
from scheduler.store.visitor_tables import WaitingRow

_waiting = table(WaitingRow)
_appointments = table(AppointmentRow)


def add(tx: Transaction, entry: Waiting, *, token: str, key: str) -> None:
    """Store an entry with its link; `key` is the normal form of the address."""
    vault = vault_of(tx)
    tx.execute(
        insert(_waiting).values(
            id=entry.id,
            practice_id=entry.practice_id,
            type_id=entry.type_id,
            therapist_id=entry.therapist_id,
            mode=entry.mode,
            language=entry.language,
            visitor_zone=entry.visitor_zone,
            name_sealed=vault.seal(entry.name, _place("name", entry.id)),
            email_sealed=vault.seal(entry.email, _place("email", entry.id)),
            phone_sealed=vault.seal(entry.phone, _place("phone", entry.id)) if entry.phone else None,
            email_lookup=vault.lookup("email", key),
            token_hash=token_hash(token),
            token_sealed=vault.seal(token, _place("token", entry.id)),
            created_at=entry.created_at,
            **_changing(entry),
        )
    )


def change(tx: Transaction, before: Waiting, after: Waiting) -> None:
    """One UPDATE, if the entry still is as `before` says. **Raises** `WrongState`."""
    unchanged = and_(
        _waiting.c.id == before.id,
        _waiting.c.state == before.state,
        _waiting.c.offers == len(before.offered),
    )
    if tx.execute(update(_waiting).where(unchanged).values(**_changing(after))).rowcount != 1:
        raise WrongState("the entry was changed meanwhile")


def note_booked(
    tx: Transaction, hold_token: str, appointment_id: str, *, entry_id: str = "", now: int
) -> None:
    """Whoever was offered the time of this hold has booked it, as this appointment.

    `entry_id` names them also where the offer was ended at this very moment. Nothing for other holds.
    """
    kept = select(_appointments.c.id).where(_appointments.c.hold_hash == token_hash(hold_token))
    theirs = or_(_waiting.c.offer_id.in_(kept), _waiting.c.id == entry_id)
    booked = {"state": State.BOOKED, "offer_id": appointment_id, "offer_ends_at": None, "changed_at": now}
    tx.execute(update(_waiting).where(theirs, _waiting.c.state.in_(list(LIVE))).values(**booked))


def find(tx: Transaction, entry_id: str) -> Waiting:
    """The entry. **Raises** `NotFound`."""
    return _one(tx, _waiting.c.id == entry_id)


def by_token(tx: Transaction, token: str) -> Waiting:
    """The entry of this link. **Raises** `NotFound`."""
    return _one(tx, _waiting.c.token_hash == token_hash(token))


def token(tx: Transaction, entry_id: str) -> str:
    """The secret of the entry's link, for a mail. **Raises** `NotFound`."""
    sealed = tx.execute(select(_waiting.c.token_sealed).where(_waiting.c.id == entry_id)).scalar()
    if sealed is None:
        raise NotFound("no such entry")
    return vault_of(tx).open(sealed, _place("token", entry_id))


def of_practice(tx: Transaction, practice_id: str, states: Iterable[State] = LIVE) -> list[Waiting]:
    """The practice's entries in these states, those who came first before the others."""
    here = and_(_waiting.c.practice_id == practice_id, _waiting.c.state.in_(list(states)))
    rows = tx.execute(select(_waiting).where(here).order_by(_waiting.c.created_at, _waiting.c.id))
    return [_entry(tx, row) for row in rows]


def live_of_address(tx: Transaction, practice_id: str, type_id: str, key: str) -> Waiting | None:
    """The entry with which this address waits for the type already."""
    row = tx.execute(
        select(_waiting).where(
            _waiting.c.practice_id == practice_id,
            _waiting.c.type_id == type_id,
            _waiting.c.email_lookup == vault_of(tx).lookup("email", key),
            _waiting.c.state.in_(list(LIVE)),
        )
    ).first()
    return _entry(tx, row) if row else None


def count(tx: Transaction, practice_id: str) -> int:
    """How many wait in the practice."""
    live = and_(_waiting.c.practice_id == practice_id, _waiting.c.state.in_(list(LIVE)))
    return int(tx.execute(select(func.count()).select_from(_waiting).where(live)).scalar_one())


def practices(tx: Transaction) -> list[str]:
    """The ids of practices in which somebody waits."""
    rows = tx.execute(select(_waiting.c.practice_id).where(_waiting.c.state.in_(list(LIVE))).distinct())
    return sorted(rows.scalars())


def forget(tx: Transaction, *, ended_before: int) -> int:
    """Delete entries that ended earlier; returns how many."""
    old = and_(_waiting.c.state.not_in(list(LIVE)), _waiting.c.changed_at < ended_before)
    return tx.execute(delete(_waiting).where(old)).rowcount


def _changing(entry: Waiting) -> dict[str, Any]:
    wishes = entry.wishes
    return {
        "wishes": {"days": list(wishes.days), "parts": list(wishes.parts), "offered": list(entry.offered)},
        "state": entry.state,
        "changed_at": entry.changed_at,
        "offers": len(entry.offered),
        "offer_id": entry.offer_id,
        "offer_ends_at": entry.offer_ends_at,
    }


def _one(tx: Transaction, condition: ColumnElement[bool]) -> Waiting:
    row = tx.execute(select(_waiting).where(condition)).first()
    if row is None:
        raise NotFound("no such entry")
    return _entry(tx, row)


def _entry(tx: Transaction, row: Row[Any]) -> Waiting:
    vault, wishes = vault_of(tx), row.wishes
    return Waiting(
        id=row.id,
        practice_id=row.practice_id,
        type_id=row.type_id,
        therapist_id=row.therapist_id,
        mode=Mode(row.mode),
        language=row.language,
        visitor_zone=row.visitor_zone,
        wishes=Wishes(tuple(wishes["days"]), tuple(wishes["parts"])),
        created_at=row.created_at,
        changed_at=row.changed_at,
        state=State(row.state),
        offered=tuple(wishes["offered"]),
        offer_id=row.offer_id,
        offer_ends_at=row.offer_ends_at,
        name=vault.open(row.name_sealed, _place("name", row.id)),
        email=vault.open(row.email_sealed, _place("email", row.id)),
        phone=vault.open(row.phone_sealed, _place("phone", row.id)) if row.phone_sealed else "",
    )


def _place(column: str, entry_id: str) -> Place:
    return Place("waiting", column, entry_id)
