"""One mail to one person, written down so that no text can break a header.

Flask-Mail's own message lets line breaks into five kinds of header and spoils
long ones, so the standard library's `EmailMessage` writes it.
**Source** RFC 5322, RFC 2045, RFC 2047, RFC 3834, RFC 6047 section 2.4, RFC 8058.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from scheduler.domain.mailbox import ascii_address

CALENDAR_FILE = "invite.ics"

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\\?")
_ADDRESS = re.compile(r"https://[!-;=?-~]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


class UnsafeHeader(ValueError):
    """A header value holds a line break, another control character or an encoded word."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one person.

    `message_id` and `in_reply_to` have their angle brackets; `date` is UTC epoch
    seconds. `calendar` is a whole VCALENDAR in CRLF lines whose METHOD is
    `method`. Bounces go to `envelope_sender`, else to the sender.
    """

    message_id: str
    date: int
    sender: tuple[str, str]
    """Address and display name."""
    recipient: str
    subject: str
    text: str
    html: str
    calendar: bytes | None = None
    method: str | None = None
    in_reply_to: str | None = None
    language: str = ""
    envelope_sender: str | None = None
    unsubscribe: str = ""
    """The https address whose POST ends mails of this kind; empty where there is none."""


_LONG = SMTP.clone(max_line_length=998)
_SHORT = SMTP.clone(max_line_length=76)  # encoded words (RFC 2047), base64, quoted-printable (RFC 2045)


class _HeaderPolicy(EmailPolicy):
    """Long ASCII headers stay whole, for folding would encode them; others are written in encoded words.

    The policy's own folding adds spaces to long names outside ASCII, so `Header` does that.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if str(value).isascii():
            return _LONG.fold_binary(name, value)
        if isinstance(value, AddressHeader):
            [mailbox] = value.addresses
            words = f"{_encoded_words(name, mailbox.display_name)}\r\n <{mailbox.addr_spec}>"
        else:
            words = _encoded_words(name, str(value))
        return f"{name}: {words}\r\n".encode("ascii")


def _encoded_words(name: str, text: str) -> str:
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def as_bytes(mail: OutgoingMail) -> bytes:
    """The whole message as it goes over the wire, CRLF lines.

    **Raises** `UnsafeHeader` or another `ValueError` where a header or an address
    cannot be written, or the calendar has another METHOD than the mail.
    """
    message = EmailMessage(policy=_SHORT)
    for name, value in _headers(mail).items():
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if mail.calendar is not None:
        if f"\r\nMETHOD:{mail.method}\r\n".encode() not in mail.calendar:
            raise ValueError("the method of the mail is not that of its calendar")
        message.add_alternative(
            mail.calendar.decode(),
            subtype="calendar",
            params={"method": _single_line(mail.method or "")},
            cte="base64",
        )
        message.add_attachment(
            mail.calendar,
            maintype="application",
            subtype="ics",
            filename=CALENDAR_FILE,
            params={"name": CALENDAR_FILE},
        )
    if mail.language:  # last, because adding a part moves every Content- header into it
        message["Content-Language"] = _single_line(mail.language)
    return message.as_bytes(policy=_HeaderPolicy(linesep="\r\n"))


def _headers(mail: OutgoingMail) -> dict[str, Any]:
    """Every header of the message itself, each once; there is no Reply-To."""
    address, name = mail.sender
    headers: dict[str, Any] = {
        "From": Address(_single_line(name), addr_spec=ascii_address(address)),
        "To": Address(addr_spec=ascii_address(mail.recipient)),
        "Subject": _single_line(mail.subject),
        "Date": datetime.fromtimestamp(mail.date, UTC),
        "Message-ID": _message_id(mail.message_id),
        "Auto-Submitted": "auto-generated",
    }
    if mail.in_reply_to:
        headers["In-Reply-To"] = headers["References"] = _message_id(mail.in_reply_to)
    if mail.unsubscribe:
        headers["List-Unsubscribe"] = f"<{_address(mail.unsubscribe)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise UnsafeHeader("an address in a header is https and one word of ASCII")
    return value


def _single_line(value: str) -> str:
    if _UNSAFE.search(value):
        raise UnsafeHeader("a header value must be one line of text")
    return " ".join(word for word in value.split(" ") if word)


def _message_id(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value):
        raise UnsafeHeader("a message id is <left@right> in ASCII")
    return value
