"""A mail as it goes over the wire."""

import email
import email.message
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.gateways.message import UnsafeHeader, as_bytes
from tests.gateways.mails import CALENDAR, TO_VERA, to_vera

HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Language",
]  # fmt: skip
HARD_TEXT = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from('\r\n\0\x0b\x85\u2028\ud800,;:<>"@()=? é'))
)

BODY_TEXT = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\r\n\0\x0b\u2028.= "))
)
ONE_LINE = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), st.sampled_from(',;:<>"@()=_ é\\')
    )
).filter(lambda text: "=?" not in text)


def parse(content: bytes) -> email.message.EmailMessage:
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(parsed, email.message.EmailMessage)
    return parsed


def shown_sender(content: bytes) -> str:
    """The name in From. The newer parser puts spaces into long ones, so the older one reads it."""
    raw = email.message_from_bytes(content)["From"]
    decoded = str(make_header(decode_header(raw)))
    return parseaddr(raw)[0] if raw.isascii() and "=?" not in raw else decoded.rpartition(" <")[0]


def tree(part: Any) -> Any:
    inside = [tree(each) for each in part.iter_parts()] if part.is_multipart() else []
    return (part.get_content_type(), inside) if inside else part.get_content_type()


def test_an_invitation_stands_where_mail_programs_look_for_it() -> None:
    assert tree(parse(as_bytes(TO_VERA))) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )


def test_the_calendar_part_names_its_method_and_is_no_attachment() -> None:
    part = list(parse(as_bytes(TO_VERA)).walk())[4]
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert part["Content-Transfer-Encoding"] == "base64"
    assert part["Content-Disposition"] is None


