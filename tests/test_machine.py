"""The real things that other tests lean on are there and behave."""

import smtplib
import ssl
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page

from tests.support.accessibility import sideways_overflow, violations
from tests.support.browser import Complaints
from tests.support.mail import MailServer
from tests.support.patience import PATIENCE
from tests.support.postgres import PostgresServer

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//tests//EN\r
BEGIN:VTIMEZONE\r
TZID:America/Toronto\r
BEGIN:DAYLIGHT\r
DTSTART:20070311T020000\r
TZOFFSETFROM:-0500\r
TZOFFSETTO:-0400\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r
END:DAYLIGHT\r
BEGIN:STANDARD\r
DTSTART:20071104T020000\r
TZOFFSETFROM:-0400\r
TZOFFSETTO:-0500\r
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:one@example\r
SEQUENCE:2\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID=America/Toronto:20261030T100000\r
DTEND;TZID=America/Toronto:20261030T105000\r
RRULE:FREQ=WEEKLY;COUNT=2\r
SUMMARY:Appointment\r
END:VEVENT\r
END:VCALENDAR\r
"""
OCTOBER_2026, DECEMBER_2026 = 1790812800, 1796083200


def send(server: MailServer, context: ssl.SSLContext | None) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=PATIENCE) as connection:
        if context:
            connection.starttls(context=context)
        connection.sendmail("practice@example.org", ["vera@example.org"], b"Subject: Hello\r\n\r\nText\r\n")


def test_the_mail_server_keeps_envelope_and_bytes(smtp: MailServer) -> None:
    send(smtp, None)
    [mail] = smtp.to("vera@example.org")
    assert (mail.sender, mail.encrypted, mail.message["Subject"]) == ("practice@example.org", False, "Hello")
    assert mail.content == b"Subject: Hello\r\n\r\nText\r\n"


def test_the_mail_server_refuses_when_told_to(smtp: MailServer) -> None:
    smtp.refusal = "451 Try later"
    with pytest.raises(smtplib.SMTPDataError, match="Try later"):
        send(smtp, None)
    assert smtp.received == []


def test_the_encrypted_mail_server_is_only_for_those_who_know_its_certificate(smtp_tls: MailServer) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
        send(smtp_tls, None)
    with pytest.raises(ssl.SSLCertVerificationError):
        send(smtp_tls, ssl.create_default_context())
    send(smtp_tls, ssl.create_default_context(cafile=str(smtp_tls.certificate)))
    assert [mail.encrypted for mail in smtp_tls.received] == [True]


def test_a_database_is_a_copy_that_can_exclude_overlaps(postgres: PostgresServer) -> None:
    name = postgres.create()
    address = postgres.url(name).replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE TABLE taken (span int8range, EXCLUDE USING gist (span WITH &&))")
        connection.execute("INSERT INTO taken VALUES ('[1, 5)'), ('[5, 9)')")
    copy = postgres.create(name)
    with psycopg.connect(postgres.url(copy).replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM taken").fetchone() == (2,)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute("INSERT INTO taken VALUES ('[4, 6)')")
    postgres.drop(copy)
    postgres.drop(name)


def test_a_durable_server_waits_for_the_disk(start_postgres: Callable[..., PostgresServer]) -> None:
    server = start_postgres(durable=True)
    with psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection:
        found = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert found == [("on",), ("on",)]


def test_the_browser_complains_and_axe_finds_what_is_wrong(page: Page, complaints: Complaints) -> None:
    page.set_content("<html lang=en><title>Hello</title><main><h1>Hello</h1><p>Fine</p></main>")
    assert (violations(page), sideways_overflow(page), bool(complaints)) == ([], 0, False)
    page.set_content("<html lang=en><title>Hello</title><main><h1>Hello</h1><img src='data:,'><input>")
    assert {line.split(":")[0] for line in violations(page)} == {"image-alt", "label"}
    page.set_content("<div style='width: 3000px'>wide</div><script>unknown()</script>")
    assert sideways_overflow(page) > 1000
    until = time.monotonic() + PATIENCE
    while not complaints.errors and time.monotonic() < until:
        page.wait_for_timeout(30)
    assert complaints.errors


def test_pages_can_do_without_script_and_follow_the_visitor(new_page: Callable[..., Page]) -> None:
    page = new_page(width=360, dark=True, js=False)
    page.set_content("<noscript><p>No script</p></noscript>")
    assert page.locator("p").inner_text() == "No script"
    page = new_page(locale="fr-CA", zone="Europe/Paris", dark=True)
    assert page.evaluate("navigator.language") == "fr-CA"
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Europe/Paris"
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is True


def test_the_calendar_library_expands_by_the_calendar_s_own_zone(node: Callable[..., Any]) -> None:
    [event] = node("expand.mjs", {"text": CALENDAR, "from": OCTOBER_2026, "until": DECEMBER_2026})
    assert event["occurrences"] == [
        ["2026-10-30T14:00:00Z", "2026-10-30T14:50:00Z"],
        ["2026-11-06T15:00:00Z", "2026-11-06T15:50:00Z"],
    ]
    assert (event["uid"], event["sequence"], event["status"]) == ("one@example", 2, None)
