"""What an outbox row becomes: the mail as it goes out now, or why it must not go any more.

Everything is read when it is sent, so a mail never tells what is no longer so.
"""

from collections.abc import Mapping
from typing import Any

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import NotFound
from scheduler.domain.practice import Therapist, TherapistMail
from scheduler.domain.series import Series
from scheduler.gateways.message import OutgoingMail
from scheduler.services import (
    account_mails,
    intake,
    newsletter_mails,
    series_letters,
    series_offer_mails,
    waiting_mails,
)
from scheduler.services.invitations import calendar_part
from scheduler.services.rendering import Letter, write
from scheduler.settings import Settings
from scheduler.store import appointments, catalogue, outbox, outbox_history, participants
from scheduler.store import series as series_store
from scheduler.store.database import Transaction
from scheduler.store.outbox import OutboxEntry

LATEST_REMINDER = 3600
"""A reminder is of no use any more so shortly before the start."""

_VISITOR_KINDS: Mapping[str, frozenset[Status]] = {
    "confirmation": frozenset({Status.CONFIRMED}),
    "request_received": frozenset({Status.REQUESTED}),
    "accepted": frozenset({Status.CONFIRMED}),
    "declined": frozenset({Status.DECLINED}),
    "moved": frozenset({Status.CONFIRMED, Status.REQUESTED}),
    "cancelled": frozenset({Status.CANCELLED}),
    "reminder": frozenset({Status.CONFIRMED}),
    "known_contact": frozenset(Status) - {Status.HELD, Status.EXPIRED},
    "series_booked": frozenset({Status.CONFIRMED}),
    "series_ended": frozenset({Status.CONFIRMED}),
    "series_cancelled": frozenset({Status.CANCELLED}),
}
_THERAPIST_KINDS: Mapping[str, frozenset[Status]] = {
    "therapist_booked": frozenset({Status.CONFIRMED}),
    "therapist_requested": frozenset({Status.REQUESTED}),
    "therapist_moved": frozenset({Status.CONFIRMED, Status.REQUESTED}),
    "therapist_cancelled": frozenset({Status.CANCELLED, Status.DECLINED}),
    "therapist_answered": frozenset({Status.CONFIRMED, Status.REQUESTED}),
    "therapist_series": frozenset({Status.CONFIRMED}),
    "therapist_ended": frozenset({Status.CANCELLED}),
}
SPEAKS_OF: Mapping[str, frozenset[Status]] = {**_VISITOR_KINDS, **_THERAPIST_KINDS}
"""Every kind of mail, and in which states of the appointment that it names it is true."""

_FOR_NEWS_ONLY = frozenset({"reminder", "therapist_answered"})
"""Kinds that change nothing in a calendar."""

_WITH_QUESTIONS = frozenset({"confirmation", "accepted"})
"""Kinds that say that the practice has questions."""


class Outdated(Exception):
    """What the mail says is no longer so, or nobody is there to read it; the text says why."""


def compose(tx: Transaction, entry: OutboxEntry, settings: Settings, *, now: int) -> OutgoingMail:
    """The mail as it goes out now. **Raises** `Outdated`, and whatever a broken row or template raises."""
    if entry.appointment_id is None:
        return _about_somebody(tx, entry, settings, now=now)
    letter = _letter(tx, entry, settings, now=now)
    practice, appointment = letter.practice, letter.appointment
    sender = appointment.organizer or settings.mail_default_sender, practice.discreet_name
    recipient = letter.person.email if letter.person else letter.therapist.email
    written = write(letter)
    first = series_letters.first_message_id(tx, entry, letter.series, letter.person)
    first = first or outbox_history.first_message_id(tx, entry)
    calendar, method = None, None
    if _has_calendar_part(entry, letter, sender[0], recipient):
        calendar, method = calendar_part(
            letter,
            sender=sender,
            recipient=recipient,
            dtstamp=entry.created_at,
            asks=settings.reads_answers,
        )
    return OutgoingMail(
        message_id=_message_id(entry.message_id, settings),
        date=now,
        sender=sender,
        recipient=recipient,
        subject=written.subject,
        text=written.text,
        html=written.html,
        calendar=calendar,
        method=method,
        in_reply_to=_message_id(first, settings) if first else None,
        language=letter.language,
    )


def why_outdated(entry: OutboxEntry, appointment: Appointment, therapist: Therapist, now: int) -> str | None:
    """Why the mail must not go any more; None when what it says is still so."""
    if appointment.sequence != entry.sequence:
        return "the appointment has changed since"
    if appointment.status not in SPEAKS_OF[entry.kind]:
        return f"the appointment is {appointment.status.value}"
    if appointment.end <= now and entry.kind != "known_contact":
        return "the appointment is over"
    if entry.kind == "reminder" and appointment.start - now < LATEST_REMINDER:
        return "too late to remind"
    return _why_unwanted(entry, therapist)


