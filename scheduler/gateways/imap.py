"""The mailbox into which calendar programs answer, by IMAP over verified TLS.

Only what has a calendar part is fetched, and without marking it; other people's mail stays
unopened and unseen.
**Source** RFC 3501; decision 0012.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from scheduler.domain.errors import SchedulerError
from scheduler.gateways.bounded_imap import BoundedImap, EncryptedImap

TIMEOUT = 10.0
DEADLINE = 40.0
"""Seconds for one step and for the whole conversation."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_STARTS = re.compile(rb"\d+ \(")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


class Trouble(StrEnum):
    """Why a mailbox could not be read; classes only."""

    NO_ANSWER = "no_answer"
    CERTIFICATE = "certificate"
    SIGN_IN = "sign_in"
    NO_FOLDER = "no_folder"
    SERVER = "server_trouble"


class MailboxFailure(SchedulerError):
    """The mailbox could not be read. The text names neither server nor account."""

    code = "mailbox_failed"

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"the mailbox of answers cannot be read ({trouble.value})")
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Account:
    """Where the mailbox is; `encrypted` false only on the loopback address."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    encrypted: bool = True


class OpenMailbox:
    """A selected folder. UIDs mean something only together with `uid_validity`.

    Each method **raises** `MailboxFailure`.
    """

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        self.uid_validity = self._number("UIDVALIDITY", 0)
        self.next_uid = self._number("UIDNEXT", 1)

    def after(self, uid: int) -> list[int]:
        """The UIDs above `uid`, ascending."""
        # `n:*` always names the last message too, even when its UID is below n.
        return [found for found in self._search("UID", f"{uid + 1}:*") if found > uid]

    def since(self, day: date) -> list[int]:
        """The UIDs of what arrived on that day or later, ascending."""
        return self._search("SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def with_calendar(self, uids: Sequence[int]) -> dict[int, int]:
        """UID -> bytes of those of the messages that have a calendar part, as the server describes them."""
        names = ",".join(map(str, uids))
        found = {}
        for line in _responses(self._ask("FETCH", names, "(RFC822.SIZE BODYSTRUCTURE)")):
            plain = _QUOTED.sub(b'""', line)
            uid, size = _UID.search(plain), _SIZE.search(plain)
            if uid and size and (b'"CALENDAR"' in line.upper() or b'"ICS"' in line.upper()):
                found[int(uid[1])] = int(size[1])
        return found

    def content(self, uid: int, most: int) -> bytes:
        """The first `most` bytes of a message, which stays unseen; empty when it is gone."""
        answered = self._ask("FETCH", str(uid), f"(BODY.PEEK[]<0.{most}>)")
        return next((item[1] for item in answered if isinstance(item, tuple)), b"")

    def mark_seen(self, uid: int) -> None:
        """Mark a message as read."""
        self._ask("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _search(self, *criteria: str) -> list[int]:
        answered = self._ask("SEARCH", *criteria)
        words = b" ".join(item for item in answered if isinstance(item, bytes)).split()
        return sorted(int(word) for word in words if word.isdigit())

    def _number(self, name: str, default: int) -> int:
        given = self._client.response(name)[1][-1]
        return int(given) if isinstance(given, bytes) and given.isdigit() else default

    def _ask(self, command: str, *words: str) -> list[Any]:
        with _translated():
            state, answered = self._client.uid(command, *words)
        if state != "OK":
            raise MailboxFailure(Trouble.SERVER)
        return list(answered)


@contextmanager
def opened(
    account: Account,
    *,
    tls: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT,
    deadline: float = DEADLINE,
) -> Iterator[OpenMailbox]:
    """The account's folder, open for reading and marking.

    **Raises** `MailboxFailure`, also for a plain connection to another machine.
    """
    if not account.encrypted and account.host not in LOOPBACK:
        raise MailboxFailure(Trouble.CERTIFICATE)
    with _translated():
        client = _connect(account, tls, timeout, deadline)
    try:
        with _translated():
            _sign_in(client, account)
            _select(client, account.folder)
        yield OpenMailbox(client)
    finally:
        with suppress(OSError, imaplib.IMAP4.error, ValueError):
            client.logout()
        client.stop_clock()


def _connect(account: Account, tls: ssl.SSLContext | None, timeout: float, deadline: float) -> BoundedImap:
    where = account.host, account.port
    if not account.encrypted:
        return BoundedImap(*where, timeout=timeout, deadline=deadline)
    context = tls or ssl.create_default_context()
    return EncryptedImap(*where, ssl_context=context, timeout=timeout, deadline=deadline)


def _sign_in(client: imaplib.IMAP4, account: Account) -> None:
    try:
        if "AUTH=PLAIN" in client.capabilities:
            words = f"\0{account.username}\0{account.password}".encode()
            client.authenticate("PLAIN", lambda _: words)
        else:
            client.login(_quoted(account.username), account.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError) as error:
        raise MailboxFailure(Trouble.SIGN_IN) from error


def _select(client: imaplib.IMAP4, folder: str) -> None:
    try:
        state, _ = client.select(_quoted(folder))
    except imaplib.IMAP4.readonly:
        state = "NO"
    if state != "OK":
        raise MailboxFailure(Trouble.NO_FOLDER)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailboxFailure(Trouble.CERTIFICATE) from error
    except (OSError, imaplib.IMAP4.abort) as error:
        raise MailboxFailure(Trouble.NO_ANSWER) from error
    except imaplib.IMAP4.error as error:
        raise MailboxFailure(Trouble.SERVER) from error


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _responses(items: Sequence[Any]) -> list[bytes]:
    """One line for each message: imaplib cuts a response at every literal in it."""
    lines: list[bytes] = []
    for item in items:
        text = b" ".join(item) if isinstance(item, tuple) else item
        if not isinstance(text, bytes):
            continue
        if _STARTS.match(text) or not lines:
            lines.append(text)
        else:
            lines[-1] += text
    return lines
