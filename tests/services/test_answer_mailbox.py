"""The worker reads the mailbox of answers: by turns, each message once, other people's mail untouched."""

import logging
from collections import Counter
from threading import Event

import pytest

from scheduler.services import answer_mailbox, answers, doctor
from scheduler.services.answer_mailbox import AFTER_TROUBLE, EVERY, MOST_AT_ONCE
from scheduler.services.answers import Outcome
from scheduler.settings import Settings
from tests.services.practice_side import booked, desk_of
from tests.support.answering import mail, of_apple, of_gmail, of_outlook_com
from tests.support.core import NOW, WEDNESDAY, Core
from tests.support.environment import settings
from tests.support.imap import PASSWORD, Mailbox
from tests.support.instants import HOUR
from tests.support.ports import free_port

VERA = "vera@example.org"
LETTER = mail("Could we talk?", sender=VERA, kind="text/plain")
DAY = 24 * HOUR


def read(core: Core, mailbox: Mailbox, now: int = NOW, **changes: str) -> Counter[Outcome]:
    """One round of a worker."""
    found = Settings.from_environment(settings(core.url, **{**mailbox.settings, **changes}))
    return answer_mailbox.read_due(found, lambda: now, stop=Event())


def test_answers_are_noted_and_marked_and_letters_stay_unseen(core: Core, mailbox: Mailbox) -> None:
    one = booked(core, "consultation", WEDNESDAY).appointment
    strange = of_gmail(one.uid, "eve@evil.example")
    mailbox.put(LETTER, of_apple(one.uid, VERA), strange, LETTER)
    assert read(core, mailbox) == Counter([Outcome.NOTED, Outcome.NOT_THEIRS])
    assert mailbox.flags() == ["", r"\Seen", "", ""]
    assert [shown.answer.word for shown in answers.unseen(desk_of(core, "ada"), now=NOW)] == ["declined"]
    assert read(core, mailbox, NOW + EVERY) == Counter()
    mailbox.put(of_outlook_com(one.uid, VERA, partstat="ACCEPTED", stated_at=NOW + EVERY))
    assert read(core, mailbox, NOW + 2 * EVERY - 1) == Counter()
    assert read(core, mailbox, NOW + 2 * EVERY) == Counter([Outcome.NOTED])
    assert mailbox.flags()[-1] == r"\Seen"


def test_what_somebody_has_read_in_a_mail_program_is_noted_all_the_same(
    sqlite_core: Core, mailbox: Mailbox
) -> None:
    one = booked(sqlite_core, "consultation", WEDNESDAY).appointment
    mailbox.put(of_apple(one.uid, VERA), flags=r"(\Seen)")
    assert read(sqlite_core, mailbox) == Counter([Outcome.NOTED])


def test_a_full_mailbox_is_read_in_several_rounds(sqlite_core: Core, mailbox: Mailbox) -> None:
    one = booked(sqlite_core, "consultation", WEDNESDAY).appointment
    mailbox.put(*[LETTER] * MOST_AT_ONCE, of_apple(one.uid, VERA))
    assert [read(sqlite_core, mailbox, NOW + second) for second in range(3)] == [
        Counter(),
        Counter([Outcome.NOTED]),
        Counter(),
    ]


def test_a_mailbox_made_anew_is_read_from_its_beginning_and_says_nothing_twice(
    sqlite_core: Core, mailbox: Mailbox
) -> None:
    one = booked(sqlite_core, "consultation", WEDNESDAY).appointment
    place = {"SCHEDULER_ANSWERS": mailbox.settings["SCHEDULER_ANSWERS"].replace("INBOX", "Answers")}
    content = of_apple(one.uid, VERA)
    for turn, outcome in enumerate((Outcome.NOTED, Outcome.AGAIN)):
        mailbox.make_anew("Answers")
        mailbox.put(content, folder="Answers")
        assert read(sqlite_core, mailbox, NOW + turn * EVERY, **place) == Counter([outcome])


def test_two_workers_do_not_read_at_once(core: Core, mailbox: Mailbox) -> None:
    one = booked(core, "consultation", WEDNESDAY).appointment
    mailbox.put(of_apple(one.uid, VERA))
    found = core.together(3, lambda _: read(core, mailbox))
    assert sorted(map(len, found)) == [0, 0, 1]  # type: ignore[arg-type]
    assert core.all("SELECT count(*) FROM calendar_answers") == [(1,)]


def test_without_a_mailbox_nothing_is_asked(sqlite_core: Core) -> None:
    quiet = Settings.from_environment(settings(sqlite_core.url))
    assert answer_mailbox.read_due(quiet, lambda: NOW, stop=Event()) == Counter()
    assert sqlite_core.all("SELECT count(*) FROM answer_mailboxes") == [(0,)]


def test_trouble_is_logged_by_its_class_and_the_doctor_tells_after_a_day(
    core: Core, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    closed = mailbox.settings["SCHEDULER_ANSWERS"].replace(str(mailbox.server.port), str(free_port()))
    place = {"SCHEDULER_ANSWERS": closed}
    with caplog.at_level(logging.INFO):
        for now in (NOW, NOW + AFTER_TROUBLE - 1, NOW + AFTER_TROUBLE, NOW + DAY):
            assert read(core, mailbox, now, **place) == Counter()
    told_of = [(record.getMessage(), vars(record)["outcome"]) for record in caplog.records]
    assert told_of == [("the mailbox of answers cannot be read", "no_answer")] * 3
    assert told(NOW + DAY - 1) == []
    assert told(NOW + DAY) == [
        "calendar answers: the mailbox of answers was not readable for 24 hours (no_answer). "
        "Look at SCHEDULER_ANSWERS, its password, and the mail server."
    ]


def test_the_doctor_is_content_once_it_is_read_again(sqlite_core: Core, mailbox: Mailbox) -> None:
    read(sqlite_core, mailbox, SCHEDULER_ANSWERS_PASSWORD="wrong")
    read(sqlite_core, mailbox, NOW + 2 * DAY, SCHEDULER_ANSWERS_PASSWORD="wrong")
    assert len(told(NOW + 2 * DAY)) == 1
    read(sqlite_core, mailbox, NOW + 3 * DAY)
    assert told(NOW + 3 * DAY) == []


def told(now: int) -> list[str]:
    """What the doctor says of the mailbox."""
    return [str(finding) for finding in doctor.examine(now) if finding.check == "calendar answers"]


def test_neither_password_nor_address_stands_in_what_is_printed(mailbox: Mailbox) -> None:
    found = Settings.from_environment(settings("sqlite://", **mailbox.settings))
    assert found.answers_mailbox is not None
    assert found.answers_mailbox.password == PASSWORD
    assert PASSWORD not in repr(found)
