"""Handing mails to real servers, good and bad ones."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from scheduler.gateways.smtp import (
    PermanentFailure,
    SecureConnection,
    SecureMail,
    TemporaryFailure,
    deliver,
)
from tests.gateways.mails import TO_VERA, to_vera
from tests.gateways.scripted import BODY, GREETING, ScriptedServer, scripted_server
from tests.support.mail import MailServer
from tests.support.patience import PATIENCE, ends_by_itself
from tests.support.ports import free_port

IMPATIENCE = 0.5
"""Seconds of silence; only a conversation that fails anyway gets so few."""


def make_mail(
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    *,
    connect_timeout: float = PATIENCE,
    data_timeout: float = PATIENCE,
    **settings: Any,
) -> SecureMail:
    app = Flask("mail")
    app.config.update({"MAIL_SERVER": host, "MAIL_PORT": port, **settings})
    return SecureMail(app, connect_timeout=connect_timeout, data_timeout=data_timeout, tls=tls)


@contextmanager
def connected(mail: SecureMail) -> Iterator[SecureConnection]:
    assert mail.app
    with mail.app.app_context(), mail.connect() as connection:
        yield connection


@contextmanager
def connected_to(server: ScriptedServer, **timeouts: float) -> Iterator[SecureConnection]:
    with connected(make_mail("127.0.0.1", server.port, **timeouts)) as connection:
        yield connection


def test_a_mail_arrives_as_it_was_written(smtp: MailServer) -> None:
    with connected(make_mail(smtp.host, smtp.port)) as connection:
        deliver(TO_VERA, connection)
    [received] = smtp.received
    assert (received.sender, received.recipients) == ("booking@demo.example", ("vera@visitor.example",))
    assert received.message["Message-ID"] == TO_VERA.message_id
    assert received.message["Reply-To"] is None
    assert received.part("text/calendar").encode() == TO_VERA.calendar
    assert received.part("text/html") == TO_VERA.html.replace("\n", "\r\n")


def test_bounces_can_go_to_an_address_of_their_own(smtp: MailServer) -> None:
    with connected(make_mail(smtp.host, smtp.port)) as connection:
        deliver(to_vera(envelope_sender="bounce+x1@demo.example"), connection)
    assert [mail.sender for mail in smtp.received] == ["bounce+x1@demo.example"]


def test_one_connection_serves_many_mails() -> None:
    with scripted_server() as server, connected_to(server) as connection:
        for _ in range(3):
            deliver(TO_VERA, connection)
    assert server.connections == 1
    assert [line for line in server.heard if line.lower().startswith("rcpt")] == [
        "rcpt TO:<vera@visitor.example>"
    ] * 3
    assert server.heard[-1].upper() == "QUIT"


def test_a_certificate_that_nobody_vouches_for_is_refused(smtp_tls: MailServer) -> None:
    mail = make_mail(smtp_tls.host, smtp_tls.port, MAIL_USE_TLS=True)
    with pytest.raises(TemporaryFailure, match="SSLCertVerificationError"), connected(mail):
        pass
    assert smtp_tls.received == []


def test_a_certificate_for_another_name_is_refused(smtp_tls: MailServer) -> None:
    trusting = ssl.create_default_context(cafile=smtp_tls.certificate)
    mail = make_mail("127.0.0.1", smtp_tls.port, tls=trusting, MAIL_USE_TLS=True)
    with pytest.raises(TemporaryFailure, match="SSLCertVerificationError"), connected(mail):
        pass
    assert smtp_tls.received == []


def test_a_certificate_that_is_vouched_for_encrypts_the_mail(smtp_tls: MailServer) -> None:
    trusting = ssl.create_default_context(cafile=smtp_tls.certificate)
    with connected(make_mail(smtp_tls.host, smtp_tls.port, tls=trusting, MAIL_USE_TLS=True)) as connection:
        deliver(TO_VERA, connection)
    assert [mail.encrypted for mail in smtp_tls.received] == [True]


def test_a_server_without_tls_gets_no_mail_where_tls_is_wanted(smtp: MailServer) -> None:
    mail = make_mail(smtp.host, smtp.port, MAIL_USE_TLS=True)
    with pytest.raises(TemporaryFailure, match="SMTPNotSupportedError"), connected(mail):
        pass


def test_tls_from_the_first_byte_verifies_too(smtp: MailServer) -> None:
    # The server speaks in the clear, so the handshake cannot succeed.
    mail = make_mail(smtp.host, smtp.port, MAIL_USE_SSL=True)
    with pytest.raises(TemporaryFailure, match=r"SSLError|TimeoutError"), connected(mail):
        pass


@pytest.mark.parametrize("step", [GREETING, "EHLO"])
def test_a_server_that_falls_silent_at_the_start_is_left(step: str) -> None:
    with (
        scripted_server(**{step: ["hang"]}) as server,
        ends_by_itself(),
        pytest.raises(TemporaryFailure, match=r"TimeoutError|ServerDisconnected"),
        connected_to(server, connect_timeout=IMPATIENCE),
    ):
        pass


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", BODY])
def test_a_server_that_falls_silent_in_between_is_left_and_the_next_mail_goes(step: str) -> None:
    with (
        scripted_server(**{step: ["hang"]}) as server,
        connected_to(server, data_timeout=IMPATIENCE) as connection,
    ):
        with ends_by_itself(), pytest.raises(TemporaryFailure):
            deliver(TO_VERA, connection)
        server.script.clear()
        connection._data_timeout = PATIENCE
        deliver(TO_VERA, connection)
        assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", BODY])
def test_a_lost_connection_is_made_again_for_the_next_mail(step: str) -> None:
    with scripted_server(**{step: ["drop"]}) as server, connected_to(server) as connection:
        with pytest.raises(TemporaryFailure) as met:
            deliver(TO_VERA, connection)
        assert met.value.smtp_code is None
        deliver(TO_VERA, connection)
        assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", BODY])
@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("451 try later", TemporaryFailure),
        ("552 mailbox full", PermanentFailure),
        ("550 no", PermanentFailure),
    ],
)
def test_a_refusal_is_told_apart_by_its_code_and_spoils_no_other_mail(
    step: str, answer: str, failure: type[Exception]
) -> None:
    with scripted_server(**{step: [answer]}) as server, connected_to(server) as connection:
        with pytest.raises(failure) as met:
            deliver(TO_VERA, connection)
        assert (met.value.smtp_code, met.value.reason) == (int(answer[:3]), answer[4:])  # type: ignore[attr-defined]
        assert str(met.value) == f"the mail was not taken ({answer[:3]})"
        deliver(TO_VERA, connection)
        assert server.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", BODY])
def test_a_server_that_closes_down_is_tried_again_later(step: str) -> None:
    with scripted_server(**{step: ["421 closing"]}) as server, connected_to(server) as connection:
        with pytest.raises(TemporaryFailure) as met:
            deliver(TO_VERA, connection)
        assert met.value.smtp_code == 421
        deliver(TO_VERA, connection)
        assert server.connections == 2


def test_a_refusal_by_a_real_server_is_understood(smtp: MailServer) -> None:
    smtp.refusal = "554 not wanted"
    with connected(make_mail(smtp.host, smtp.port)) as connection:
        with pytest.raises(PermanentFailure) as met:
            deliver(TO_VERA, connection)
        assert (met.value.smtp_code, met.value.reason) == (554, "not wanted")
        smtp.refusal = None
        deliver(TO_VERA, connection)
    assert len(smtp.received) == 1


def test_the_servers_words_are_kept_as_one_line() -> None:
    script = {BODY: ["550-no\x07thing\r\n550 vera@visitor.example " + "x" * 600]}
    with (
        scripted_server(**script) as server,
        connected_to(server) as connection,
        pytest.raises(PermanentFailure) as met,
    ):
        deliver(TO_VERA, connection)
    assert met.value.reason.startswith("no thing vera@visitor.example xxx")
    assert len(met.value.reason) == 500
    assert "vera" not in str(met.value)


def test_a_server_that_dies_before_goodbye_hurts_nobody() -> None:
    with scripted_server(QUIT=["drop"]) as server, connected_to(server) as connection:
        deliver(TO_VERA, connection)
    assert server.connections == 1


def test_a_connection_can_be_lost_twice(smtp: MailServer) -> None:
    with connected(make_mail(smtp.host, smtp.port)) as connection:
        connection.lose()
        connection.lose()
        deliver(TO_VERA, connection)
    assert len(smtp.received) == 1


def test_a_server_that_is_not_there_is_a_passing_trouble() -> None:
    mail = make_mail("127.0.0.1", free_port())
    with pytest.raises(TemporaryFailure, match="ConnectionRefusedError") as met, connected(mail):
        pass
    assert met.value.smtp_code is None


def test_a_server_that_does_not_want_us_is_a_passing_trouble() -> None:
    with scripted_server(**{GREETING: ["554 go away"]}) as server:
        with pytest.raises(TemporaryFailure) as met, connected_to(server):
            pass
        assert (met.value.smtp_code, met.value.reason) == (554, "go away")


def test_a_wrong_password_is_a_passing_trouble() -> None:
    script = {"EHLO": ["250-here\r\n250 AUTH PLAIN"], "AUTH": ["535 wrong"]}
    with scripted_server(**script) as server:
        mail = make_mail("127.0.0.1", server.port, MAIL_USERNAME="ada", MAIL_PASSWORD="secret")
        with pytest.raises(TemporaryFailure) as met, connected(mail):
            pass
    assert met.value.smtp_code == 535
    assert "secret" not in f"{met.value}{met.value.reason}"


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    mail = make_mail("mail.demo.example", 25, MAIL_USERNAME="ada", MAIL_PASSWORD="secret")
    with pytest.raises(TemporaryFailure, match="only sent over TLS"), connected(mail):
        pass


@pytest.mark.parametrize("settings", [{}, {"MAIL_SERVER": None}, {"MAIL_SERVER": ""}])
def test_without_a_server_nothing_is_sent(settings: dict[str, Any]) -> None:
    app = Flask("mail")
    app.config.update(settings)
    with pytest.raises(TemporaryFailure, match="no mail server is configured"), connected(SecureMail(app)):
        pass


def test_a_mail_that_cannot_be_written_stops_at_once_and_spoils_no_other(smtp: MailServer) -> None:
    with connected(make_mail(smtp.host, smtp.port)) as connection:
        for bad in ({"subject": "a\nBcc: x@x.example"}, {"recipient": "x"}, {"envelope_sender": "x y@x"}):
            with pytest.raises(PermanentFailure, match="cannot be written"):
                deliver(to_vera(**bad), connection)
        deliver(TO_VERA, connection)
    assert len(smtp.received) == 1


def test_nothing_of_a_mail_is_printed_although_debugging_is_asked_for(
    smtp: MailServer, capfd: pytest.CaptureFixture[str]
) -> None:
    mail = make_mail(smtp.host, smtp.port, MAIL_DEBUG=True, DEBUG=True)
    with connected(mail) as connection:
        deliver(TO_VERA, connection)
    assert capfd.readouterr() == ("", "")


def test_testing_swallows_no_mail_but_a_setting_can(smtp: MailServer) -> None:
    with connected(make_mail(smtp.host, smtp.port, TESTING=True)) as connection:
        deliver(TO_VERA, connection)
    with connected(make_mail(smtp.host, smtp.port, MAIL_SUPPRESS_SEND=True)) as connection:
        deliver(TO_VERA, connection)
    assert len(smtp.received) == 1


def test_whoever_takes_the_applications_mail_gets_verified_connections() -> None:
    app = Flask("mail")
    app.config["MAIL_SERVER"] = "localhost"
    mail = SecureMail(app)
    assert app.extensions["mail"] is mail
    assert isinstance(app.extensions["mail"].connect(), SecureConnection)


def test_flask_mails_own_way_of_sending_takes_the_same_connection(smtp: MailServer) -> None:
    mail = make_mail(smtp.host, smtp.port)
    assert mail.app
    with mail.app.app_context():
        mail.send_message(
            "Hello", recipients=["vera@visitor.example"], sender="booking@demo.example", body="x"
        )
    assert [each.message["Subject"] for each in smtp.received] == ["Hello"]


def test_the_message_is_text_for_whoever_asks_flask_mail(smtp: MailServer) -> None:
    mail = make_mail(smtp.host, smtp.port)
    with connected(mail) as connection, mail.record_messages() as kept:
        deliver(TO_VERA, connection)
    [message] = kept
    assert message.as_string().encode() == message.as_bytes() == smtp.received[0].content
