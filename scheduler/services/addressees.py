"""Whom the mails of an appointment go to: a wrong address corrected, a wrong person forgotten."""

from base64 import urlsafe_b64encode
from dataclasses import replace

from scheduler.domain import eligibility
from scheduler.domain.appointment import Participant, Status
from scheduler.domain.consents import PRIVACY
from scheduler.domain.errors import NotFound, Refused, TooMany, WrongState
from scheduler.domain.series import Series
from scheduler.services import mail_limits, manage, newsletter, notices, placing
from scheduler.services.contacts import BadContact, mail_address, mail_key, phone_key
from scheduler.services.manage import Managed
from scheduler.store import (
    appointments,
    catalogue,
    claims,
    outbox,
    outbox_history,
    participants,
    series,
    series_offers,
)
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of
from scheduler.store.secrets import new_token

DAY = 24 * 3600
CORRECTIONS = 3
"""How often a wrong address of one person may be corrected."""

NOT_HELD = (Status.CANCELLED, Status.DECLINED, Status.EXPIRED)
"""Statuses in which a consultation counts for nobody."""


def correct_address(token: str, email: str, *, now: int) -> str:
    """Send everything to another address: a new link, the old one dies. Only before any link was used.

    Of a series that is every coming date; one mail tells of them all, each with a new link.
    The address that it has already changes nothing and sends nothing.
    **Raises** `Refused`, `WrongState`, `NotFound`, `TooMany` so that the page is no way to mail strangers.
    """
    try:
        address = mail_address(email)
    except BadContact as problem:
        raise Refused({"email": str(problem)}) from None
    with transaction() as tx:
        found = manage.find_in(tx, token, now)
        if found.participant.link_used or found.appointment.status not in manage.OPEN:
            raise WrongState("the address was used already")
        if address == found.participant.email:
            return token
        _check_correction(tx, found, mail_key(address), now)
        fresh, dates = _next_token(tx, token, address), _coming_dates(tx, found, now)
        for one in dates:
            participants.correct(tx, one.id, email=address, key=mail_key(address), new_token=new_token())
        participants.correct(tx, found.participant.id, email=address, key=mail_key(address), new_token=fresh)
        stored = manage.find_in(tx, fresh, now)
        _claim_again(tx, stored, now)
        _tell_again(tx, stored, now)
        theirs = replace(stored.appointment, participants=(stored.participant,))
        mail_limits.count(tx, theirs, theirs.participants, reminder=True, now=now)
        _ask_for_news_again(tx, found, address, now)
        return fresh


def is_corrected(token: str, email: str, *, now: int) -> bool:
    """Whether this link, which has died, was just used to correct the address to this one.

    The old link, perhaps in a stranger's mail, learns nothing of the new one.
    """
    try:
        address = mail_address(email)
        with reading() as tx:
            return manage.find_in(tx, _next_token(tx, token, address), now).participant.email == address
    except (BadContact, NotFound):
        return False


def _next_token(tx: Transaction, token: str, address: str) -> str:
    """The secret of the link that takes the place of this one; only we can work it out."""
    return urlsafe_b64encode(vault_of(tx).lookup("corrected", f"{token} {address}")).decode().rstrip("=")


def _coming_dates(tx: Transaction, found: Managed, now: int) -> list[Participant]:
    """This person on the other coming dates of the series. **Raises** `WrongState` where a link was used."""
    whole = series.of_appointment(tx, found.practice.id, found.appointment.id)
    others = [one for one in _other_dates(tx, found, whole, now) if one.can_cancel]
    if any(one.participant.link_used for one in others):
        raise WrongState("the address was used already")
    return [one.participant for one in others]


def _tell_again(tx: Transaction, found: Managed, now: int) -> None:
    """The first mail once more, to the address that is right."""
    theirs = replace(found.appointment, participants=(found.participant,))
    kind = "request_received" if theirs.status is Status.REQUESTED else "confirmation"
    whole = series.of_appointment(tx, found.practice.id, theirs.id)
    if whole is not None:
        kind, theirs = "series_booked", replace(theirs, sequence=whole.sequence)
    notices.visitors(tx, theirs, kind, now=now, occasion=f"address-{now}")


def _ask_for_news_again(tx: Transaction, before: Managed, address: str, now: int) -> None:
    """Who wanted the newsletter when booking is asked at the right address; the stranger is left alone.

    No row leads from an appointment to the list, so it is told by the moment: what an address was asked
    at another time is none of this booking's business, and nobody learns of it.
    """
    wrong, known = before.participant, before.appointment
    asked = newsletter.question_to(tx, before.practice, wrong.email)
    shown = known.consents.get(PRIVACY)
    if asked is None or shown is None or known.booker is None or wrong.id != known.booker.id:
        return
    corrected = outbox_history.has_occasion(tx, known.id, wrong.id, f"address-{asked.asked_at}")
    if asked.asked_at == shown.at or (corrected and asked.asked_at < now):
        newsletter.ask_instead(tx, before.practice, asked, address, wrong.language, now=now)


