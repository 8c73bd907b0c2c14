"""Mails to the people who sign in, about their own account: a way back in, and what was changed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from scheduler.domain.calendars import OwnCalendar
from scheduler.domain.errors import NotFound
from scheduler.domain.practice import Practice
from scheduler.domain.staff import Account
from scheduler.services import personal_mails, rendering, wording
from scheduler.services.personal_mails import PersonalMail
from scheduler.store import account_tokens, accounts, catalogue, outbox
from scheduler.store.database import Transaction, transaction
from scheduler.store.outbox import OutboxEntry

RESET = "reset"
"""The purpose of a token that sets a new password."""

RESET_LIFE = 3600
"""Seconds for which such a link works."""

RESET_MAIL = "account_reset"
CHANGE_MAIL = "account_changed"
CALENDAR_MAIL = "account_calendar"
KEPT_FOR = 30 * 86400
"""Seconds after which a row about such a mail is deleted."""


class Change(StrEnum):
    """What somebody is told about their account."""

    PASSWORD = "password"  # noqa: S105 -- a word, none to sign in with
    RESET = "reset"
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    NEW_CODES = "new_codes"
    CODE_USED = "code_used"


def send_reset(tx: Transaction, account: Account, token: str, *, now: int) -> None:
    """Put the mail with a link to a new password into the outbox."""
    _send(tx, account, RESET_MAIL, {"token": token}, now)


def tell(tx: Transaction, account: Account, change: Change, *, now: int) -> None:
    """Tell the account's owner what was changed, so that a stranger's hand shows."""
    _send(tx, account, CHANGE_MAIL, {"change": change.value}, now)


def warn_of_calendar(tx: Transaction, calendar: OwnCalendar, *, now: int) -> None:
    """Tell who keeps this therapist's calendar that one of their own can no longer be read."""
    facts = {"good_at": calendar.created_at if calendar.read_at is None else calendar.read_at}
    for account in accounts.keepers(tx, calendar.practice_id, calendar.therapist_id):
        _send(tx, account, CALENDAR_MAIL, facts, now)


def compose(tx: Transaction, entry: OutboxEntry, public_url: str, *, now: int) -> PersonalMail:
    """The mail as it goes out now. **Raises** `NotFound`, with the reason, when it is of no use any more."""
    account = accounts.find_user(tx, user_id=entry.recipient)
    if account is None or not account.active:
        raise NotFound("the account is closed")
    facts = outbox.facts(tx, entry.id)
    token = str(facts.get("token", ""))
    if entry.kind == RESET_MAIL and account_tokens.find(tx, token, purpose=RESET, now=now) is None:
        raise NotFound("the link is used or over")
    practice = catalogue.by_id(tx, entry.practice_id).practice
    values = _values(account, practice, entry, facts, public_url)
    written = rendering.write_from(entry.kind, practice.language, values)
    return PersonalMail(practice, account.email, practice.language, written)


def gives_up_at(entry: OutboxEntry, latest: int) -> int:
    """Until when another attempt makes sense, at the `latest`."""
    return min(latest, entry.created_at + RESET_LIFE) if entry.kind == RESET_MAIL else latest


def forget(*, now: int) -> int:
    """Delete what is kept of such mails after its term (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return outbox.forget_account_mails(tx, before=now - KEPT_FOR)


def reset_link(public_url: str, token: str) -> str:
    """The address of the page that sets a new password."""
    return f"{public_url}/reset/{token}"


def _send(tx: Transaction, account: Account, kind: str, facts: Mapping[str, Any], now: int) -> None:
    personal_mails.send(tx, account.practice_id, account.id, kind, facts, now=now)


def _values(
    account: Account, practice: Practice, entry: OutboxEntry, facts: Mapping[str, Any], public_url: str
) -> dict[str, Any]:
    language, made_at = practice.language, int(facts.get("good_at", entry.created_at))
    return {
        "name": account.name,
        "practice": practice.name,
        "change": facts.get("change", ""),
        "day": wording.day_full(made_at, practice.zone, language),
        "clock": wording.clock(made_at, practice.zone, language),
        "until": wording.clock(made_at + RESET_LIFE, practice.zone, language),
        "link": reset_link(public_url, str(facts.get("token", ""))),
        "account_link": f"{public_url}/practice/account",
        "calendars_link": f"{public_url}/practice/calendars",
        "forgotten_link": f"{public_url}/practice/forgotten",
    }