def test_the_copy_is_a_file_with_the_same_bytes() -> None:
    *_, part, copy = parse(as_bytes(TO_VERA)).walk()
    assert copy["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert copy["Content-Type"] == 'application/ics; name="invite.ics"'
    assert part.get_payload(decode=True) == copy.get_payload(decode=True) == CALENDAR


def test_a_mail_without_invitation_is_two_alternatives() -> None:
    content = as_bytes(to_vera(calendar=None, method=None))
    assert tree(parse(content)) == ("multipart/alternative", ["text/plain", "text/html"])


def test_the_texts_come_back_as_they_were() -> None:
    _, _, plain, html, *_ = parse(as_bytes(TO_VERA)).walk()
    assert plain.get_content() == TO_VERA.text.replace("\n", "\r\n")
    assert html.get_content() == TO_VERA.html.replace("\n", "\r\n")


def test_every_header_is_there_once_and_no_other() -> None:
    message = parse(as_bytes(TO_VERA))
    assert message.keys() == HEADERS
    assert message["To"] == "vera@visitor.example"
    assert message["Subject"] == TO_VERA.subject
    assert message["Date"] == "Thu, 28 May 2026 20:26:40 +0000"
    assert message["Message-ID"] == "<6f1c@demo.example>"
    assert message["In-Reply-To"] == message["References"] == "<5e0b@demo.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    [sender] = message["From"].addresses
    assert (sender.addr_spec, sender.display_name) == TO_VERA.sender


def test_the_address_that_ends_a_mail_stays_whole_however_long() -> None:
    address = f"https://book.example.org/{'x' * 300}/leave"
    content = as_bytes(to_vera(unsubscribe=address))
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content


@pytest.mark.parametrize(
    "address", ["https://a/\r\nBcc: x", "https://a/ b", "https://a/>,<b", "http://a/b", "/a"]
)
def test_what_is_no_address_ends_no_mail(address: str) -> None:
    with pytest.raises(UnsafeHeader):
        as_bytes(to_vera(unsubscribe=address))


def test_a_first_mail_answers_no_other() -> None:
    message = parse(as_bytes(to_vera(in_reply_to=None, language="")))
    assert {"In-Reply-To", "References", "Content-Language"} & set(message.keys()) == set()


def test_domains_outside_ascii_are_written_as_punycode() -> None:
    mail = to_vera(sender=("cora@straße.example", ""), recipient="vera@müller.example")
    message = parse(as_bytes(mail))
    assert message["From"] == "cora@xn--strae-oqa.example"
    assert message["To"] == "vera@xn--mller-kva.example"


def test_no_line_is_longer_than_mail_allows() -> None:
    long = to_vera(
        subject="Rendez-vous à 10\u00a0h " * 40,
        sender=("booking@demo.example", "Cabinet de l’Été, Québec; " * 20),
        message_id=f"<{'6' * 200}@demo.example>",
        html="<p>" + "x" * 5000 + "</p>",
        text="é" * 3000,
        calendar=CALENDAR * 100,
    )
    content = as_bytes(long)
    assert content.count(b"\n") == content.count(b"\r\n")
    assert content.isascii()
    head, _, body = content.partition(b"\r\n\r\n")
    rows = head.split(b"\r\n")
    assert [row for row in rows if len(row) > 78] == [f"Message-ID: {long.message_id}".encode()]
    assert max(len(row) for row in body.split(b"\r\n") if not row.startswith(b"Content-Type")) <= 76
    message = parse(content)
    assert message["Subject"] == long.subject.strip()
    assert message["Message-ID"] == long.message_id
    assert shown_sender(content) == long.sender[1].strip()


@pytest.mark.parametrize(
    "sign", ["\r", "\n", "\r\n ", "\0", "\x0b", "\x85", "\u2028", "\u2029", "\x7f", "\ud800", "=?"]
)
@pytest.mark.parametrize("field", ["subject", "name", "message_id", "in_reply_to", "language"])
def test_a_header_that_is_no_single_line_is_refused(field: str, sign: str) -> None:
    value = f"<a{sign}Bcc: x@x.example>"
    changes = {"sender": ("booking@demo.example", value)} if field == "name" else {field: value}
    with pytest.raises(UnsafeHeader):
        as_bytes(to_vera(**changes))


@pytest.mark.parametrize("field", ["recipient", "sender"])
def test_an_address_that_is_more_than_a_mailbox_is_refused(field: str) -> None:
    value = "vera@visitor.example, x@x.example"
    with pytest.raises(ValueError, match="not a plain mail address"):
        as_bytes(to_vera(**{field: (value, "Ada") if field == "sender" else value}))


@pytest.mark.parametrize(
    "value", ["", "6f1c@demo.example", "<6f1c>", "<6f 1c@demo.example>", "<é@demo.example>"]
)
def test_a_message_id_has_its_form(value: str) -> None:
    with pytest.raises(UnsafeHeader):
        as_bytes(to_vera(message_id=value))


@pytest.mark.parametrize("method", ["CANCEL", "", None, "REQUEST\r\nX"])
def test_a_mail_and_its_calendar_speak_of_the_same_method(method: str | None) -> None:
    with pytest.raises(ValueError, match="the method of the mail"):
        as_bytes(to_vera(method=method))


def check(content: bytes, subject: str, name: str) -> None:
    message = parse(content)
    assert message.keys() == HEADERS
    assert [str(each.addr_spec) for each in message["From"].addresses] == ["booking@demo.example"]
    assert [str(each.addr_spec) for each in message["To"].addresses] == ["vera@visitor.example"]
    assert shown_sender(content) == re.sub(" +", " ", name).strip(" ")
    assert message["Subject"] == re.sub(" +", " ", subject).strip(" ")
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
        "application/ics",
    ]  # fmt: skip


@settings(deadline=None)
@given(subject=HARD_TEXT, name=HARD_TEXT)
def test_no_text_adds_changes_or_hides_a_header(subject: str, name: str) -> None:
    mail = to_vera(subject=subject, sender=("booking@demo.example", name))
    try:
        content = as_bytes(mail)
    except UnsafeHeader:
        return
    check(content, subject, name)


@settings(deadline=None)
@given(subject=ONE_LINE, name=ONE_LINE, text=BODY_TEXT, html=BODY_TEXT)
def test_every_single_line_is_written_and_comes_back(subject: str, name: str, text: str, html: str) -> None:
    content = as_bytes(to_vera(subject=subject, sender=("booking@demo.example", name), text=text, html=html))
    check(content, subject, name)
    _, _, plain, rich, *_ = parse(content).walk()
    for part, given_text in ((plain, text), (rich, html)):
        decoded = part.get_payload(decode=True).decode()
        assert re.split("\r\n|\r|\n", decoded.rstrip("\r\n")) == re.split(
            "\r\n|\r|\n", given_text.rstrip("\r\n")
        )
