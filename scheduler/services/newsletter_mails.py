"""The one mail about a newsletter that we send ourselves: whether this address really wants it."""

from scheduler.domain.errors import NotFound
from scheduler.domain.local_time import local_day
from scheduler.domain.news import Reader
from scheduler.domain.practice import Practice
from scheduler.services import personal_mails, rendering
from scheduler.services.personal_mails import PersonalMail
from scheduler.store import newsletter
from scheduler.store import practice as practices
from scheduler.store.database import Transaction
from scheduler.store.outbox import OutboxEntry

ASK = "newsletter_ask"
KINDS = frozenset({ASK})


def send(tx: Transaction, reader: Reader, *, now: int) -> None:
    """Put the mail that asks into the outbox."""
    personal_mails.send(tx, reader.practice_id, reader.id, ASK, {}, now=now)


def compose(tx: Transaction, mail: OutboxEntry, public_url: str) -> PersonalMail:
    """The mail as it goes out now. **Raises** `NotFound`, with the reason, when it is of no use any more."""
    reader = newsletter.find(tx, mail.recipient)
    practice = practices.find(tx, reader.practice_id)
    if reader.confirmed_at is not None:
        raise NotFound("the address is confirmed")
    if not practice.newsletter:
        raise NotFound("the practice offers none any more")
    values = {
        "practice": practice.discreet_name,
        "link": link(public_url, newsletter.token(tx, reader.id)),
        "help": rendering.help_line(practice, reader.language),
        "phone": practice.phone,
        "address": rendering.one_line(practice.address),
    }
    written = rendering.write_from(mail.kind, reader.language, values)
    return PersonalMail(practice, reader.email, reader.language, written)


def link(public_url: str, token: str) -> str:
    """The page on which an address says yes, or leaves."""
    return f"{public_url}/newsletter/{token}"


def day_of_yes(reader: Reader, practice: Practice) -> str:
    """The day on which somebody confirmed, as `2026-06-03`; empty before."""
    return "" if reader.confirmed_at is None else local_day(reader.confirmed_at, practice.zone).isoformat()
