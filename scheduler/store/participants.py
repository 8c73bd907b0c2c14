"""The people of an appointment and their manage links; look-ups go by HMAC and token hash."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, insert, select, update

from scheduler.domain.appointment import Participant
from scheduler.domain.errors import NotFound
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place, token_hash
from scheduler.store.tables import AppointmentRow, ParticipantRow, table

_participants = table(ParticipantRow)
_appointments = table(AppointmentRow)


def add(
    tx: Transaction,
    appointment_id: str,
    practice_id: str,
    person: Participant,
    *,
    token: str,
    keys: tuple[str, str],
    position: int,
    now: int,
) -> None:
    """Store a person with a new manage token; `keys` are the normal forms of address and number."""
    vault = vault_of(tx)
    values = {
        "id": person.id,
        "practice_id": practice_id,
        "appointment_id": appointment_id,
        "position": position,
        "language": person.language,
        "name_sealed": vault.seal(person.name, _place("name", person.id)),
        "email_sealed": vault.seal(person.email, _place("email", person.id)),
        "phone_sealed": vault.seal(person.phone, _place("phone", person.id)) if person.phone else None,
        "email_lookup": vault.lookup("email", keys[0]),
        "phone_lookup": vault.lookup("phone", keys[1]) if keys[1] else None,
        "token_hash": token_hash(token),
        "token_sealed": vault.seal(token, _place("token", person.id)),
        "created_at": now,
        "extras_sealed": _sealed_extras(tx, person),
    }
    tx.execute(insert(_participants), values)


def of_appointments(tx: Transaction, appointment_ids: Sequence[str]) -> dict[str, list[Participant]]:
    """Appointment id -> its people in order."""
    vault = vault_of(tx)
    rows = tx.execute(
        select(_participants)
        .where(_participants.c.appointment_id.in_(appointment_ids))
        .order_by(_participants.c.position)
    )
    found: dict[str, list[Participant]] = {}
    for row in rows:
        person = Participant(
            id=row.id,
            name=vault.open(row.name_sealed, _place("name", row.id)),
            email=vault.open(row.email_sealed, _place("email", row.id)),
            phone=vault.open(row.phone_sealed, _place("phone", row.id)) if row.phone_sealed else "",
            language=row.language,
            link_used=row.link_used,
            extras=_extras(tx, row.id, row.extras_sealed),
            position=row.position,
        )
        found.setdefault(row.appointment_id, []).append(person)
    return found


def by_token(tx: Transaction, token: str) -> tuple[str, str, str]:
    """(practice id, appointment id, participant id) of a manage link. **Raises** `NotFound`."""
    row = tx.execute(
        select(_participants.c.practice_id, _participants.c.appointment_id, _participants.c.id).where(
            _participants.c.token_hash == token_hash(token)
        )
    ).first()
    if row is None:
        raise NotFound("no such link")
    return row.practice_id, row.appointment_id, row.id


def token(tx: Transaction, participant_id: str) -> str:
    """The manage token of a person, for a mail or a replayed answer. **Raises** `NotFound`."""
    sealed = tx.execute(
        select(_participants.c.token_sealed).where(_participants.c.id == participant_id)
    ).scalar()
    if sealed is None:
        raise NotFound("no such person")
    return vault_of(tx).open(sealed, _place("token", participant_id))


def mark_used(tx: Transaction, participant_id: str) -> None:
    """A link of this person was used by POST: the address is theirs, and nobody erases it meanwhile.

    **Raises** `NotFound` where somebody just has.
    """
    theirs = update(_participants).where(_participants.c.id == participant_id).values(link_used=True)
    if tx.execute(theirs).rowcount != 1:
        raise NotFound("no such person")


def speak(tx: Transaction, participant_id: str, language: str) -> None:
    """The language of this person's pages and mails from now on."""
    tx.execute(update(_participants).where(_participants.c.id == participant_id).values(language=language))


def correct(tx: Transaction, participant_id: str, *, email: str, key: str, new_token: str) -> None:
    """Another address for this person; the old link dies."""
    vault = vault_of(tx)
    tx.execute(
        update(_participants)
        .where(_participants.c.id == participant_id)
        .values(
            email_sealed=vault.seal(email, _place("email", participant_id)),
            email_lookup=vault.lookup("email", key),
            token_hash=token_hash(new_token),
            token_sealed=vault.seal(new_token, _place("token", participant_id)),
        )
    )


def keep_extras(tx: Transaction, person: Participant) -> None:
    """Store the person's further answers as they are now."""
    sealed = _sealed_extras(tx, person)
    tx.execute(update(_participants).where(_participants.c.id == person.id).values(extras_sealed=sealed))


def erase(tx: Transaction, participant_id: str) -> None:
    """Remove a person and their link."""
    tx.execute(delete(_participants).where(_participants.c.id == participant_id))


def live_unconfirmed(tx: Transaction, practice_id: str, email_key: str, *, now: int) -> int:
    """How many coming appointments this address has made without using any of their links."""
    query = (
        select(func.count())
        .select_from(_participants.join(_appointments, _appointments.c.id == _participants.c.appointment_id))
        .where(
            _participants.c.practice_id == practice_id,
            _participants.c.email_lookup == vault_of(tx).lookup("email", email_key),
            _participants.c.link_used.is_(False),
            _appointments.c.by_hand.is_(False),
            _appointments.c.status.in_(["requested", "confirmed"]),
            _appointments.c.start_at > now,
        )
    )
    return int(tx.execute(query).scalar_one())


def bookings_since(tx: Transaction, practice_id: str, email_key: str, *, since: int) -> int:
    """How many bookings this address has made since an instant, none of their links used yet."""
    query = (
        select(func.count())
        .select_from(_participants.join(_appointments, _appointments.c.id == _participants.c.appointment_id))
        .where(
            _participants.c.practice_id == practice_id,
            _participants.c.email_lookup == vault_of(tx).lookup("email", email_key),
            _participants.c.link_used.is_(False),
            _participants.c.created_at >= since,
            _appointments.c.by_hand.is_(False),
        )
    )
    return int(tx.execute(query).scalar_one())


def opened(tx: Transaction, appointment_ids: Collection[str], email_key: str) -> set[str]:
    """Those of the appointments whose link, as sent to this address, was used by POST."""
    query = select(_participants.c.appointment_id).where(
        _participants.c.appointment_id.in_(appointment_ids),
        _participants.c.email_lookup == vault_of(tx).lookup("email", email_key),
        _participants.c.link_used.is_(True),
    )
    return set(tx.execute(query).scalars())


def _sealed_extras(tx: Transaction, person: Participant) -> bytes | None:
    extras = dict(person.extras)
    return vault_of(tx).seal_json(extras, _place("extras", person.id)) if extras else None


def _extras(tx: Transaction, participant_id: str, sealed: bytes | None) -> dict[str, str]:
    return dict(vault_of(tx).open_json(sealed, _place("extras", participant_id))) if sealed else {}


def _place(column: str, participant_id: str) -> Place:
    return Place("participants", column, participant_id)
