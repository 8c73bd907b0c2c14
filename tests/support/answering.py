"""Mails as calendar programs send them when somebody answers an invitation, each in its own manner.

Written by their makers' specifications and by threads about them: Gmail's two copies, Exchange without
ORGANIZER and with a zone of its own naming, Apple's single part, Thunderbird's eight-bit text.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

OFFICE = "office@scheduler.example"


def calendar(
    uid: str,
    who: str,
    *,
    partstat: str = "DECLINED",
    method: str = "REPLY",
    sequence: int | None = 0,
    recurrence: str = "",
    organizer: str = OFFICE,
    stated_at: int | None = None,
    attendee: str = "ATTENDEE;CN=Vera Moss;PARTSTAT={partstat}:mailto:{who}",
) -> str:
    """The calendar part as most programs write it."""
    stamp = (
        datetime.fromtimestamp(stated_at, UTC)
        if stated_at is not None
        else datetime(2026, 6, 1, 12, tzinfo=UTC)
    )
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Somebody//Calendar//EN",
        "VERSION:2.0",
        f"METHOD:{method}" if method else "",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        "DTSTART:20260603T130000Z",
        f"ORGANIZER;CN=Practice demo:mailto:{organizer}" if organizer else "",
        attendee.format(partstat=partstat, who=who),
        f"SEQUENCE:{sequence}" if sequence is not None else "",
        recurrence,
        "SUMMARY:Appointment",
        "COMMENT:I am too ill to come\\, sorry",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{line}\r\n" for line in lines if line)


def mail(
    body: str,
    *,
    sender: str,
    kind: str = "text/calendar; method=REPLY; charset=UTF-8",
    headers: str = "",
    message_id: str | None = "",
    encode: bool = False,
) -> bytes:
    """A mail of one part. An empty `message_id` is a new one, None leaves the header out."""
    content = encoded(body) if encode else body
    lines = [
        f"From: {sender}",
        f"To: {OFFICE}",
        "Subject: Declined: Appointment",
        "" if message_id is None else f"Message-ID: {message_id or f'<{uuid4()}@mail.example>'}",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: base64" if encode else "Content-Transfer-Encoding: 8bit",
        *headers.splitlines(),
    ]
    return ("\r\n".join(line for line in lines if line) + "\r\n\r\n" + content).encode()


def several(*parts: str, kind: str = "alternative", boundary: str = "part") -> tuple[str, str]:
    """(Content-Type, body) of a multipart; each part is its headers, an empty line and its text."""
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'multipart/{kind}; boundary="{boundary}"', f"This is MIME.\r\n{body}--{boundary}--\r\n"


def part(kind: str, text: str, *headers: str, encoding: str = "8bit") -> str:
    """A part of several."""
    head = (f"Content-Type: {kind}", *headers, f"Content-Transfer-Encoding: {encoding}")
    return "\r\n".join(head) + "\r\n\r\n" + text


def encoded(text: str) -> str:
    """The text in base64."""
    return base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")


def of_gmail(uid: str, who: str, **words: Any) -> bytes:
    """Words for people, the answer, and a copy as a file; sent by Google's machine in the person's name."""
    text = calendar(uid, who, **words)
    kind, body = several(
        part("text/plain; charset=UTF-8; format=flowed; delsp=yes", "Vera has declined."),
        part("text/html; charset=UTF-8", "<p>Vera has declined.</p>"),
        part("text/calendar; charset=UTF-8; method=REPLY", text, encoding="7bit"),
        boundary="inner",
    )
    is_file = 'Content-Disposition: attachment; filename="invite.ics"'
    copy = part('application/ics; name="invite.ics"', encoded(text), is_file, encoding="base64")
    kind, body = several(f"Content-Type: {kind}\r\n\r\n{body}", copy, kind="mixed")
    headers = "Sender: Calendar <notification@google.example>\r\nAuto-Submitted: auto-generated"
    return mail(body, sender=f"Vera Moss <{who}>", kind=kind, headers=headers)


def of_exchange(uid: str, who: str, **words: Any) -> bytes:
    """No ORGANIZER, capitals, folded lines, and properties of its own; base64."""
    shape = "ATTENDEE;PARTSTAT={partstat};CN=Vera Moss:MAILTO:{who}"
    text = calendar(uid, who, organizer="", attendee=shape, **words)
    own = "X-MICROSOFT-CDO-APPT-SEQUENCE:0\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n"
    text = text.replace("SUMMARY:", own + "SUMMARY;LANGUAGE=fr-CA:").replace("UID:", "UID:\r\n ")
    kind, body = several(
        part('text/plain; charset="iso-8859-1"', "=E9", encoding="quoted-printable"),
        part('text/calendar; charset="utf-8"; method=REPLY', encoded(text), encoding="base64"),
    )
    return mail(body, sender=f'"Moss, Vera" <{who}>', kind=kind, headers="X-MS-Has-Attach: yes")


def of_apple(uid: str, who: str, **words: Any) -> bytes:
    """Words, then the answer as an attachment with a name; the METHOD is inside only."""
    text = calendar(uid, who, **words).replace("=", "=3D")
    name = "iCal-20260601.ics"
    is_file = f'Content-Disposition: attachment; filename="{name}"'
    kind, body = several(
        part("text/plain; charset=us-ascii", "Vera Moss has declined."),
        part(f'text/calendar; charset=utf-8; name="{name}"', text, is_file, encoding="quoted-printable"),
        kind="mixed",
    )
    return mail(body, sender=f"=?utf-8?q?V=C3=A9ra?= <{who}>", kind=kind)


def of_thunderbird(uid: str, who: str, **words: Any) -> bytes:
    """One part in eight bits, with a person's name in them, and X-properties."""
    text = calendar(uid, who, **words)
    text = text.replace("CN=Vera Moss", "CN=Véra Möß").replace(
        "SUMMARY", "X-MOZ-RECEIVED-SEQUENCE:0\r\nSUMMARY"
    )
    return mail(text, sender=who)


def of_outlook_com(uid: str, who: str, **words: Any) -> bytes:
    """The method in the Content-Type only, no ORGANIZER, no Message-ID of the usual form."""
    text = calendar(uid, who, organizer="", method="", **words)
    return mail(text, sender=f"Vera Moss <{who.upper()}>", encode=True)


PROGRAMS: dict[str, Callable[..., bytes]] = {
    "Gmail": of_gmail,
    "Exchange": of_exchange,
    "Apple": of_apple,
    "Thunderbird": of_thunderbird,
    "outlook.com": of_outlook_com,
}
