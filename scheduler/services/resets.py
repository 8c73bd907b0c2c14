"""A forgotten password: a link by mail that works once, for an hour, and for nothing else."""

from scheduler.domain.errors import NotFound
from scheduler.domain.staff import Account
from scheduler.services import account_mails, audit
from scheduler.services.account_mails import RESET, RESET_LIFE, Change
from scheduler.services.accounts import check_password, hash_password
from scheduler.store import account_tokens, accounts, limits
from scheduler.store.database import Transaction, reading, transaction
from scheduler.store.secrets import new_token

MAILS = 6
MAILS_WINDOW = 3600
"""So many links go to one account in so many seconds; whoever asks more often has these in the mailbox."""


def ask(email: str, counter: str, *, now: int) -> None:
    """Have a link sent to this address, if somebody signs in with it; `counter` is the limit's key for it.

    Whether it is known is left to the worker: neither answer nor time tell.
    """
    with transaction() as tx:
        asked, _ = limits.add(tx, counter, amount=1, window=MAILS_WINDOW, now=now)
        if asked <= MAILS:
            account_tokens.add_question(tx, email, now=now)


def answer(*, now: int) -> None:
    """Send links to those addresses with which somebody signs in (the worker, each round)."""
    with reading() as tx:
        if not account_tokens.has_questions(tx):
            return
    with transaction() as tx:
        for email, asked_at in account_tokens.take_questions(tx):
            account = accounts.find_user(tx, email=email)
            if account is None or not account.active or asked_at + RESET_LIFE <= now:
                continue
            token = new_token()
            _keep(tx, token, account, now)
            account_mails.send_reset(tx, account, token, now=now)
            _note(tx, account, "account.reset_asked", "stranger", now)


def link_for(email: str, *, now: int) -> str:
    """A token for the operator to hand over. **Raises** `NotFound`."""
    token = new_token()
    with transaction() as tx:
        account = accounts.find_user(tx, email=email)
        if account is None or not account.active:
            raise NotFound("nobody signs in with this address")
        _keep(tx, token, account, now)
        _note(tx, account, "account.reset_asked", "command line", now)
    return token


def account_of(token: str, *, now: int) -> Account:
    """Whose password the link sets. **Raises** `NotFound` once it is used or over."""
    with reading() as tx:
        return _living(tx, account_tokens.find(tx, token, purpose=RESET, now=now))


def set_password(token: str, plain: str, *, now: int) -> None:
    """Set a new password, once; it ends all sessions. **Raises** `NotFound`, `Refused`."""
    account = account_of(token, now=now)
    check_password(plain, account.name, account.email)
    hashed = hash_password(plain)
    with transaction() as tx:
        account = _living(tx, account_tokens.use(tx, token, purpose=RESET, now=now))
        accounts.set_password(tx, account.id, hashed)
        account_mails.tell(tx, account, Change.RESET, now=now)
        _note(tx, account, "account.reset", account.id, now)


def forget(*, now: int) -> int:
    """Delete links that are over (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return account_tokens.forget(tx, now=now)


def _keep(tx: Transaction, token: str, account: Account, now: int) -> None:
    account_tokens.add(tx, token, user_id=account.id, purpose=RESET, expires_at=now + RESET_LIFE)


def _living(tx: Transaction, user_id: str | None) -> Account:
    account = accounts.find_user(tx, user_id=user_id) if user_id else None
    if account is None or not account.active:
        raise NotFound("this link is used or over")
    return account


def _note(tx: Transaction, account: Account, action: str, actor: str, now: int) -> None:
    audit.note(tx, action, actor=actor, now=now, practice_id=account.practice_id, object_id=account.id)
