"""Keeping a time for a visitor: press, type, give back; and what happens when nobody comes back."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from scheduler.domain import appointment as lifecycle
from scheduler.domain.appointment import Action, Appointment, Status
from scheduler.domain.errors import NotFound, SlotTaken, TooMany
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.services import placing
from scheduler.services.offers import check_open
from scheduler.store import appointments, catalogue, limits, occupancy, participants
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, reading, retried, transaction, vault_of
from scheduler.store.secrets import new_token

PER_SOURCE = 3
PER_PRACTICE = 60
ANSWERS_SECONDS = 24 * 3600
"""How long what was typed stays on a hold that ended without a booking."""


@dataclass(frozen=True, slots=True)
class Held:
    """A time kept for a visitor. `status` is held, expired or booked; `manage_token` only when booked."""

    token: str
    practice: Practice
    kind: AppointmentType
    therapist: Therapist
    start: int
    end: int
    status: str
    answers: Mapping[str, str]
    expires_at: int | None
    manage_token: str | None = None


@retried
def hold(
    practice: Practice,
    kind: AppointmentType,
    *,
    start: int,
    therapist: Therapist | None,
    source: str,
    language: str,
    zone: str,
    now: int,
    answers: Mapping[str, str] | None = None,
    press: str = "",
    limited: bool = True,
) -> Held:
    """Keep a time for 15 minutes. **Raises** `SlotTaken`, `TooMany`, `Paused`.

    `press` is a word that only this visitor's page knows. The same time pressed there once more
    gives the same hold, or what was booked of it; another time takes the place of the first,
    and what was typed goes along: nobody loses a time to oneself.
    """
    with transaction() as tx:
        stock = catalogue.by_id(tx, practice.id)
        check_open(stock.practice, now)
        source_hash = vault_of(tx).lookup("source", source)
        token, earlier = _of_press(tx, stock, press, now)
        for one in earlier:
            if (one.start, one.kind.id) == (start, kind.id):
                return one
            if one.status == "held":
                _release(tx, stock, one.token, now)
                answers = answers or one.answers
        try:
            person, stock = placing.place(tx, stock, kind, start, therapist, now=now)
        except SlotTaken:
            at_once = _pressed_at_once(tx, stock, token, now)
            if at_once is None:
                raise
            return at_once
        at_once = _pressed_at_once(tx, stock, token, now)
        if at_once is not None:
            return at_once
        if limited:
            _check_holds(tx, practice.id, source_hash, now)
        kind = stock.type_of_id(kind.id)
        held = placing.new_appointment(
            tx, stock, kind, person, start, status=Status.HELD, language=language, zone=zone, now=now
        )
        appointments.add(tx, held, hold_token=token, source_hash=source_hash)
        if answers:
            appointments.keep_answers(tx, held.id, answers)
        return _held(tx, stock, token, held, answers or {}, now)


def find(practice: Practice, token: str, *, now: int) -> Held:
    """The hold of this token with what was typed so far. **Raises** `NotFound`."""
    with reading() as tx:
        held, answers = appointments.by_hold(tx, practice.id, token)
        return _held(tx, catalogue.by_id(tx, practice.id), token, held, answers, now)


def keep_answers(practice: Practice, token: str, answers: Mapping[str, str], *, now: int) -> None:
    """Keep what was typed on the hold, so that nothing is lost. **Raises** `NotFound`."""
    with transaction() as tx:
        held, _ = appointments.by_hold(tx, practice.id, token)
        if held.status in (Status.HELD, Status.EXPIRED):
            appointments.keep_answers(tx, held.id, answers)


@retried
def release(practice: Practice, token: str, *, now: int) -> None:
    """Give the held time back at once. **Raises** `NotFound`; does nothing when it is no longer held."""
    with transaction() as tx:
        _release(tx, catalogue.by_id(tx, practice.id), token, now)


def expire_lapsed(now: int) -> int:
    """End holds and requests whose time ran out; returns how many. The worker's sweep."""
    with reading() as tx:
        lapsed = appointments.lapsed(tx, now=now)
    for one in lapsed:
        _expire_one(one, now)
    return len(lapsed)


def forget_answers(*, now: int) -> int:
    """Empty holds that ended a day ago of what was typed on them; returns how many. The worker's sweep."""
    with transaction() as tx:
        return appointments.forget_answers(tx, ended_before=now - ANSWERS_SECONDS)


@retried
def _expire_one(lapsed: Appointment, now: int) -> None:
    with transaction() as tx:
        stock = catalogue.by_id(tx, lapsed.practice_id)
        placing.clear(tx, stock, stock.therapist_of_id(lapsed.therapist_id), lapsed.busy, now=now)


def _of_press(tx: Transaction, stock: Catalogue, press: str, now: int) -> tuple[str, list[Held]]:
    """A token that no hold has yet, and what the page with this word keeps or has booked already."""
    running: list[Held] = []
    if not press:
        return new_token(), running
    for turn in count():
        word = vault_of(tx).lookup("press", f"{stock.practice.id} {turn} {press}")
        token = urlsafe_b64encode(word).decode().rstrip("=")
        try:
            held, answers = appointments.by_hold(tx, stock.practice.id, token)
        except NotFound:
            break
        if held.is_live and (held.expires_at is None or held.expires_at > now):
            running.append(_held(tx, stock, token, held, answers, now))
    return token, running


def _pressed_at_once(tx: Transaction, stock: Catalogue, token: str, now: int) -> Held | None:
    """What the same page has kept since, by a second press at the same moment: the calendar is locked now."""
    try:
        held, answers = appointments.by_hold(tx, stock.practice.id, token)
    except NotFound:
        return None
    return _held(tx, stock, token, held, answers, now)


def _release(tx: Transaction, stock: Catalogue, token: str, now: int) -> None:
    held, _ = appointments.by_hold(tx, stock.practice.id, token)
    if held.status is Status.HELD:
        placing.clear(tx, stock, stock.therapist_of_id(held.therapist_id), now=now)
        status = lifecycle.after(held.status, Action.RELEASE)
        appointments.change(tx, held, replace(held, status=status, expires_at=None, changed_at=now))


def _check_holds(tx: Transaction, practice_id: str, source_hash: bytes, now: int) -> None:
    # Holds pressed at once, in several calendars, are all seen. Calendars are locked before, in every
    # transaction; a practice holds so few times that its visitors can take turns.
    limits.take_turns(tx, source_hash, vault_of(tx).lookup("holds", practice_id))
    if occupancy.holds_of_source(tx, practice_id, source_hash, now=now) >= PER_SOURCE:
        raise TooMany(lifecycle.HOLD_SECONDS)
    if occupancy.holds_of_practice(tx, practice_id, now=now) >= PER_PRACTICE:
        raise TooMany(lifecycle.HOLD_SECONDS)


def _held(
    tx: Transaction,
    stock: Catalogue,
    token: str,
    held: Appointment,
    answers: Mapping[str, str],
    now: int,
) -> Held:
    lapsed = held.expires_at is not None and held.expires_at <= now
    still_held = held.status is Status.HELD and not lapsed
    status = "booked" if held.participants else "held" if still_held else "expired"
    booker = held.booker  # whoever else is invited has a link of their own, which this page never learns
    return Held(
        token=token,
        practice=stock.practice,
        kind=stock.type_of_id(held.type_id),
        therapist=stock.therapist_of_id(held.therapist_id),
        start=held.start,
        end=held.end,
        status=status,
        answers=answers,
        expires_at=held.expires_at,
        manage_token=participants.token(tx, booker.id) if booker else None,
    )