def _check_correction(tx: Transaction, found: Managed, key: str, now: int) -> None:
    corrections = outbox_history.occasions(tx, found.appointment.id, found.participant.id)
    if corrections >= CORRECTIONS or not eligibility.is_within_limits(
        live_unconfirmed=participants.live_unconfirmed(tx, found.practice.id, key, now=now),
        attempts_today=participants.bookings_since(tx, found.practice.id, key, since=now - DAY),
    ):
        raise TooMany(DAY)


def _claim_again(tx: Transaction, found: Managed, now: int) -> None:
    """The consultation counts for the right address, not for the stranger's that was typed at first."""
    if not found.kind.one_per_client:
        return
    people = found.appointment.participants
    emails = [("email", mail_key(person.email)) for person in people]
    contacts = [*emails, *(("phone", phone_key(person.phone)) for person in people if person.phone)]
    claims.release(tx, found.appointment.id)
    if found.appointment.status in NOT_HELD:
        return
    earlier = claims.find(tx, found.practice.id, contacts, now=now)
    if earlier is None:
        claims.claim(tx, found.practice.id, contacts, found.appointment.id, now=now)
    elif found.appointment.known_since is None:
        known = replace(found.appointment, known_since=earlier.claimed_at)
        appointments.change(tx, found.appointment, known)


@retried
def disown(token: str, *, now: int) -> bool:
    """ "This was not me": cancel, tell the therapist, and erase the person. **Raises** `NotFound`.

    Where others are invited too it stands for them, and the answer is False. Of a series that is
    every date, for the same person is named on each, also before and after its rhythm was changed.
    """
    with transaction() as tx:
        found = manage.find_in(tx, token, now)
        others = [date for whole in _rhythms(tx, found) for date in _other_dates(tx, found, whole, now)]
        is_shared = len(found.appointment.participants) > 1
        if is_shared and found.can_cancel:
            notices.answered(
                tx, found.therapist, found.appointment, by=found.participant.id, how="left", now=now
            )
        for one in (found, *others):
            if len(one.appointment.participants) > 1:
                _leave(tx, one, now)
            else:
                _disown(tx, one, now)
            series_offers.erase_of_appointment(tx, one.appointment.id, found.participant.email)
        return not is_shared


def _leave(tx: Transaction, found: Managed, now: int) -> None:
    """Erase this person alone; what they had typed for all goes with them."""
    placing.clear(tx, catalogue.by_id(tx, found.practice.id), found.therapist, now=now)
    found = manage.find_in(tx, found.token, now)
    before, gone = found.appointment, found.participant
    if before.note and before.participants[0].id == gone.id:
        before = replace(before, note="")
        appointments.change(tx, found.appointment, before)
    outbox.drop(tx, before.id, gone.id, now=now)
    participants.erase(tx, gone.id)
    stay = tuple(person for person in before.participants if person.id != gone.id)
    _claim_again(tx, replace(found, appointment=replace(before, participants=stay)), now)


def _disown(tx: Transaction, found: Managed, now: int) -> None:
    if found.appointment.status in manage.OPEN and not found.is_past:
        placing.clear(tx, catalogue.by_id(tx, found.practice.id), found.therapist, now=now)
        found = manage.find_in(tx, found.token, now)
        after = manage.cancelled(tx, found.appointment, now)
        appointments.change(tx, found.appointment, replace(after, note=""))
        found = replace(found, appointment=replace(after, note=""))
        others = tuple(person for person in after.participants if person.id != found.participant.id)
        notices.cancelled(tx, found.therapist, replace(after, participants=others), now=now)
    if found.appointment.note:
        appointments.change(tx, found.appointment, replace(found.appointment, note=""))
    claims.release(tx, found.appointment.id)
    outbox.drop(tx, found.appointment.id, found.participant.id, now=now)
    participants.erase(tx, found.participant.id)


def _rhythms(tx: Transaction, found: Managed) -> list[Series]:
    """The series of the appointment, and those that its rhythm was changed from and to."""
    whole = series.of_appointment(tx, found.practice.id, found.appointment.id)
    known, ahead = dict[str, Series](), [whole] if whole else []
    while ahead:
        one = ahead.pop()
        known[one.id] = one
        ahead += [other for other in series.changed_with(tx, one) if other.id not in known]
    return list(known.values())


def _other_dates(tx: Transaction, found: Managed, whole: Series | None, now: int) -> list[Managed]:
    """The other dates of the series on which this person is named."""
    others = [one for one in whole.appointments if one.id != found.appointment.id] if whole else []
    people = [person for one in others for person in one.participants]
    same = [person.id for person in people if person.email == found.participant.email]
    return [manage.managed(tx, participants.token(tx, person_id), now) for person_id in same]
