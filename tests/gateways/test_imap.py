"""The mailbox of answers on a real server, and what a server may not do to us."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.gateways import bounded_imap, imap
from scheduler.gateways.imap import Account, MailboxFailure, Trouble
from tests.support.answering import OFFICE, calendar, mail, of_apple, of_gmail
from tests.support.imap import PASSWORD, Mailbox
from tests.support.patience import PATIENCE, STUBBORN, ends_by_itself
from tests.support.ports import free_port

UID = "3f2b9d0e-7e0c-4a39-9a51-1de3f7f3a001"
VERA = "vera@example.org"
LETTER = mail('She said "UID 99" and (RFC822.SIZE 1)', sender=VERA, kind='text/plain; name="UID 99 (x).txt"')


def account(mailbox: Mailbox, **changes: object) -> Account:
    """The mailbox over TLS, as its certificate has it."""
    values = {
        "host": "localhost",
        "port": mailbox.server.tls_port,
        "username": mailbox.user,
        "password": PASSWORD,
    }
    return Account(**{**values, **changes})  # type: ignore[arg-type]


def test_only_mails_with_a_calendar_are_named_and_none_is_marked(mailbox: Mailbox) -> None:
    answer = of_gmail(UID, VERA)
    mailbox.put(LETTER, answer, LETTER, of_apple(UID, VERA))
    with imap.opened(account(mailbox), tls=mailbox.server.trust) as box:
        uids = box.after(0)
        found = box.with_calendar(uids)
        assert (uids, sorted(found), box.next_uid) == ([1, 2, 3, 4], [2, 4], 5)
        assert found[2] == len(answer)
        assert box.content(2, 1_000_000) == answer
        assert len(box.content(4, 100)) == 100
    assert mailbox.flags() == ["", "", "", ""]


def test_what_is_marked_is_that_one(mailbox: Mailbox) -> None:
    mailbox.put(LETTER, of_apple(UID, VERA), LETTER)
    with imap.opened(account(mailbox), tls=mailbox.server.trust) as box:
        box.mark_seen(2)
    assert mailbox.flags() == ["", r"\Seen", ""]


def test_reading_goes_on_behind_the_last_message(mailbox: Mailbox) -> None:
    mailbox.put(LETTER, LETTER)
    today = datetime.now(UTC).date()
    with imap.opened(account(mailbox), tls=mailbox.server.trust) as box:
        assert (box.after(1), box.after(2), box.after(7)) == ([2], [], [])
        assert (box.since(today - timedelta(days=1)), box.since(today + timedelta(days=2))) == ([1, 2], [])
        assert box.content(9, 100) == b""


def test_an_empty_mailbox_is_no_trouble(mailbox: Mailbox) -> None:
    with imap.opened(account(mailbox), tls=mailbox.server.trust) as box:
        assert (box.after(0), box.next_uid) == ([], 1)


def test_a_certificate_that_is_unknown_or_of_another_host_is_refused(mailbox: Mailbox) -> None:
    for place, trust in (({}, None), ({"host": "127.0.0.1"}, mailbox.server.trust)):
        with pytest.raises(MailboxFailure) as raised, imap.opened(account(mailbox, **place), tls=trust):
            pass
        assert raised.value.trouble is Trouble.CERTIFICATE


def test_no_password_goes_out_unencrypted_to_another_machine() -> None:
    plain = Account("192.0.2.1", 143, "office", PASSWORD, encrypted=False)
    with pytest.raises(MailboxFailure) as raised, imap.opened(plain):
        pass
    assert raised.value.trouble is Trouble.CERTIFICATE


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"password": "wrong"}, Trouble.SIGN_IN),
        ({"folder": 'Nowhere" (x'}, Trouble.NO_FOLDER),
        ({"port": 0}, Trouble.NO_ANSWER),
    ],
)
def test_trouble_is_told_by_its_class(mailbox: Mailbox, changes: dict[str, object], trouble: Trouble) -> None:
    if "port" in changes:
        changes = {"port": free_port()}
    place = account(mailbox, **changes)
    with pytest.raises(MailboxFailure) as raised, imap.opened(place, tls=mailbox.server.trust):
        pass
    assert raised.value.trouble is trouble
    assert not {mailbox.user, PASSWORD, "localhost", OFFICE} & set(str(raised.value).split())


def test_a_folder_of_another_name_is_read(mailbox: Mailbox) -> None:
    mailbox.make_anew("Of calendars")
    mailbox.put(of_apple(UID, VERA), folder="Of calendars")
    with imap.opened(account(mailbox, folder="Of calendars"), tls=mailbox.server.trust) as box:
        assert box.after(0) == [1]


# ---- servers that mean no good ---------------------------------------------

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] here\r\n"


@contextmanager
def speaking(*chunks: bytes, pause: float = 0.0, again: bytes = b"") -> Iterator[int]:
    """The port of a server that says these things whatever it hears, then one of them stubbornly."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def talk() -> None:
            with suppress(OSError), listener.accept()[0] as peer:
                peer.settimeout(STUBBORN)
                until = time.monotonic() + STUBBORN
                for chunk in chunks:
                    peer.sendall(chunk)
                while again and not over.wait(pause) and time.monotonic() < until:
                    peer.sendall(again)
                over.wait(STUBBORN)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def read(port: int, *, timeout: float, deadline: float) -> MailboxFailure:
    """How reading from such a server ends."""
    plain = Account("127.0.0.1", port, "office", "x", encrypted=False)
    with (
        pytest.raises(MailboxFailure) as raised,
        imap.opened(plain, timeout=timeout, deadline=deadline) as box,
    ):
        box.after(0)
    return raised.value


@pytest.mark.parametrize(
    ("chunks", "again"),
    [((), b""), ((), b"x"), ((GREETING,), b"* OK still there\r\n")],
    ids=["silent", "dripping a greeting", "never done"],
)
def test_a_server_that_takes_its_time_is_left(chunks: tuple[bytes, ...], again: bytes) -> None:
    with speaking(*chunks, pause=0.02, again=again) as port, ends_by_itself():
        assert read(port, timeout=0.6, deadline=0.8).trouble is Trouble.NO_ANSWER


def test_a_server_that_says_too_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_imap, "MOST_BYTES", 100_000)
    with (
        speaking(GREETING, b"* 1 FETCH (BODY[] {2000000000}\r\n", pause=0.001, again=b"x" * 1000) as port,
        ends_by_itself(),
    ):
        assert read(port, timeout=STUBBORN, deadline=STUBBORN).trouble is Trouble.NO_ANSWER


def test_a_mail_that_is_one_of_the_largest_comes_through(mailbox: Mailbox) -> None:
    mailbox.put(mail(calendar(UID, VERA) + "x" * 900_000, sender=VERA))
    with imap.opened(account(mailbox), tls=mailbox.server.trust) as box:
        assert len(box.content(1, 1_000_000)) == box.with_calendar([1])[1]
