"""Staff accounts: passwords, look-up for sign-in, and sessions that can be ended at once."""

import re
import unicodedata
from importlib import resources

from argon2 import PasswordHasher

from scheduler.domain.errors import Refused
from scheduler.domain.staff import Account
from scheduler.services import account_mails, audit
from scheduler.services.account_mails import Change
from scheduler.store import accounts as store
from scheduler.store.accounts import StoredSession
from scheduler.store.database import reading, transaction

SHORTEST = 12
LONGEST = 128
ABSOLUTE_LIFE = 12 * 3600
"""Seconds after which a session ends however busy it is."""

ARGON2_TIME = 2
ARGON2_MEMORY = 19456
ARGON2_PARALLELISM = 1
"""Argon2id as OWASP's Password Storage Cheat Sheet asks; the sign-in form re-hashes what differs."""

_HASHER = PasswordHasher(time_cost=ARGON2_TIME, memory_cost=ARGON2_MEMORY, parallelism=ARGON2_PARALLELISM)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
)
_NEIGHBOURS = {
    row[at : at + 2] for line in _ROWS for row in (line, line[::-1]) for at in range(len(line) - 1)
}
_LOOK_ALIKES = str.maketrans("013457@$!", "oieastasi")


def hash_password(plain: str) -> str:
    """Argon2id of the password. Slow on purpose: never call it inside a transaction."""
    return _HASHER.hash(normalised_password(plain))


def normalised_password(plain: str) -> str:
    """One form for what keyboards write in several."""
    return unicodedata.normalize("NFKD", plain)


def account_word(email: str) -> str:
    """The form of an address under which tries to sign in are counted."""
    return store.normalised(email)


def check_password(plain: str, *about: str) -> None:
    """Whether a new password will do; `about` is what others know of the person (name, address).

    **Raises** `Refused` with the field `password`. **Source**: ASVS 5.0 section 6.2.
    """
    if not SHORTEST <= len(plain) <= LONGEST:
        raise Refused({"password": "Use 12 to 128 characters. A few words in a row are fine"})
    if _is_common(plain, about):
        raise Refused(
            {"password": "This password is easy to guess. Try a few words that do not belong together"}
        )


def find_by_email(email: str) -> Account | None:
    """The account that signs in with this address."""
    with reading() as tx:
        return store.find_user(tx, email=email)


def find_by_key(key: str) -> Account | None:
    """The account that a session names."""
    with reading() as tx:
        return store.find_user(tx, key=key)


def replace_hash(user_id: str, password_hash: str) -> None:
    """Keep the same password under a newer hash."""
    with transaction() as tx:
        store.replace_hash(tx, user_id, password_hash)


def change_password(account: Account, plain: str, *, now: int) -> Account:
    """Set a new password, which ends every session; the account as it is now. **Raises** `Refused`."""
    check_password(plain, account.name, account.email)
    hashed = hash_password(plain)
    with transaction() as tx:
        store.set_password(tx, account.id, hashed)
        account_mails.tell(tx, account, Change.PASSWORD, now=now)
        audit.note(tx, "account.password", actor=account.id, now=now, practice_id=account.practice_id)
        changed = store.find_user(tx, user_id=account.id)
    return changed or account


def disable(user_id: str) -> None:
    """Close an account: its open pages are signed out with their next request."""
    with transaction() as tx:
        store.set_active(tx, user_id, active=False)


# ---- sessions --------------------------------------------------------------


def find_session(session_id: str, *, now: int) -> StoredSession | None:
    """What is kept of a session that is still alive."""
    with reading() as tx:
        return store.find_session(tx, session_id, now=now, started_after=now - ABSOLUTE_LIFE)


def begin_session(
    session_id: str, *, replaces: str | None, account_key: str, content: bytes, idle: int, now: int
) -> None:
    """Begin a session that ends after `idle` seconds without use, and end the one that it replaces."""
    with transaction() as tx:
        if replaces:
            store.end_session(tx, replaces)
        store.add_session(
            tx, session_id, account_key=account_key, content=content, created_at=now, expires_at=now + idle
        )


def change_session(session_id: str, *, content: bytes, idle: int, now: int) -> None:
    """Keep what changed in a session, and let it live on."""
    with transaction() as tx:
        store.change_session(tx, session_id, content=content, expires_at=now + idle)


def end_session(session_id: str) -> None:
    """Sign out: the session is worth nothing from now on."""
    with transaction() as tx:
        store.end_session(tx, session_id)


def forget_sessions(*, now: int) -> int:
    """Delete sessions that are over (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget_sessions(tx, now=now, started_before=now - ABSOLUTE_LIFE)


# ---- passwords that are easy to guess --------------------------------------


def _is_common(plain: str, about: tuple[str, ...]) -> bool:
    word = plain.casefold()
    if len(set(word)) < 5 or _is_run(word):
        return True
    about_them = {part for text in about for part in re.split(r"[\W_]+", text.casefold()) if len(part) > 3}
    known = sorted(_common_words() | about_them, key=len, reverse=True)
    return any(_is_little_more_than(known, spelled) for spelled in (word, word.translate(_LOOK_ALIKES)))


def _is_little_more_than(known: list[str], word: str) -> bool:
    """Whether one or two known words, dressed with a year or a sign, are all there is."""
    found = 0
    for part in known:
        if part in word:
            found += 1
            word = word.replace(part, "")
    letters = re.sub(r"[\W\d_]+", "", word)
    return 0 < found < 3 and len(letters) < 4 and len(set(word)) < 6


def _is_run(word: str) -> bool:
    """Whether nearly every character follows its neighbour: 123456789012, abcdefabcdef, rows of keys."""
    steps = [word[at : at + 2] for at in range(len(word) - 1)]
    return sum(step in _NEIGHBOURS or step[0] == step[1] for step in steps) > 0.7 * len(steps)


def _common_words() -> frozenset[str]:
    text = resources.files("scheduler.services").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line)