def _why_unwanted(entry: OutboxEntry, therapist: Therapist) -> str | None:
    if entry.recipient == outbox.THERAPIST and therapist.mail is TherapistMail.NOTHING:
        return "the therapist wants no mail"
    return None


def _about_somebody(tx: Transaction, entry: OutboxEntry, settings: Settings, *, now: int) -> OutgoingMail:
    try:
        if entry.kind in waiting_mails.KINDS:
            mail = waiting_mails.compose(tx, entry, settings.public_url, now=now)
        elif entry.kind in series_offer_mails.KINDS:
            mail = series_offer_mails.compose(tx, entry, settings.public_url, now=now)
        elif entry.kind in newsletter_mails.KINDS:
            mail = newsletter_mails.compose(tx, entry, settings.public_url)
        else:
            mail = account_mails.compose(tx, entry, settings.public_url, now=now)
    except NotFound as reason:
        raise Outdated(str(reason)) from None
    practice, written = mail.practice, mail.written
    return OutgoingMail(
        message_id=_message_id(entry.message_id, settings),
        date=now,
        sender=(practice.sender or settings.mail_default_sender, practice.discreet_name),
        recipient=mail.recipient,
        subject=written.subject,
        text=written.text,
        html=written.html,
        language=mail.language,
        unsubscribe=mail.unsubscribe,
    )


def _letter(tx: Transaction, entry: OutboxEntry, settings: Settings, *, now: int) -> Letter:
    try:
        appointment = appointments.find(tx, entry.practice_id, entry.appointment_id or "")
    except NotFound:
        raise Outdated("erased") from None
    stock = catalogue.by_id(tx, entry.practice_id)
    therapist = stock.therapist_of_id(appointment.therapist_id)
    series = series_store.of_appointment(tx, entry.practice_id, appointment.id)
    facts = outbox.facts(tx, entry.id)
    named = _named(tx, entry, appointment, series, facts, therapist, now)
    person, language, links = None, stock.practice.language, {}
    link = f"{settings.public_url}/practice/appointments/{named.id}"
    if entry.recipient != outbox.THERAPIST:
        person = next((one for one in appointment.participants if one.id == entry.recipient), None)
        if person is None:
            raise Outdated("erased")
        language = person.language
        if series and entry.kind in series_letters.KINDS:
            links = series_letters.links(tx, series, person, settings.public_url, now=now)
        token = participants.token(tx, person.id)
        link = links.get(named.id, f"{settings.public_url}/appointments/{token}")
    sheet = intake.NOTHING
    if person is not None and entry.kind in _WITH_QUESTIONS:
        sheet = intake.sheet_of(tx, stock, appointment, person.id, now=now)
    return Letter(
        kind=entry.kind,
        language=language,
        practice=stock.practice,
        therapist=therapist,
        type=stock.type_of_id(appointment.type_id),
        appointment=named,
        person=person,
        link=link,
        public_url=settings.public_url,
        now=now,
        facts=facts,
        series=series,
        links=links,
        questions_link=f"{link}/questions" if sheet.is_new else "",
        may_skip_all=sheet.may_skip_all,
    )


def _named(
    tx: Transaction,
    entry: OutboxEntry,
    appointment: Appointment,
    series: Series | None,
    facts: Mapping[str, Any],
    therapist: Therapist,
    now: int,
) -> Appointment:
    """The appointment that the mail names; of a series the date that matters. **Raises** `Outdated`."""
    if entry.kind not in series_letters.KINDS:
        reason = why_outdated(entry, appointment, therapist, now)
    elif series is None:
        reason = "erased"
    else:
        reason = series_letters.why_outdated(tx, entry, series, now)
        reason = reason or _why_unwanted(entry, therapist)
    if reason:
        raise Outdated(reason)
    if series is None or entry.kind not in series_letters.KINDS:
        return appointment
    return series_letters.spoken_of(entry.kind, series, facts, now)


def _has_calendar_part(entry: OutboxEntry, letter: Letter, sender: str, recipient: str) -> bool:
    if entry.kind in _FOR_NEWS_ONLY:
        return False
    if entry.kind == "known_contact":
        return letter.appointment.status is Status.CANCELLED
    if letter.person is None:
        # Exchange files an invitation that comes "from yourself" and removes the mail.
        is_own = sender.casefold() == recipient.casefold()
        return letter.therapist.mail is TherapistMail.INVITATION and not is_own
    return True


def _message_id(random_part: str, settings: Settings) -> str:
    host = settings.public_host
    # An IPv6 address needs the brackets of a domain literal. Source: RFC 5322 section 3.4.1.
    return f"<{random_part}@{f'[IPv6:{host}]' if ':' in host else host}>"
