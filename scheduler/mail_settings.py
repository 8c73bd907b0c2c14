"""Settings of mail: the server that takes it, and the mailbox where calendars answer."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from scheduler.environment import BadSetting, Environment

PIPED = "piped"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANSWERS = (
    "SCHEDULER_ANSWERS must be piped or an address such as imaps://office%40example.org@imap.example.org/INBOX"
    " (imap: on this machine only)"
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """How mail leaves; without one nothing leaves the machine."""

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False


@dataclass(frozen=True, slots=True)
class AnswersMailbox:
    """The mailbox to which invitations are answered; unencrypted on the loopback address only."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    encrypted: bool = True


def mail_server(environment: Environment) -> MailServer | None:
    """The server that takes our mails. **Raises** `BadSetting`."""
    host = environment.text("MAIL_SERVER")
    if not host:
        return None
    return MailServer(
        host=host,
        port=environment.integer("MAIL_PORT", 25, 1, 65535),
        username=environment.text("MAIL_USERNAME"),
        password=environment.text("MAIL_PASSWORD"),
        use_tls=environment.boolean("MAIL_USE_TLS"),
        use_ssl=environment.boolean("MAIL_USE_SSL"),
    )


def answers_mailbox(environment: Environment) -> AnswersMailbox | None:
    """The mailbox to read; None as well when answers are piped in. **Raises** `BadSetting`."""
    given = environment.text("SCHEDULER_ANSWERS")
    password = environment.text("SCHEDULER_ANSWERS_PASSWORD")
    if given in ("", PIPED):
        if password:
            raise BadSetting("SCHEDULER_ANSWERS_PASSWORD goes with SCHEDULER_ANSWERS=imaps://…")
        return None
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise BadSetting(_ANSWERS) from None
    if parts.password is not None:
        raise BadSetting("SCHEDULER_ANSWERS: put the password into SCHEDULER_ANSWERS_PASSWORD")
    user, folder = unquote(parts.username or ""), unquote(parts.path.strip("/")) or "INBOX"
    is_plain = parts.scheme == "imap" and parts.hostname in LOOPBACK
    words_are_plain = folder.isascii() and (user + folder).isprintable() and password.isprintable()
    if not (parts.scheme == "imaps" or is_plain) or parts.query or parts.fragment or not words_are_plain:
        raise BadSetting(_ANSWERS)
    if not (parts.hostname and user and password):
        raise BadSetting("SCHEDULER_ANSWERS needs user and host, and SCHEDULER_ANSWERS_PASSWORD")
    port = port or (143 if is_plain else 993)
    return AnswersMailbox(parts.hostname, port, user, password, folder, encrypted=not is_plain)


def default_sender(environment: Environment) -> str:
    """The address from which mails are sent unless a practice has its own. **Raises** `BadSetting`."""
    sender = environment.text("MAIL_DEFAULT_SENDER")
    if sender and ("@" not in sender or any(mark in sender for mark in "<>\r\n ")):
        raise BadSetting("MAIL_DEFAULT_SENDER must be a bare address such as office@example.org")
    if not sender and not environment.demo:
        raise BadSetting("MAIL_DEFAULT_SENDER is not set: the address from which mails are sent")
    return sender or "office@demo.example"
