"""Incoming mail: the calendar parts of what calendar programs send, and nothing that hurts."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.gateways.incoming import MOST_BYTES, MOST_PART_BYTES, NOTHING, read
from tests.support.answering import PROGRAMS, calendar, mail, of_gmail, several

UID = "3f2b9d0e-7e0c-4a39-9a51-1de3f7f3a001"
VERA = "vera@example.org"


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_programs_mail_has_one_calendar_part_and_one_sender(program: str) -> None:
    found = read(PROGRAMS[program](UID, VERA))
    [part] = found.parts
    assert (found.sender.casefold(), found.is_automatic) == (VERA, False)
    assert f"UID:{UID}" in part.text.replace("\r\n ", "")


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        (VERA, VERA),
        ('"eve@example.org" <vera@example.org>', VERA),
        ("Vera (at work) <vera@example.org>", VERA),
        ("vera@example.org, eve@example.org", ""),
        ("", ""),
        ("undisclosed:;", ""),
        (f"{'x' * 1100} <vera@example.org>", ""),
        ("vera@example.org\r\nFrom: eve@example.org", ""),
    ],
)
def test_the_sender_is_one_address_or_nobody(written: str, sender: str) -> None:
    assert read(mail(calendar(UID, VERA), sender=written)).sender == sender


@pytest.mark.parametrize(
    ("headers", "is_automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-replied; owner-email=x", True),
        ("Return-Path: <>", True),
        ("Auto-Submitted: auto-generated", False),
        ("Auto-Submitted: no", False),
    ],
)
def test_absence_notes_and_bounces_are_told_from_answers(headers: str, is_automatic: bool) -> None:
    assert read(mail(calendar(UID, VERA), sender=VERA, headers=headers)).is_automatic is is_automatic


def test_a_mail_inside_a_bounce_is_not_opened() -> None:
    original = mail(calendar(UID, VERA), sender=VERA).decode()
    kind, body = several(
        "Content-Type: text/plain\r\n\r\nIt did not arrive.",
        f"Content-Type: message/rfc822\r\n\r\n{original}",
        kind="report",
    )
    found = read(mail(body, sender="mailer-daemon@example.org", kind=kind))
    assert (found.parts, found.is_automatic) == ((), True)


def test_a_charset_that_is_wrong_or_unknown_costs_names_only() -> None:
    for charset in ("us-ascii", "x-unknown", "idna", "rot13", '"'):
        text = calendar(UID, VERA).replace("Vera Moss", "Véra")
        found = read(mail(text, sender=VERA, kind=f"text/calendar; method=REPLY; charset={charset}"))
        assert f"UID:{UID}" in found.parts[0].text, charset
    wide = mail("", sender=VERA) + calendar(UID, VERA).encode("utf-16")
    assert f"UID:{UID}" in read(wide).parts[0].text


def test_parts_and_mails_that_are_too_large_are_left_out() -> None:
    assert read(mail("x" * MOST_PART_BYTES, sender=VERA)).parts != ()
    assert read(mail("x" * (MOST_PART_BYTES + 1), sender=VERA)).parts == ()
    assert read(mail("x" * MOST_BYTES, sender=VERA)) == NOTHING


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: multipart/mixed; boundary=a\n\n"
        + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 900,
        b"Content-Type: text/calendar; " + b"a*0=b;" * 150_000 + b"\n\n",
        b"From: " + b"(" * 900_000 + b"\n\nx",
        b"X:" + b"\rContent-type:" * 60_000,
        b"\n" * MOST_BYTES,
        b"A:" * (MOST_BYTES // 2),
    ],
    ids=["nested", "parameters", "comments", "headers", "newlines", "colons"],
)
def test_what_is_made_to_be_slow_is_read_quickly(content: bytes) -> None:
    begun = time.process_time()
    assert read(content).parts == ()
    assert time.process_time() - begun < 3


@given(st.binary(max_size=400), st.integers(0, 2000))
@example(b"", 0)
def test_no_bytes_whatever_make_it_fail(noise: bytes, place: int) -> None:
    whole = of_gmail(UID, VERA)
    for content in (
        noise,
        whole[:place] + noise + whole[place:],
        whole[:place] + noise,
        noise + b"\n\n" + whole,
    ):
        assert read(content).sender is not None
