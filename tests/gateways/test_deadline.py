"""Mail servers that go on talking, a byte at a time, are left in the end."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from scheduler.gateways import smtp
from scheduler.gateways.smtp import (
    LONGEST_CONVERSATION,
    SecureConnection,
    SecureMail,
    TemporaryFailure,
    deliver,
)
from scheduler.services.delivery import LEASE_SECONDS
from tests.gateways.mails import TO_VERA
from tests.gateways.scripted import BODY, GREETING, scripted_server
from tests.support.mail import make_certificate
from tests.support.patience import PATIENCE, STUBBORN, ends_by_itself

HURRY = 0.4 / STUBBORN
"""Less than half a second altogether, while no silence is too long: what is judged can only be the whole."""


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Conversations are soon too long, until it is told to `undo`."""
    monkeypatch.setattr(smtp, "_WHOLE_MAIL", HURRY)
    return monkeypatch


@pytest.fixture
def brief_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The greeting, and the rest of connecting, are soon too long."""
    monkeypatch.setattr(smtp, "_WHOLE_CONNECTING", HURRY)


@contextmanager
def connected_to(port: int, tls: ssl.SSLContext | None = None) -> Iterator[SecureConnection]:
    app = Flask("mail")
    app.config.update(MAIL_SERVER="localhost" if tls else "127.0.0.1", MAIL_PORT=port, MAIL_USE_SSL=bool(tls))
    mail = SecureMail(app, connect_timeout=STUBBORN, data_timeout=STUBBORN, tls=tls)
    with app.app_context(), mail.connect() as connection:
        yield connection


@pytest.mark.usefixtures("brief_connecting")
@pytest.mark.parametrize("step", [GREETING, "EHLO"])
def test_a_server_that_drips_at_the_start_is_left(step: str) -> None:
    with scripted_server(**{step: ["drip"]}) as server:
        expected = pytest.raises(TemporaryFailure, match="ServerDisconnected")
        with ends_by_itself(), expected as met, connected_to(server.port):
            pass
        assert (met.value.smtp_code, met.value.reason) == (None, "the conversation took too long")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", BODY])
def test_a_server_that_drips_in_between_is_left_and_the_next_mail_goes(
    step: str, brief: pytest.MonkeyPatch
) -> None:
    with scripted_server(**{step: ["drip"]}) as server, connected_to(server.port) as connection:
        with ends_by_itself(), pytest.raises(TemporaryFailure) as met:
            deliver(TO_VERA, connection)
        assert (met.value.smtp_code, met.value.reason) == (None, "the conversation took too long")
        server.script.clear()
        brief.undo()
        deliver(TO_VERA, connection)
        assert server.connections == 2


def test_a_server_that_drips_its_goodbye_holds_nobody() -> None:
    with scripted_server(QUIT=["drip"]) as server, ExitStack() as conversation:
        connection = conversation.enter_context(connected_to(server.port))
        deliver(TO_VERA, connection)
        connection._connect_timeout = HURRY * STUBBORN
        with ends_by_itself():
            conversation.close()


def test_a_conversation_within_its_time_is_not_cut_afterwards() -> None:
    with scripted_server() as server, connected_to(server.port) as connection:
        deliver(TO_VERA, connection)
        with ends_by_itself():
            for thread in threading.enumerate():
                if thread.name == "mail deadline":
                    thread.join(PATIENCE)
        deliver(TO_VERA, connection)
        assert server.connections == 1


@pytest.mark.parametrize(("step", "whole"), [(GREETING, "_WHOLE_CONNECTING"), (BODY, "_WHOLE_MAIL")])
def test_an_encrypted_conversation_has_an_end_too(
    step: str, whole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = make_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(smtp, whole, HURRY)
    with scripted_server(serving, **{step: ["drip"]}) as server:
        expected = pytest.raises(TemporaryFailure)
        with ends_by_itself(), expected as met, connected_to(server.port, trusting) as connection:
            deliver(TO_VERA, connection)
        assert (met.value.smtp_code, met.value.reason) == (None, "the conversation took too long")


def test_a_lease_outlasts_every_conversation() -> None:
    assert LONGEST_CONVERSATION < LEASE_SECONDS
