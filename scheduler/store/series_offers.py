"""Series that were offered to somebody: to whom, which rhythm, and what became of it."""

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from scheduler.domain.errors import NotFound, WrongState
from scheduler.domain.practice import Mode
from scheduler.domain.series import Rhythm
from scheduler.domain.series_offer import OfferState, SeriesOffer
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place, token_hash
from scheduler.store.series_tables import SeriesDateRow
from scheduler.store.tables import table
from scheduler.store.visitor_tables import SeriesOfferRow

_offers = table(SeriesOfferRow)
_dates = table(SeriesDateRow)


def add(tx: Transaction, offer: SeriesOffer, *, token: str) -> None:
    """Store an offer with the secret of its link."""
    vault, rhythm = vault_of(tx), offer.rhythm
    tx.execute(
        insert(_offers).values(
            id=offer.id,
            practice_id=offer.practice_id,
            therapist_id=offer.therapist_id,
            type_id=offer.type_id,
            series_id=offer.series_id,
            language=offer.language,
            mode=offer.mode,
            zone=rhythm.zone,
            start_at=rhythm.start,
            weeks_between=rhythm.weeks,
            dates=rhythm.dates,
            left_out=list(offer.left_out),
            name_sealed=vault.seal(offer.name, _place("name", offer.id)),
            email_sealed=vault.seal(offer.email, _place("email", offer.id)),
            phone_sealed=vault.seal(offer.phone, _place("phone", offer.id)) if offer.phone else None,
            note_sealed=vault.seal(offer.note, _place("note", offer.id)) if offer.note else None,
            token_hash=token_hash(token),
            token_sealed=vault.seal(token, _place("token", offer.id)),
            state=offer.state,
            created_at=offer.created_at,
            expires_at=offer.expires_at,
        )
    )


def settle(tx: Transaction, offer: SeriesOffer, state: OfferState, *, series_id: str | None = None) -> None:
    """The offer is answered or withdrawn, if it still stands. **Raises** `WrongState`."""
    stands = and_(_offers.c.id == offer.id, _offers.c.state == OfferState.OFFERED)
    settled = update(_offers).where(stands).values(state=state, series_id=series_id)
    if tx.execute(settled).rowcount != 1:
        raise WrongState("the offer was answered meanwhile")


def find(tx: Transaction, offer_id: str) -> SeriesOffer:
    """The offer. **Raises** `NotFound`."""
    return _one(tx, _offers.c.id == offer_id)


def by_token(tx: Transaction, token: str) -> SeriesOffer:
    """The offer of this link. **Raises** `NotFound`."""
    return _one(tx, _offers.c.token_hash == token_hash(token))


def token(tx: Transaction, offer_id: str) -> str:
    """The secret of the offer's link, for a mail. **Raises** `NotFound`."""
    sealed = tx.execute(select(_offers.c.token_sealed).where(_offers.c.id == offer_id)).scalar()
    if sealed is None:
        raise NotFound("no such offer")
    return vault_of(tx).open(sealed, _place("token", offer_id))


def of_therapists(tx: Transaction, practice_id: str, therapist_ids: tuple[str, ...]) -> list[SeriesOffer]:
    """The offers that these therapists made, the newest first."""
    mine = and_(_offers.c.practice_id == practice_id, _offers.c.therapist_id.in_(therapist_ids))
    newest = (_offers.c.created_at.desc(), _offers.c.start_at, _offers.c.id)
    rows = tx.execute(select(_offers).where(mine).order_by(*newest))
    return [_offer(tx, row) for row in rows]


def erase(tx: Transaction, offer_id: str) -> None:
    """Delete an offer with its person and link."""
    tx.execute(delete(_offers).where(_offers.c.id == offer_id))


def erase_of_appointment(tx: Transaction, appointment_id: str, email: str) -> None:
    """Delete the offer to this address from which the series of an appointment came."""
    whole = select(_dates.c.series_id).where(_dates.c.appointment_id == appointment_id)
    for row in tx.execute(select(_offers).where(_offers.c.series_id.in_(whole))).all():
        if _offer(tx, row).email == email:
            erase(tx, row.id)


def forget(tx: Transaction, *, expired_before: int) -> int:
    """Delete offers whose last moment lies earlier; returns how many."""
    return tx.execute(delete(_offers).where(_offers.c.expires_at < expired_before)).rowcount


def _one(tx: Transaction, condition: ColumnElement[bool]) -> SeriesOffer:
    row = tx.execute(select(_offers).where(condition)).first()
    if row is None:
        raise NotFound("no such offer")
    return _offer(tx, row)


def _offer(tx: Transaction, row: Row[Any]) -> SeriesOffer:
    vault = vault_of(tx)
    return SeriesOffer(
        id=row.id,
        practice_id=row.practice_id,
        therapist_id=row.therapist_id,
        type_id=row.type_id,
        rhythm=Rhythm(row.start_at, row.weeks_between, row.dates, row.zone),
        left_out=tuple(row.left_out),
        mode=Mode(row.mode),
        language=row.language,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=OfferState(row.state),
        series_id=row.series_id,
        name=vault.open(row.name_sealed, _place("name", row.id)),
        email=vault.open(row.email_sealed, _place("email", row.id)),
        phone=vault.open(row.phone_sealed, _place("phone", row.id)) if row.phone_sealed else "",
        note=vault.open(row.note_sealed, _place("note", row.id)) if row.note_sealed else "",
    )


def _place(column: str, offer_id: str) -> Place:
    return Place("series_offers", column, offer_id)
