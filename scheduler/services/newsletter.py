"""A practice's newsletter: who asked for it and said yes by link. We keep the addresses; the practice writes.

Asking, confirming and leaving look the same whether or not an address is known; no row names an appointment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from scheduler.domain.consents import NEWSLETTER
from scheduler.domain.errors import NotFound, Refused, TooMany, WrongState
from scheduler.domain.news import ASK_AGAIN_AFTER, CONFIRM_WITHIN, Reader
from scheduler.domain.practice import Practice, text
from scheduler.services import audit, mail_limits, newsletter_mails, practice_settings
from scheduler.services.contacts import mail_key
from scheduler.services.desk import Desk
from scheduler.store import consents
from scheduler.store import newsletter as store
from scheduler.store import practice as practices
from scheduler.store.consents import Kept
from scheduler.store.database import Transaction, reading, transaction
from scheduler.store.secrets import new_token


@dataclass(frozen=True, slots=True)
class Shown:
    """What the link of a mail shows: the words, and the version to which a yes agrees; None takes no yes."""

    practice: Practice
    reader: Reader
    words: str
    version: int | None


def ask(
    tx: Transaction, practice: Practice, email: str, language: str, *, now: int, limited: bool = True
) -> None:
    """Ask an address by mail whether it wants the newsletter: at most once an hour, and within all limits.

    Says nothing about what it did: an address that is on the list already hears nothing more. It
    counts as a mail all the same, or the number of bookings that are taken would tell who is on it.
    """
    words = consents.newest(tx, practice.id, NEWSLETTER)
    if not practice.newsletter or words is None:
        return
    known = store.of_address(tx, practice.id, mail_key(email))
    reader = known or Reader(str(uuid4()), practice.id, email, language, words.version, now)
    if limited:
        try:
            mail_limits.count_one(tx, reader.id, email, now=now)
        except TooMany:
            return
    if not _may_be_asked(known, now):
        return
    if known is None:
        store.add(tx, reader, token=new_token(), key=mail_key(email))
    else:
        store.change(tx, replace(reader, language=language, asked_at=now))
    newsletter_mails.send(tx, reader, now=now)


def question_to(tx: Transaction, practice: Practice, email: str) -> Reader | None:
    """What an address was asked and has not answered."""
    known = store.of_address(tx, practice.id, mail_key(email))
    return known if known is not None and known.confirmed_at is None else None


def ask_instead(
    tx: Transaction, practice: Practice, asked: Reader, email: str, language: str, *, now: int
) -> None:
    """The question went to a wrong address: it is dropped there, with its mail, and goes to the right one."""
    store.remove(tx, asked.id)
    ask(tx, practice, email, language, now=now)


def show(token: str) -> Shown:
    """What the link shows. **Raises** `NotFound`, also once the address was taken off."""
    with reading() as tx:
        return _shown(tx, token)


def confirm(token: str, version: int, *, now: int) -> None:
    """Say yes to the words of this version. **Raises** `WrongState` where others stand there, `NotFound`."""
    with transaction() as tx:
        shown = _shown(tx, token)
        if shown.reader.confirmed_at is not None:
            return
        if shown.version is None or shown.version != version:
            raise WrongState("these words are not what is asked now")
        store.change(tx, replace(shown.reader, text_version=version, confirmed_at=now))


def leave(token: str) -> None:
    """Take the address off and forget it. **Raises** `NotFound` once that is done."""
    with transaction() as tx:
        store.remove(tx, store.by_token(tx, token).id)


def forget(*, now: int) -> int:
    """Delete addresses that nobody confirmed in time (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget(tx, asked_before=now - CONFIRM_WITHIN)


def box_words(practice: Practice, language: str) -> str:
    """What stands beside the box of the booking form; empty where there is none."""
    kept = words_of(practice) if practice.newsletter else None
    return text(kept.texts, language) if kept else ""


# ---- the practice's side ---------------------------------------------------


def words_of(practice: Practice) -> Kept | None:
    """The words beside the box as they are now; None before the first."""
    with reading() as tx:
        return consents.newest(tx, practice.id, NEWSLETTER)


def save(desk: Desk, wanted: bool, texts: Mapping[str, str], *, now: int) -> None:
    """Offer the newsletter or not, with these words; other words are a new version, the old one stays.

    **Raises** `Refused` where it is wanted without a word in one of the languages.
    """
    lacking = [tag for tag in desk.practice.languages if not texts.get(tag)]
    if wanted and lacking:
        raise Refused(dict.fromkeys((f"words-{tag}" for tag in lacking), "Tell visitors what you send them"))
    filled = {tag: words for tag, words in texts.items() if words}
    with transaction() as tx:
        before = consents.newest(tx, desk.practice.id, NEWSLETTER)
        if filled and (before is None or dict(before.texts) != filled):
            version = before.version + 1 if before else 1
            consents.keep(tx, desk.practice.id, NEWSLETTER, version, filled, now=now)
    practice_settings.offer_newsletter(desk, wanted, now=now)


def readers(desk: Desk) -> list[Reader]:
    """Who said yes, in that order. **Raises** `NotFound` for anybody but an owner."""
    with reading() as tx:
        return [reader for reader, _ in _confirmed(tx, desk)]


def exported(desk: Desk, public_url: str, *, now: int) -> list[tuple[str, ...]]:
    """A row for each reader under a row of headings, with the link by which to leave. Noted in the trail."""
    with transaction() as tx:
        rows = [
            (
                reader.email,
                reader.language,
                newsletter_mails.day_of_yes(reader, desk.practice),
                str(reader.text_version),
                newsletter_mails.link(public_url, token),
            )
            for reader, token in _confirmed(tx, desk)
        ]
        _note(tx, desk, "newsletter.export", now)
    return [("email", "language", "confirmed", "version", "leave"), *rows]


def remove(desk: Desk, reader_id: str, *, now: int) -> Reader:
    """Take somebody off, as they asked the practice to. **Raises** `NotFound`."""
    with transaction() as tx:
        reader = store.find(tx, reader_id)
        if reader.practice_id != desk.practice.id or not desk.is_owner:
            raise NotFound("no such reader")
        store.remove(tx, reader_id)
        _note(tx, desk, "newsletter.remove", now, reader_id)
        return reader


def _may_be_asked(known: Reader | None, now: int) -> bool:
    if known is None:
        return True
    return known.confirmed_at is None and known.asked_at <= now - ASK_AGAIN_AFTER


def _shown(tx: Transaction, token: str) -> Shown:
    reader = store.by_token(tx, token)
    practice = practices.find(tx, reader.practice_id)
    newest = consents.newest(tx, practice.id, NEWSLETTER) if practice.newsletter else None
    agreed = consents.find(tx, practice.id, NEWSLETTER, reader.text_version)
    kept = agreed if reader.confirmed_at is not None else newest
    words = text(kept.texts, reader.language) if kept else ""
    return Shown(practice, reader, words, newest.version if newest else None)


def _confirmed(tx: Transaction, desk: Desk) -> list[tuple[Reader, str]]:
    if not desk.is_owner:
        raise NotFound("no such page")
    return store.confirmed(tx, desk.practice.id)


def _note(tx: Transaction, desk: Desk, action: str, now: int, object_id: str | None = None) -> None:
    practice_id = desk.practice.id
    audit.note(
        tx, action, actor=desk.actor, now=now, practice_id=practice_id, object_id=object_id or practice_id
    )
