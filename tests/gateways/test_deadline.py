"""Mail servers that go on talking, a byte at a time, are left in the end."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

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

SILENCE = 0.3
"""No step of these conversations is silent for so many seconds."""
LONGEST = 4 * SILENCE


@contextmanager
def connected_to(port: int, tls: ssl.SSLContext | None = None) -> Iterator[SecureConnection]:
    app = Flask("mail")
    app.config.update(MAIL_SERVER="localhost" if tls else "127.0.0.1", MAIL_PORT=port, MAIL_USE_SSL=bool(tls))
    mail = SecureMail(app, connect_timeout=SILENCE, data_timeout=SILENCE, tls=tls)
    with app.app_context(), mail.connect() as connection:
        yield connection


@pytest.mark.parametrize("step", [GREETING, "EHLO"])
def test_a_server_that_drips_at_the_start_is_left(step: str) -> None:
    with scripted_server(**{step: ["drip"]}) as server:
        before = time.monotonic()
        with pytest.raises(TemporaryFailure, match="ServerDisconnected") as met, connected_to(server.port):
            pass
        assert time.monotonic() - before < LONGEST
        assert (met.value.smtp_code, met.value.reason) == (None, "the conversation took too long")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", BODY])
def test_a_server_that_drips_in_between_is_left_and_the_next_mail_goes(step: str) -> None:
    with scripted_server(**{step: ["drip"]}) as server, connected_to(server.port) as connection:
        before = time.monotonic()
        with pytest.raises(TemporaryFailure) as met:
            deliver(TO_VERA, connection)
        assert time.monotonic() - before < LONGEST
        assert (met.value.smtp_code, met.value.reason) == (None, "the conversation took too long")
        deliver(TO_VERA, connection)
        assert server.connections == 2


def test_a_server_that_drips_its_goodbye_holds_nobody() -> None:
    with scripted_server(QUIT=["drip"]) as server:
        with connected_to(server.port) as connection:
            deliver(TO_VERA, connection)
            before = time.monotonic()
        assert time.monotonic() - before < LONGEST


def test_a_conversation_within_its_time_is_not_cut_afterwards() -> None:
    with scripted_server() as server, connected_to(server.port) as connection:
        deliver(TO_VERA, connection)
        time.sleep(2 * SILENCE)
        deliver(TO_VERA, connection)
        assert server.connections == 1


@pytest.mark.parametrize("step", [GREETING, BODY])
def test_an_encrypted_conversation_has_an_end_too(step: str, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    with scripted_server(serving, **{step: ["drip"]}) as server:
        before = time.monotonic()
        with pytest.raises(TemporaryFailure) as met, connected_to(server.port, trusting) as connection:
            deliver(TO_VERA, connection)
        assert time.monotonic() - before < LONGEST
        assert (met.value.smtp_code, met.value.reason) == (None, "the conversation took too long")


def test_a_lease_outlasts_every_conversation() -> None:
    assert LONGEST_CONVERSATION < LEASE_SECONDS
