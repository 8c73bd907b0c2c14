"""Sending what is due: claim under a lease, write, check that it is still so, hand over, note the end.

Each step that touches the database is a short transaction of its own; none is
open while another machine is spoken to. See docs/decisions/0006-outbox.md.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event
from typing import Any

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import NotFound, StoreBusy
from scheduler.domain.leases import Watch
from scheduler.domain.practice import Therapist, TherapistMail
from scheduler.domain.series import Series
from scheduler.gateways.message import OutgoingMail
from scheduler.gateways.smtp import PermanentFailure, SecureConnection, SecureMail, TemporaryFailure, deliver
from scheduler.services import account_mails, series_letters, waiting_mails
from scheduler.services.health import WORKER
from scheduler.services.invitations import calendar_part
from scheduler.services.rendering import Letter, write
from scheduler.settings import Settings
from scheduler.store import appointments, catalogue, heartbeats, outbox, participants
from scheduler.store import series as series_store
from scheduler.store.database import Transaction, reading, transaction
from scheduler.store.outbox import OutboxEntry, State

log = logging.getLogger(__name__)

LEASE_SECONDS = 420
"""Longer than any one conversation: nine answers of 10 seconds until signed in, and five of 60 for a mail."""

RETRY_AFTER = (60, 300, 900, 1800)
RETRY_LATER = 3600
GIVE_UP_AFTER = 3 * 86400
LATEST_REMINDER = 3600
"""A reminder is of no use any more so shortly before the start."""

_STOP_AFTER_SILENCES = 2
_BEAT_EVERY = 30
_NOTE_PAUSE = 0.25
_NOTE_ATTEMPTS = int(LEASE_SECONDS / _NOTE_PAUSE)

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


class Outdated(Exception):
    """What the mail says is no longer so, or nobody is there to read it; the text says why."""


@dataclass(slots=True)
class Counts:
    """How the mails of one round ended."""

    sent: int = 0
    preview: int = 0
    dropped: int = 0
    failed: int = 0
    waiting: int = 0


def note_running(now: int) -> None:
    """Note that a worker runs; written twice a minute at most."""
    with reading() as tx:
        noted_at = heartbeats.last_beat(tx, WORKER)
    if noted_at is None or not 0 <= now - noted_at < _BEAT_EVERY:
        with transaction() as tx:
            heartbeats.beat(tx, WORKER, now)


def send_due(
    settings: Settings,
    server: SecureMail | None,
    clock: Callable[[], int],
    *,
    watch: Watch,
    stop: Event,
    lease: int = LEASE_SECONDS,
) -> Counts:
    """Take all due mails, one after the other, over one connection, until `stop` is set.

    Without a server each is kept as a preview. A mail that cannot be written
    or is refused ends as failed and stops no other; when the server falls
    silent twice running, the rest waits for the next round.
    """
    counts, silences = Counts(), 0
    with ExitStack() as stack:
        connection = server.connect() if server else None
        if connection is not None:
            stack.callback(connection.__exit__, None, None, None)
        while silences < _STOP_AFTER_SILENCES and not stop.is_set():
            entry = _claim(clock(), lease, watch)
            if entry is None:
                break
            state, is_silent = _handle(entry, settings, connection, clock, stop)
            setattr(counts, state.value, getattr(counts, state.value) + 1)
            silences = silences + 1 if is_silent else 0
    return counts


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
    first = first or outbox.first_message_id(tx, entry)
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
    )


# ---- one mail --------------------------------------------------------------


def some_are_on_their_way() -> bool:
    """Whether a worker has a mail in its hands, or had one when it died."""
    with reading() as tx:
        return bool(outbox.leases(tx))


def _claim(now: int, lease: int, watch: Watch) -> OutboxEntry | None:
    note_running(now)
    if watch.is_time(lease):
        _mend(now, lease, watch)
    with reading() as tx:
        if outbox.oldest_due(tx, now) is None:
            return None
    with transaction() as tx:
        return outbox.claim(tx, now, lease)


def _mend(now: int, lease: int, watch: Watch) -> None:
    """Give back what dead workers held, and make due what a clock that was ahead put off."""
    with reading() as tx:
        over = watch.over(outbox.leases(tx), lease)
    with transaction() as tx:
        for one in over:
            if outbox.end_lease(tx, one):
                log.warning("mail %s: the worker that took it is gone", one[0])
        outbox.bring_forward(tx, now)


def _handle(
    entry: OutboxEntry,
    settings: Settings,
    connection: SecureConnection | None,
    clock: Callable[[], int],
    stop: Event,
) -> tuple[State, bool]:
    """How the mail stands afterwards, and whether the server was silent."""
    try:
        if connection is not None:
            connection.reconnect()
        with reading() as tx:
            mail = compose(tx, entry, settings, now=clock())
        if connection is None:
            return _finish(entry, State.PREVIEW, clock(), preview=_as_preview(mail)), False
        deliver(mail, connection)
    except Outdated as reason:
        return _finish(entry, State.DROPPED, clock(), error=str(reason)), False
    except TemporaryFailure as failure:
        return _again(entry, clock(), str(failure)), failure.smtp_code is None
    except PermanentFailure as failure:
        return _finish(entry, State.FAILED, clock(), error=str(failure)), False
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("mail %s (%s) cannot be written", entry.id, entry.kind)
        return _finish(
            entry, State.FAILED, clock(), error=f"cannot be written ({type(error).__name__})"
        ), False
    return _note_sent(entry, clock(), stop), False


def _note_sent(entry: OutboxEntry, now: int, stop: Event) -> State:
    """Note what the server has taken; while the database is away or full, wait for it.

    Whoever takes the mail over would send it once more, and so would this worker.
    """
    for _ in range(_NOTE_ATTEMPTS):
        try:
            return _finish(entry, State.SENT, now)
        except StoreBusy:
            if stop.wait(_NOTE_PAUSE):
                raise
    return _finish(entry, State.SENT, now)


def _finish(
    entry: OutboxEntry, state: State, now: int, *, error: str = "", preview: Mapping[str, str] | None = None
) -> State:
    """Note the end; a busy database is asked again, for a mail that is not noted as sent goes out twice."""
    for is_last in (False, False, True):
        try:
            with transaction() as tx:
                is_ours = outbox.finish(tx, entry, state, now, error=error, preview=preview)
        except StoreBusy:
            if is_last:
                raise
        else:
            break
    if not is_ours:
        log.warning("mail %s was taken over by another worker", entry.id)
    log.info("mail %s (%s): %s %s", entry.id, entry.kind, state.value, error)
    return state


def _again(entry: OutboxEntry, now: int, error: str) -> State:
    """Wait and try again, or give up where it would come too late."""
    with reading() as tx:
        try:
            give_up_at = _give_up_at(tx, entry)
        except NotFound:
            return _finish(entry, State.DROPPED, now, error="erased")
    due_at = now + retry_delay(entry.attempts)
    if due_at > give_up_at:
        return _finish(entry, State.FAILED, now, error=error)
    with transaction() as tx:
        outbox.put_back(tx, entry, due_at, error)
    log.info("mail %s (%s): again later, %s", entry.id, entry.kind, error)
    return State.WAITING


def retry_delay(attempts: int) -> int:
    """Seconds until the next attempt after so many: growing, with up to a tenth on top against crowds."""
    delay = RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else RETRY_LATER
    return delay + secrets.randbelow(delay // 10 + 1)


def _give_up_at(tx: Transaction, entry: OutboxEntry) -> int:
    latest = entry.created_at + GIVE_UP_AFTER
    if entry.appointment_id is None:
        return account_mails.gives_up_at(entry, latest)
    appointment = appointments.find(tx, entry.practice_id, entry.appointment_id)
    if entry.kind == "reminder":
        return appointment.start - LATEST_REMINDER
    # A mail about a whole series stands with its first date, which may be over by then.
    return latest if entry.kind in series_letters.KINDS else min(latest, appointment.end)


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


def _as_preview(mail: OutgoingMail) -> dict[str, str]:
    return {
        "sender": mail.sender[0],
        "sender_name": mail.sender[1],
        "recipient": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "calendar": (mail.calendar or b"").decode(),
        "method": mail.method or "",
    }
