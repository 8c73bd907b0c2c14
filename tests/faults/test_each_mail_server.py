"""One kind of misbehaviour at a time: each mail arrives in the end or is shown as failed, without copies."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from faults.mail_server import GOOD, WildMailServer
from scheduler.gateways.smtp import SecureMail
from scheduler.services import messages
from scheduler.store import outbox
from scheduler.store.database import reading
from scheduler.store.outbox import OutboxEntry, State
from tests.services.mailing import HOUR, MINUTE, NOW, START, Mailing, settle
from tests.support.patience import PATIENCE, ends_by_itself
from tests.support.ports import free_port

IMPATIENCE = 0.3
"""Seconds without a word from a server that will not say any."""
MAILS = 4
ENDLESS = frozenset({"hang", "hang_data", "drip"})
REFUSED = frozenset({"refuse", "refuse_data"})
MAY_COME_TWICE = frozenset({"accept_drop"})


@pytest.fixture
def wild() -> Iterator[WildMailServer]:
    """The server that misbehaves."""
    server = WildMailServer()
    yield server
    server.close()


def practice_before(make_app: Callable[..., Flask], database: str, port: int) -> Mailing:
    """Two bookings, so two mails to visitors and two to Ada."""
    mailing = settle(make_app(database, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port)))
    kind = mailing.kind()
    for number in range(MAILS // 2):
        mailing.book(kind, start=START + number * HOUR, email=f"vera{number}@mail.example")
    return mailing


def mails(mailing: Mailing) -> list[OutboxEntry]:
    """All that is to be sent now."""
    with mailing.app.app_context(), reading() as tx:
        return [one for one in outbox.entries(tx, mailing.practice.id) if one.kind != "reminder"]


def work_until_done(mailing: Mailing, now: int) -> None:
    """Rounds at the times at which mails fall due, until none waits; a dozen at most."""
    for _ in range(12):
        waiting = [mail.due_at for mail in mails(mailing) if mail.state is State.WAITING]
        if not waiting:
            return
        now = max(now, *waiting)
        mailing.work(now)


@pytest.mark.parametrize(
    "mode",
    ["ok", "temp", "greylist", "refuse", "refuse_data", "full", "drop", "accept_drop", "hang", "hang_data",
     "drip", "slow", "flaky"],
)  # fmt: skip
def test_each_mail_arrives_in_the_end_or_is_shown_as_failed(
    make_app: Callable[..., Flask], sqlite_database: str, wild: WildMailServer, mode: str
) -> None:
    mailing = practice_before(make_app, sqlite_database, wild.port)
    wild.weights = {mode: 1}
    seconds = IMPATIENCE if mode in ENDLESS else PATIENCE
    SecureMail(mailing.app, connect_timeout=seconds, data_timeout=seconds)
    for now in (NOW, NOW + 2 * MINUTE):
        with ends_by_itself():
            mailing.work(now)
    wild.weights = GOOD
    SecureMail(mailing.app, connect_timeout=PATIENCE, data_timeout=PATIENCE)
    work_until_done(mailing, NOW + 3 * MINUTE)

    states = Counter(mail.state for mail in mails(mailing))
    with mailing.app.app_context():
        shown = messages.undelivered(mailing.practice.id)
    copies = Counter(mail.message_id for mail in wild.taken)
    assert states == {State.FAILED if mode in REFUSED else State.SENT: MAILS}
    assert len(shown) == states[State.FAILED]
    assert len(copies) == states[State.SENT]
    assert mode in MAY_COME_TWICE or set(copies.values()) <= {1}


def test_a_server_that_refuses_connections_gets_its_mails_when_it_is_back(
    make_app: Callable[..., Flask], sqlite_database: str, wild: WildMailServer
) -> None:
    mailing = practice_before(make_app, sqlite_database, free_port())
    mailing.work(NOW)
    mailing.app.config["MAIL_PORT"] = wild.port
    SecureMail(mailing.app)
    work_until_done(mailing, NOW)

    assert Counter(mail.state for mail in mails(mailing)) == {State.SENT: MAILS}
    assert len(wild.taken) == MAILS
