"""What visitors are shown and agree to: kept word for word with each booking, shown again, taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scheduler.domain.appointment import Appointment
from scheduler.domain.cancellation import terms_of
from scheduler.domain.consents import POLICY, PRIVACY, PURPOSES, Consent, Purpose, text_key
from scheduler.domain.practice import AppointmentType, Mode, Practice, text
from scheduler.services import manage, terms
from scheduler.store import appointments, therapists
from scheduler.store import consents as store
from scheduler.store.database import Transaction, reading, retried, transaction


@dataclass(frozen=True, slots=True)
class Agreed:
    """One record with its words; `words` is empty where that version was not kept yet."""

    key: str
    record: Consent
    words: str

    @property
    def can_be_taken_back(self) -> bool:
        """Whether it was a yes that still stands; a notice is no yes."""
        return self.record.purpose is not Purpose.NOTICE and self.record.withdrawn_at is None


def recorded(
    tx: Transaction,
    practice: Practice,
    kind: AppointmentType,
    keys: Iterable[str],
    booked: Appointment,
    *,
    now: int,
) -> dict[str, Consent]:
    """What somebody who books now was shown or agreed to; the texts themselves are kept with it."""
    versions = {PRIVACY: practice.privacy_version, POLICY: kind.policy_version}
    records = {}
    for key in keys:
        version = versions[key]
        _keep(tx, practice, kind, key, version, booked.language, now)
        said = _said(practice, kind, booked, now) if key == POLICY else ""
        records[key] = Consent(version, booked.language, now, PURPOSES[key], said)
    return records


def of_appointment(appointment: Appointment) -> list[Agreed]:
    """What was shown or agreed to when it was booked, in the words of then; agreements first."""
    with reading() as tx:
        found = []
        for key, record in sorted(appointment.consents.items()):
            under = text_key(key, appointment.type_id)
            kept = store.find(tx, appointment.practice_id, under, record.version)
            found.append(Agreed(key, record, text(kept.texts, record.language) if kept else ""))
        return found


@retried
def take_back(token: str, *, now: int) -> None:
    """No longer agree to the terms: the appointment, which stands on them, is cancelled.

    What that costs the terms say themselves. **Raises** `NotFound`, `WrongState` once it has begun.
    """
    with transaction() as tx:
        therapists.lock(tx, manage.cancel_in(tx, token, now=now).therapist.id)
        current = manage.find_in(tx, token, now).appointment  # one that was cancelled before was not locked
        agreed = current.consents.get(POLICY)
        if agreed is not None and agreed.withdrawn_at is None:
            records = {**current.consents, POLICY: replace(agreed, withdrawn_at=now)}
            appointments.change(tx, current, replace(current, consents=records))


def _keep(
    tx: Transaction,
    practice: Practice,
    kind: AppointmentType,
    key: str,
    version: int,
    language: str,
    now: int,
) -> None:
    """Keep the words of the present version, in each of the practice's languages and in the visitor's."""
    tags, under = dict.fromkeys((*practice.languages, language)), text_key(key, kind.id)
    kept = store.find(tx, practice.id, under, version)
    if kept is None or not kept.texts.keys() >= tags.keys():
        store.keep(tx, practice.id, under, version, _texts(practice, kind, key, tags), now=now)


def _texts(practice: Practice, kind: AppointmentType, key: str, tags: Iterable[str]) -> Mapping[str, str]:
    """The words of the present version, by language."""
    if key == PRIVACY:
        return {tag: text(practice.privacy, tag) for tag in tags}
    fees = terms_of(kind)
    return {
        tag: "\n\n".join(
            words for words in (terms.in_general(fees, tag) if fees else "", text(kind.policy, tag)) if words
        )
        for tag in tags
    }


def _said(practice: Practice, kind: AppointmentType, booked: Appointment, now: int) -> str:
    """The sentence beside the box: until when cancelling this very time costs nothing."""
    accepted = terms_of(kind)
    if accepted is None:
        return ""
    zone = practice.zone if Mode.IN_PERSON in kind.modes else booked.visitor_zone or practice.zone
    return terms.of_time(
        accepted,
        start=booked.start,
        booked_at=booked.created_at,
        at=now,
        zone=zone,
        language=booked.language,
    )
