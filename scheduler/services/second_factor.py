"""The second factor at sign-in: codes of an app on the phone, each good once, and recovery codes.

**Source**: RFC 6238; RFC 4226; ASVS 5.0 section 6.5. libpass does the arithmetic.
"""

import re
from dataclasses import dataclass

from passlib.exc import TokenError  # type: ignore[import-untyped]  # ships no types
from passlib.pwd import genword  # type: ignore[import-untyped]  # ships no types
from passlib.totp import TOTP  # type: ignore[import-untyped]  # ships no types

from scheduler.domain.errors import Refused, WrongState
from scheduler.domain.staff import Account
from scheduler.services import account_mails, audit
from scheduler.services.account_mails import Change
from scheduler.store import second_factor as store
from scheduler.store.database import Transaction, reading, transaction

ISSUER = "Calm Scheduler"
WINDOW = 30
"""Seconds by which a phone's clock may be off, either way."""

CODES = 10
CODE_DIGITS = 12
"""Recovery codes: so many, of 48 random bits each."""

WRONG_CODE = "This code does not fit. Each works once: wait for the next, then type it here"
_FACTORY = TOTP.using(issuer=ISSUER)


@dataclass(frozen=True, slots=True)
class Setup:
    """How things stand: on or off, the secret to scan while it is not proven, unused recovery codes."""

    is_on: bool
    secret: str
    address: str
    codes_left: int

    @property
    def groups(self) -> str:
        """The secret in groups of four, for typing."""
        return " ".join(re.findall(".{4}", self.secret))


def setup(account: Account) -> Setup:
    """How it stands for this account; a secret in use is never shown again."""
    with reading() as tx:
        secret, step = store.find(tx, account.id)
        left = store.codes_left(tx, account.id)
    shown = secret if secret and step is None else ""
    address = str(_key(shown).to_uri(account.email)) if shown else ""
    return Setup(is_on=step is not None, secret=shown, address=address, codes_left=left)


def begin(account: Account) -> None:
    """Make a secret to be scanned; nothing is asked at sign-in before a first code proves it."""
    secret = str(_FACTORY.new().base32_key)
    with transaction() as tx:
        store.propose(tx, account.id, secret)


def turn_on(account: Account, code: str, *, now: int) -> list[str]:
    """Turn it on with a first code; the recovery codes, to be shown once.

    **Raises** `Refused` for a wrong code, `WrongState` where there is nothing to turn on.
    """
    codes = _new_codes()
    with transaction() as tx:
        secret, step = store.find(tx, account.id)
        if secret is None or step is not None:
            raise WrongState("there is nothing to turn on")
        if not _use(tx, account, secret, step, code, now):
            raise Refused({"code": WRONG_CODE})
        store.replace_codes(tx, account.id, map(plain_code, codes))
        _tell(tx, account, Change.FACTOR_ON, now)
    return codes


def turn_off(account: Account, *, now: int) -> None:
    """Turn it off; its secret and recovery codes are gone."""
    with transaction() as tx:
        _, step = store.find(tx, account.id)
        store.clear(tx, account.id)
        if step is not None:
            _tell(tx, account, Change.FACTOR_OFF, now)


def new_codes(account: Account, *, now: int) -> list[str]:
    """New recovery codes, to be shown once; the old ones end. **Raises** `WrongState` while it is off."""
    codes = _new_codes()
    with transaction() as tx:
        _, step = store.find(tx, account.id)
        if step is None:
            raise WrongState("the second factor is off")
        store.replace_codes(tx, account.id, map(plain_code, codes))
        _tell(tx, account, Change.NEW_CODES, now)
    return codes


def accepts(account: Account, code: str, *, now: int) -> bool:
    """Whether this is the app's code, or an unused recovery code; either is worth nothing afterwards."""
    typed = plain_code(code)
    with transaction() as tx:
        secret, step = store.find(tx, account.id)
        if secret is None or step is None:
            return False
        if _use(tx, account, secret, step, typed, now):
            return True
        if len(typed) != CODE_DIGITS or not store.use_code(tx, account.id, typed):
            return False
        _tell(tx, account, Change.CODE_USED, now)
    return True


def plain_code(code: str) -> str:
    """A code as typed, without spaces, hyphens and capitals."""
    return re.sub(r"[\s-]+", "", code).lower()


def _use(tx: Transaction, account: Account, secret: str, step: int | None, code: str, now: int) -> bool:
    try:
        match = _key(secret).match(plain_code(code), time=now, window=WINDOW, last_counter=step)
    except TokenError:
        return False
    return store.use_step(tx, account.id, int(match.counter))


def _key(secret: str) -> TOTP:
    return _FACTORY(key=secret, format="base32")


def _new_codes() -> list[str]:
    words = genword(length=CODE_DIGITS, charset="hex", returns=CODES)
    return ["-".join(re.findall(".{4}", word)) for word in words]


def _tell(tx: Transaction, account: Account, change: Change, now: int) -> None:
    account_mails.tell(tx, account, change, now=now)
    audit.note(tx, f"account.{change}", actor=account.id, now=now, practice_id=account.practice_id)
