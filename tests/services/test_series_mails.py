"""The mails of a series, as a mail server receives them."""

from collections.abc import Callable
from typing import Any

import pytest
import recurring_ical_events
from flask import Flask

from scheduler.domain.series import WEEK, Rhythm, Series
from scheduler.services import by_hand, invitations, manage, series
from scheduler.store import participants
from scheduler.store.database import reading
from tests.services.mailing import (
    ADA,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    START,
    VERA,
    Mailing,
    calendar,
    settle,
)
from tests.support.mail import MailServer, Received

TORONTO = "America/Toronto"
SESSION = {"duration": 50 * MINUTE}
STARTS = [START + number * WEEK for number in range(4)]


@pytest.fixture
def mailing(make_app: Callable[..., Flask], sqlite_database: str, smtp: MailServer) -> Mailing:
    """A practice whose mail goes to a real server."""
    return settle(make_app(sqlite_database, SCHEDULER_PUBLIC_URL="https://book.example.org", **smtp.settings))


def book(mailing: Mailing, **form: str) -> Series:
    """Ada adds four weekly sessions of Vera's."""
    raw = {"mode": "video", "name": "Vera Lindqvist", "email": VERA, "language": "en", **form}
    found = mailing.in_context(
        series.book_by_hand, mailing.practice, mailing.kind("session", **SESSION), therapist=mailing.ada,
        rhythm=Rhythm(START, 1, 4, TORONTO), raw=raw, notify=True, by="ada", now=NOW,
    )  # fmt: skip
    assert isinstance(found, Series)
    return found


def dates(mail: Received) -> list[int]:
    """The starts that a calendar program finds in the mail."""
    found = recurring_ical_events.of(calendar(mail)).between((2026, 1, 1), (2027, 1, 1))
    return sorted(int(each.start.timestamp()) for each in found)


def subjects(smtp: MailServer, address: str = VERA) -> list[str]:
    return [mail.message["Subject"] for mail in smtp.to(address)]


def text(mail: Received) -> str:
    part = mail.message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def links(mailing: Mailing, found: Series) -> list[str]:
    """Vera's link to each date."""

    def read() -> list[str]:
        with reading() as tx:
            return [participants.token(tx, one.participants[0].id) for one in found.appointments]

    tokens = mailing.in_context(read)
    assert isinstance(tokens, list)
    return [f"https://book.example.org/appointments/{token}" for token in tokens]


def test_one_mail_tells_of_all_dates_and_enters_them(mailing: Mailing, smtp: MailServer) -> None:
    found = book(mailing)
    mailing.work(NOW)
    [mail] = smtp.to(VERA)
    assert subjects(smtp) == ["Your appointments from Wednesday 3 June, 10:30"]
    assert (str(calendar(mail)["METHOD"]), dates(mail)) == ("REQUEST", STARTS)
    [event] = calendar(mail).events
    assert (str(event["UID"]), event["SEQUENCE"]) == (found.uid, 0)
    for day, link in zip(("3 June", "10 June", "17 June", "24 June"), links(mailing, found), strict=True):
        assert f"  Wednesday {day} 2026, 10:30 to 11:20\n  {link}\n" in text(mail)
    assert "Every week from Wednesday 3 June 2026" in text(mail)
    assert "/appointments/" not in calendar(mail).to_ical().decode()
    assert [str(event["UID"]) for mail in smtp.to(ADA) for event in calendar(mail).events] == [found.uid]


def test_a_moved_and_a_cancelled_date_are_dates_of_the_series(mailing: Mailing, smtp: MailServer) -> None:
    found = book(mailing)
    mailing.work(NOW)
    second, third = (link.rpartition("/")[2] for link in links(mailing, found)[1:3])
    mailing.in_context(manage.move, second, STARTS[1] + DAY, now=NOW + MINUTE)
    mailing.in_context(manage.cancel, third, now=NOW + 2 * MINUTE)
    mailing.work(NOW + 3 * MINUTE)
    _, moved, cancelled = smtp.to(VERA)
    [there], [gone] = calendar(moved).events, calendar(cancelled).events
    assert [str(each["UID"]) for each in (there, gone)] == [found.uid] * 2
    assert [str(each["RECURRENCE-ID"].to_ical().decode()) for each in (there, gone)] == [
        "20260610T103000",
        "20260617T103000",
    ]
    assert [each["RECURRENCE-ID"].params["TZID"] for each in (there, gone)] == [TORONTO] * 2
    assert [str(calendar(mail)["METHOD"]) for mail in (moved, cancelled)] == ["REQUEST", "CANCEL"]
    assert there["SEQUENCE"] >= 1
    assert gone["SEQUENCE"] == 2
    assert int(there.start.timestamp()) == STARTS[1] + DAY
    first = smtp.to(VERA)[0].message["Message-ID"]
    assert [mail.message["In-Reply-To"] for mail in (moved, cancelled)] == [first] * 2
    assert subjects(smtp)[1:] == [
        "New time: Thursday 11 June, 10:30",
        "Cancelled: Wednesday 17 June, 10:30",
    ]


