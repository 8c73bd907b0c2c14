"""A real mail server on the loopback address that keeps what it is given."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.patience import PATIENCE
from tests.support.ports import free_port


@dataclass(frozen=True)
class Received:
    """One accepted mail: the envelope as spoken, the bytes as sent, and the parsed message."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """The message as the standard library reads it."""
        parsed = BytesParser(policy=policy.default).parsebytes(self.content)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def part(self, content_type: str) -> str:
        """The decoded text of the only part of that type."""
        [found] = [part for part in self.message.walk() if part.get_content_type() == content_type]
        return str(found.get_content())


@dataclass
class MailServer:
    """An SMTP server; put an answer such as "451 Try later" into `refusal` to refuse what comes next."""

    host: str
    port: int
    certificate: Path | None = None
    refusal: str | None = None
    received: list[Received] = field(default_factory=list)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def settings(self) -> dict[str, str]:
        """The settings that make the application send here."""
        encryption = {"MAIL_USE_TLS": "true"} if self.certificate else {}
        return {"MAIL_SERVER": self.host, "MAIL_PORT": str(self.port), **encryption}

    def to(self, address: str) -> list[Received]:
        """The mails for one address, in the order of their arrival."""
        return [mail for mail in self.received if address in mail.recipients]

    def wait_for(self, count: int, seconds: float = 2 * PATIENCE) -> list[Received]:
        """Wait until that many mails came in all; fails the test when they do not."""
        until = time.monotonic() + seconds
        with self._arrived:
            while len(self.received) < count:
                if not self._arrived.wait(max(0.0, until - time.monotonic())):
                    pytest.fail(f"{len(self.received)} of {count} mails arrived within {seconds} s")
        return list(self.received)

    # aiosmtpd finds its hooks by these names and arguments.
    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail, or refuse it."""
        if self.refusal is not None:
            return self.refusal
        content = envelope.original_content or b""
        sender, recipients = envelope.mail_from or "", tuple(envelope.rcpt_tos)
        mail = Received(sender, recipients, content, encrypted=session.ssl is not None)
        with self._arrived:
            self.received.append(mail)
            self._arrived.notify_all()
        return "250 Kept"


def make_certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """Write a self-signed certificate for a host, valid today, and its key; returns both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)  # in `make test-matrix` months away from the time that OpenSSL goes by
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=400))
        .not_valid_after(today + timedelta(days=400))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files = folder / f"{host}.crt", folder / f"{host}.key"
    files[0].write_bytes(certificate.public_bytes(pem))
    files[1].write_bytes(key.private_bytes(pem, *plain))
    return files


@pytest.fixture
def start_mail_server(tmp_path: Path) -> Iterator[Callable[..., MailServer]]:
    """Start a mail server: `start_mail_server(encrypted=True)` wants STARTTLS, with a certificate of its own.

    The application must be told to trust it: `SSL_CERT_FILE` of its process is `server.certificate`.
    """
    running: list[Controller] = []

    def start(encrypted: bool = False) -> MailServer:
        server, context = MailServer("localhost", free_port()), None
        if encrypted:
            certificate, key = make_certificate(tmp_path)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
            server.certificate = certificate
        controller = Controller(
            server,
            hostname="127.0.0.1",
            port=server.port,
            tls_context=context,
            require_starttls=encrypted,
            enable_SMTPUTF8=True,
            ready_timeout=PATIENCE,
        )
        controller.start()
        running.append(controller)
        return server

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def smtp(start_mail_server: Callable[..., MailServer]) -> MailServer:
    """A mail server that speaks in the clear."""
    return start_mail_server()


@pytest.fixture
def smtp_tls(start_mail_server: Callable[..., MailServer]) -> MailServer:
    """A mail server that takes nothing before STARTTLS; its certificate is known to nobody."""
    return start_mail_server(encrypted=True)
