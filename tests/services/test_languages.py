"""The language in which somebody booked stays that of all mails and invitations of the appointment."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from scheduler.services import manage
from tests.services.mailing import DAY, HOUR, MINUTE, NOW, START, VERA, Mailing, calendar, event, settle
from tests.support.mail import MailServer
from tests.support.speaking import teach

LANGUAGES = ("fr", "en", "de", "es", "ru")


@pytest.fixture
def mailing(make_app: Callable[..., Flask], any_database: str, smtp: MailServer) -> Mailing:
    """A French practice that also offers all other languages; its mail goes to a real server."""
    app = make_app(any_database, SCHEDULER_PUBLIC_URL="https://book.example.org", **smtp.settings)
    mailing = settle(app)
    teach(app, LANGUAGES)
    mailing.practice = replace(mailing.practice, languages=LANGUAGES)
    return mailing


@pytest.mark.parametrize(
    ("language", "subjects"),
    [
        (
            "de",
            [
                "Ihr Termin am Mittwoch, 3. Juni, 10:30",
                "Neue Zeit: Mittwoch, 3. Juni, 11:30",
                "Erinnerung: Mittwoch, 3. Juni, 11:30",
                "Abgesagt: Mittwoch, 3. Juni, 11:30",
            ],
        ),
        (
            "es-MX",
            [
                "Su cita: miércoles 3 de junio, 10:30",
                "Nueva hora: miércoles 3 de junio, 11:30",
                "Recordatorio: miércoles 3 de junio, 11:30",
                "Cita cancelada: miércoles 3 de junio, 11:30",
            ],
        ),
    ],
)
def test_booked_moved_reminded_and_cancelled_in_the_language_of_the_booking(
    mailing: Mailing, smtp: MailServer, language: str, subjects: list[str]
) -> None:
    booked = mailing.book(language=language)
    mailing.work(NOW)
    mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW + MINUTE)
    mailing.work(NOW + MINUTE)
    mailing.work(START + HOUR - DAY)
    mailing.in_context(manage.cancel, booked.token, now=START - HOUR)
    mailing.work(START - HOUR)

    mails = smtp.to(VERA)
    assert [mail.message["Subject"] for mail in mails] == subjects
    for mail in mails:
        assert f'<html lang="{language[:2]}" dir="ltr">' in mail.part("text/html")
    invitations = [mail for mail in mails if "text/calendar" in mail.content.decode()]
    assert [str(calendar(mail)["METHOD"]) for mail in invitations] == ["REQUEST", "REQUEST", "CANCEL"]
    for mail in invitations:
        assert event(mail)["SUMMARY"].params["LANGUAGE"] == language[:2]


def test_a_language_that_the_practice_does_not_offer_becomes_its_own(
    mailing: Mailing, smtp: MailServer
) -> None:
    mailing.book(language="ja")
    mailing.work(NOW)

    [mail] = smtp.to(VERA)
    assert '<html lang="fr"' in mail.part("text/html")
