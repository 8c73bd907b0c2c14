"""A mail that somebody sent us: who it says it is from, and its calendar parts.

Mail comes from anybody, so everything is bounded: bytes, parts, depth, length of
headers. Headers stay raw until one is needed; attached mails are not opened (a bounce
carries our own invitation). No message makes this raise.
"""

import re
from dataclasses import dataclass
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import Message
from email.parser import BytesParser

MOST_BYTES = 1_000_000
MOST_PART_BYTES = 64 * 1024
MOST_BOUNDARIES = 1000
MOST_PARTS = 100
DEEPEST = 10
LONGEST_HEADER = 1000
LONGEST_TYPE = 4000

_CALENDAR = "text/calendar"
_COPY = "application/ics"
_HEADERS = HeaderRegistry()
_TYPES = re.compile(rb"(?:^|[\r\n])content-type:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A calendar part as text, and the `method` of its Content-Type."""

    text: str
    method: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """What is read of a mail. `sender` is the one address of From, empty where there is none or several.

    `is_automatic`: a bounce, or the answer of an absence assistant.
    """

    sender: str
    message_id: str
    is_automatic: bool
    parts: tuple[CalendarPart, ...]


NOTHING = IncomingMail("", "", is_automatic=False, parts=())
"""What a mail that is too large or cannot be read comes to."""


def read(content: bytes) -> IncomingMail:
    """The mail of these bytes."""
    if len(content) > MOST_BYTES or content.count(b"\n--") > MOST_BOUNDARIES or _has_long_type(content):
        return NOTHING
    try:
        # The lazy policy: the other one reads every header at once, in time that grows with its square.
        message = BytesParser(policy=policy.compat32).parsebytes(content)
        return IncomingMail(
            sender=_sender(message),
            message_id=_header(message, "Message-ID").strip(),
            is_automatic=_is_automatic(message),
            parts=_calendar_parts(message),
        )
    except Exception:
        # email raises whatever it stumbles over: IndexError, LookupError, RecursionError, UnicodeError.
        return NOTHING


def _has_long_type(content: bytes) -> bool:
    """Whether a Content-Type is too long for the library, whose time grows with the square of the length."""
    return any(len(found[0]) > LONGEST_TYPE for found in _TYPES.finditer(content))


def _header(message: Message, name: str) -> str:
    """The header as it stands, unfolded; empty where it is missing, given twice or too long."""
    found = message.get_all(name, [])
    if len(found) != 1:
        return ""
    value = " ".join(str(found[0]).split())
    return value if len(value) <= LONGEST_HEADER else ""


def _sender(message: Message) -> str:
    value = _header(message, "From")
    if not value:
        return ""
    addresses = _HEADERS("from", value).addresses  # type: ignore[attr-defined]  # the registry picks the class of the field
    return str(addresses[0].addr_spec) if len(addresses) == 1 else ""


def _is_automatic(message: Message) -> bool:
    """A bounce or an absence note. Calendar servers call their own answers auto-generated: those are read.

    **Source** RFC 3834 section 5, RFC 3464 section 2, RFC 5321 section 4.5.5.
    """
    is_note = _header(message, "Auto-Submitted").lower().startswith(("auto-replied", "auto-notified"))
    is_bounce = message.get_content_type() == "multipart/report" or _header(message, "Return-Path") == "<>"
    return is_note or is_bounce


def _calendar_parts(message: Message) -> tuple[CalendarPart, ...]:
    """The parts of type text/calendar; where there are none, the attached copies."""
    found: dict[str, list[CalendarPart]] = {_CALENDAR: [], _COPY: []}
    waiting, seen = [(message, 0)], 0
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop(0)
        seen += 1
        kind = part.get_content_type()
        if kind in found:
            found[kind] += filter(None, [_calendar_part(part)])
        elif part.get_content_maintype() == "multipart" and part.is_multipart() and depth < DEEPEST:
            inner = part.get_payload()
            waiting += [(one, depth + 1) for one in inner if isinstance(one, Message)]
    return tuple(found[_CALENDAR] or found[_COPY])


def _calendar_part(part: Message) -> CalendarPart | None:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or len(content) > MOST_PART_BYTES:
        return None
    method = part.get_param("method", "")
    return CalendarPart(_text(content), method if isinstance(method, str) else "")


def _text(content: bytes) -> str:
    """The part's text. All that is read of it is ASCII, so a wrong charset costs nothing but names."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "replace")
