"""Mail through Flask-Mail, with verified TLS and timeouts.

Flask-Mail 0.10 verifies no certificate and waits for ever; the subclasses
below mend that, and the writing of messages, inside its public interface.
The caller stands in an application context, since Flask-Mail signals through it.
"""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, cast

from flask_mail import Connection, Mail, Message

from scheduler.domain.errors import SchedulerError
from scheduler.domain.mailbox import ascii_address
from scheduler.gateways.deadline import PromptSMTP, PromptSMTPOverTLS, deadline
from scheduler.gateways.message import OutgoingMail, as_bytes
from scheduler.gateways.smtp_answers import code_of, reason_of

CONNECT_TIMEOUT = 10.0
DATA_TIMEOUT = 60.0
"""Seconds without a byte after which a server counts as silent: while connecting, and afterwards."""

_WHOLE_CONNECTING, _WHOLE_MAIL = 2.0, 1.5
"""The greeting, the rest of connecting, and one mail: each may take so many timeouts altogether."""

LONGEST_CONVERSATION = CONNECT_TIMEOUT * (1 + 2 * _WHOLE_CONNECTING) + DATA_TIMEOUT * _WHOLE_MAIL
"""Seconds from connecting to the end of a mail. A worker's lease is longer, so nobody takes it over."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MailFailure(SchedulerError):
    """A mail was not taken. `reason` is for the staff and may name an address; the error's text does not."""

    code = "mail_failed"

    def __init__(self, what: str, *, smtp_code: int | None = None, reason: str = "") -> None:
        super().__init__(what)
        self.smtp_code = smtp_code
        self.reason = reason or what


class TemporaryFailure(MailFailure):
    """Worth another attempt: 4xx, network, certificate, sign-in or set-up."""

    code = "mail_delayed"


class PermanentFailure(MailFailure):
    """This mail will never be taken as it is: 5xx, or it cannot be written down."""


class BookingMessage(Message):
    """Flask-Mail's message, written by the standard library's `EmailMessage`."""

    def __init__(self, mail: OutgoingMail) -> None:
        address, name = mail.sender
        super().__init__(
            subject=mail.subject,
            recipients=[ascii_address(mail.recipient)],
            body=mail.text,
            html=mail.html,
            sender=(name, address),
            date=float(mail.date),
        )
        self.msgId = mail.message_id
        self._written = as_bytes(mail)

    def as_bytes(self) -> bytes:
        """The message as written when it was made."""
        return self._written

    def as_string(self) -> str:
        """The same as text; every part is in a transfer encoding, so it is ASCII."""
        return self._written.decode("ascii")


class SecureConnection(Connection):
    """A connection that verifies the server's certificate, gives up in time and can be made again."""

    def __init__(
        self, mail: Any, *, tls: ssl.SSLContext, connect_timeout: float, data_timeout: float
    ) -> None:
        super().__init__(mail)
        self._tls = tls
        self._connect_timeout = connect_timeout
        self._data_timeout = data_timeout

    def __enter__(self) -> Self:
        self.reconnect()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        host, self.host = self.host, None
        if host is not None:
            with deadline(host, self._connect_timeout):
                _leave(host)

    def reconnect(self) -> None:
        """Connects if there is no connection. **Raises** `TemporaryFailure`: no mail is to blame for it."""
        if self.host is not None or self.mail.suppress:
            return
        try:
            self.host = self.configure_host()
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(
                f"the mail server cannot be used ({type(error).__name__})",
                smtp_code=code_of(error),
                reason=reason_of(error),
            ) from error

    def send(self, message: Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        """Hand a message over, or lose the connection. **Raises** `SMTPException`, `OSError`."""
        if self.host is None:
            super().send(message, envelope_from)
            return
        with deadline(self.host, _WHOLE_MAIL * self._data_timeout):
            super().send(message, envelope_from)

    def lose(self) -> None:
        """Drops a connection that is broken."""
        if self.host is not None:
            self.host.close()
            self.host = None

    def configure_host(self) -> PromptSMTP:
        """A signed-in connection. **Raises** `SMTPException`, `OSError` or `TemporaryFailure`."""
        mail = self.mail
        if not mail.server:
            raise TemporaryFailure("no mail server is configured")
        if mail.username and not (mail.use_tls or mail.use_ssl or mail.server in _LOOPBACK):
            raise TemporaryFailure("the mail password is only sent over TLS")
        limit = _WHOLE_CONNECTING * self._connect_timeout
        options: dict[str, Any] = {"limit": limit, "timeout": self._connect_timeout}
        if mail.use_ssl:
            host: PromptSMTP = PromptSMTPOverTLS(mail.server, mail.port, context=self._tls, **options)
        else:
            host = PromptSMTP(mail.server, mail.port, **options)
        try:
            with deadline(host, limit, is_begin=True):
                if mail.use_tls:
                    host.starttls(context=self._tls)
                if mail.username and mail.password:
                    host.login(mail.username, mail.password)
                host.ehlo_or_helo_if_needed()
            cast(socket.socket, host.sock).settimeout(self._data_timeout)
        except BaseException:
            host.close()
            raise
        return host


def _leave(host: smtplib.SMTP) -> None:
    try:
        host.quit()
    except (smtplib.SMTPException, OSError):
        host.close()


class SecureMail(Mail):
    """Flask-Mail, one per application, whose every connection is a `SecureConnection`. Timeouts in seconds.

    Without MAIL_SERVER nothing is sent and every attempt fails; MAIL_DEBUG is
    off, for it prints passwords and mails; testing does not swallow mails.
    """

    def __init__(
        self,
        app: Any = None,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        data_timeout: float = DATA_TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._data_timeout = data_timeout
        self._tls = tls or ssl.create_default_context()
        super().__init__(app)

    def init_app(self, app: Any) -> Any:
        """Reads the MAIL_ settings and registers this object as the application's `mail` extension."""
        self.state = self.init_mail(app.config)
        app.extensions["mail"] = self
        return self.state

    def init_mail(self, config: Mapping[str, Any], debug: bool | int = False, testing: bool = False) -> Any:
        """Flask-Mail's state for the settings."""
        safe = {"MAIL_SERVER": None, **config, "MAIL_DEBUG": False}
        return super().init_mail(safe, debug=False, testing=False)

    def connect(self) -> SecureConnection:
        """A connection for any number of mails: `with mail.connect() as connection`.

        Entering it **raises** `TemporaryFailure`.
        """
        return SecureConnection(
            self.state,
            tls=self._tls,
            connect_timeout=self._connect_timeout,
            data_timeout=self._data_timeout,
        )


def deliver(mail: OutgoingMail, connection: SecureConnection) -> None:
    """Hands one mail to the server; on return the server has taken it.

    A connection that an earlier mail broke is made again.
    **Raises** `TemporaryFailure` (try again later, with the same Message-ID) or
    `PermanentFailure` (show it to the staff).
    """
    try:
        message = BookingMessage(mail)
        envelope_sender = ascii_address(mail.envelope_sender or mail.sender[0])
    except ValueError as error:
        raise PermanentFailure(f"the mail cannot be written: {error}") from error
    connection.reconnect()
    try:
        connection.send(message, envelope_from=envelope_sender)
    except (smtplib.SMTPException, OSError) as error:
        code = code_of(error)
        if code is None or code == 421:
            connection.lose()
        failure = PermanentFailure if code is not None and code >= 500 else TemporaryFailure
        raise failure(
            f"the mail was not taken ({code or type(error).__name__})",
            smtp_code=code,
            reason=reason_of(error),
        ) from error
