"""Invitations that ask, and what comes of the answer: the whole way over real mail servers."""

from collections.abc import Callable
from threading import Event

import pytest
from flask import Flask

from scheduler import worker
from scheduler.services import manage
from tests.services.mailing import ADA, HOUR, NOW, OFFICE, VERA, event, settle
from tests.support.answering import of_gmail
from tests.support.imap import Mailbox
from tests.support.mail import MailServer


def asks(smtp: MailServer, address: str) -> list[tuple[str, str]]:
    """(PARTSTAT, RSVP) of the attendee in each mail with a calendar part to an address."""
    mails = [mail for mail in smtp.to(address) if "text/calendar" in str(mail.content)]
    people = [event(mail)["ATTENDEE"].params for mail in mails]
    return [(person["PARTSTAT"], person["RSVP"]) for person in people]


@pytest.mark.parametrize(
    ("setting", "asked"), [("piped", ("NEEDS-ACTION", "TRUE")), (None, ("ACCEPTED", "FALSE"))]
)
def test_an_answer_is_asked_for_only_where_somebody_reads_it(
    make_app: Callable[..., Flask],
    sqlite_database: str,
    smtp: MailServer,
    setting: str | None,
    asked: tuple[str, str],
) -> None:
    mailing = settle(make_app(sqlite_database, SCHEDULER_ANSWERS=setting, **smtp.settings))
    one = mailing.book()
    mailing.work(NOW)
    assert (asks(smtp, VERA), asks(smtp, ADA)) == ([asked], [asked])
    mailing.in_context(manage.cancel, one.token, now=NOW + HOUR)
    mailing.work(NOW + HOUR)
    assert asks(smtp, VERA) == [asked, ("ACCEPTED", "FALSE")]


def test_a_declined_invitation_comes_back_to_the_therapist_as_one_mail_without_a_name(
    make_app: Callable[..., Flask], sqlite_database: str, smtp: MailServer, mailbox: Mailbox
) -> None:
    mailing = settle(make_app(sqlite_database, **smtp.settings, **mailbox.settings))
    mailing.book()
    mailing.work(NOW)
    [invitation] = smtp.to(VERA)
    uid, organizer = str(event(invitation)["UID"]), str(event(invitation)["ORGANIZER"])
    assert organizer == f"mailto:{OFFICE}"
    mailbox.put(of_gmail(uid, VERA, organizer=OFFICE), of_gmail(uid, VERA, method="CANCEL", organizer=OFFICE))
    configuration = mailing.app.config["SETTINGS"]
    mailing.in_context(worker.look_outside, configuration, lambda: NOW + HOUR, stop=Event())
    mailing.work(NOW + 2 * HOUR)
    [told] = smtp.to(ADA)[1:]
    assert str(told.message["Subject"]) == "Look at Wednesday 3 June, 10:30"
    words = " ".join(told.part("text/plain").split())
    assert "a calendar answered something else than yes." in words
    assert "The appointment still stands, and nothing was changed." in words
    assert "Vera" not in words
    assert "Vera" not in told.part("text/html")
    assert [part.get_content_type() for part in told.message.walk()][-1] == "text/html"
    assert len(smtp.to(VERA)) == 1