def test_the_end_comes_with_the_whole_series_and_its_moved_dates(mailing: Mailing, smtp: MailServer) -> None:
    found = book(mailing)
    mailing.in_context(
        by_hand.move, mailing.practice, found.standing[1].id, STARTS[1] + HOUR, by="ada", now=NOW
    )
    mailing.work(NOW)
    third = found.standing[2].id
    mailing.in_context(series.end, mailing.practice, third, with_this=True, by="ada", now=NOW + 1)
    mailing.work(NOW + 1)
    mail = smtp.to(VERA)[-1]
    assert mail.message["Subject"] == "Your appointments end on Wednesday 10 June, 11:30"
    assert (str(calendar(mail)["METHOD"]), dates(mail)) == ("REQUEST", [STARTS[0], STARTS[1] + HOUR])
    master, moved = calendar(mail).events
    assert master["RRULE"].to_ical() == b"FREQ=WEEKLY;UNTIL=20260610T143000Z"
    assert master["SEQUENCE"] == moved["SEQUENCE"] == 2
    assert "Wednesday 17 June 2026, 10:30 to 11:20\n  Wednesday 24 June 2026" in text(mail)
    assert mail.message["In-Reply-To"] == smtp.to(VERA)[0].message["Message-ID"]


def test_a_series_called_off_leaves_the_calendar(mailing: Mailing, smtp: MailServer) -> None:
    found = book(mailing)
    mailing.work(NOW)
    first = found.standing[0].id
    mailing.in_context(series.end, mailing.practice, first, with_this=True, by="ada", now=NOW + 1)
    mailing.work(NOW + 1)
    mail = smtp.to(VERA)[-1]
    assert mail.message["Subject"] == "Cancelled: appointments from Wednesday 3 June, 10:30"
    [event] = calendar(mail).events
    assert (str(calendar(mail)["METHOD"]), str(event["STATUS"])) == ("CANCEL", "CANCELLED")
    assert "RECURRENCE-ID" not in event
    assert (str(event["UID"]), event["SEQUENCE"]) == (found.uid, 1)


def test_a_late_confirmation_tells_what_is_so_by_then(mailing: Mailing, smtp: MailServer) -> None:
    found = book(mailing)
    mailing.in_context(by_hand.cancel, mailing.practice, found.standing[0].id, by="ada", now=NOW)
    mailing.in_context(
        by_hand.move, mailing.practice, found.standing[3].id, STARTS[3] + HOUR, by="ada", now=NOW
    )
    mailing.work(NOW)
    [mail] = [one for one in smtp.to(VERA) if one.message["Subject"].startswith("Your appointments")]
    assert mail.message["Subject"] == "Your appointments from Wednesday 10 June, 10:30"
    assert dates(mail) == [*STARTS[1:3], STARTS[3] + HOUR]


def test_a_confirmation_that_an_end_has_overtaken_is_not_sent(mailing: Mailing, smtp: MailServer) -> None:
    found = book(mailing)
    last = found.standing[1].id
    mailing.in_context(series.end, mailing.practice, last, with_this=False, by="ada", now=NOW)
    mailing.work(NOW)
    assert subjects(smtp) == ["Your appointments end on Wednesday 10 June, 10:30"]
    assert dates(smtp.to(VERA)[0]) == STARTS[:2]


def test_each_date_is_remembered_by_its_own_mail(mailing: Mailing, smtp: MailServer) -> None:
    book(mailing)
    for day in range(-1, 23, 7):
        mailing.work(START + day * DAY)
    assert [subject for subject in subjects(smtp) if subject.startswith(("Tomorrow", "Reminder"))] == [
        f"Reminder: Wednesday {day} June, 10:30" for day in (3, 10, 17, 24)
    ]


def test_the_calendar_file_of_a_date_is_that_of_the_series(mailing: Mailing) -> None:
    found = book(mailing)
    token = links(mailing, found)[2].rpartition("/")[2]

    def file() -> Any:
        return invitations.calendar_file(manage.find(token, now=NOW), now=NOW)

    content = mailing.in_context(file)
    assert isinstance(content, bytes)
    assert b"RRULE:FREQ=WEEKLY;COUNT=4" in content
    assert f"UID:{found.uid}".encode() in content
