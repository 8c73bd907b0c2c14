"""A worker that stood still for two days: no burst of reminders that help nobody any more."""

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask

from scheduler.services import manage
from scheduler.services.composing import LATEST_REMINDER
from scheduler.store import outbox
from scheduler.store.database import reading
from scheduler.store.outbox import State
from tests.services.mailing import DAY, HOUR, MINUTE, START, Mailing, settle
from tests.support.mail import MailServer

STOPPED = START
BACK = STOPPED + 2 * DAY


@pytest.fixture
def mailing(make_app: Callable[..., Flask], either_database: str, smtp: MailServer) -> Mailing:
    """A practice on either database."""
    return settle(make_app(either_database, **smtp.settings))


def test_after_two_days_of_silence_only_reminders_that_still_help_go_and_once(
    mailing: Mailing, smtp: MailServer
) -> None:
    kind = mailing.kind(duration=30 * MINUTE)
    starts = {
        "over-1": STOPPED + 25 * HOUR,
        "over-2": STOPPED + 26 * HOUR,
        "over-3": STOPPED + 30 * HOUR,
        "running": BACK - 15 * MINUTE,
        "too-late": BACK + LATEST_REMINDER - 30 * MINUTE,
        "useful-1": BACK + LATEST_REMINDER + 15 * MINUTE,
        "useful-2": BACK + 5 * HOUR,
        "cancelled": BACK + 6 * HOUR,
        "not-yet": BACK + 30 * HOUR,
    }
    tokens = {}
    for number, (name, start) in enumerate(starts.items()):
        booked = mailing.book(
            kind,
            start=start,
            now=STOPPED - 3 * DAY,
            email=f"{name}@mail.example",
            phone=f"+1 514 555 02{number:02}",
        )
        tokens[name] = booked.token
    mailing.work(STOPPED - 3 * DAY)
    mailing.in_context(manage.cancel, tokens["cancelled"], now=STOPPED + DAY)
    before = len(smtp.received)
    mailing.work(BACK)
    mailing.work(BACK + 2)
    mailing.work(BACK + HOUR)

    late = [mail.recipients[0].split("@")[0] for mail in smtp.received[before:]]
    assert Counter(late) == {"useful-1": 1, "useful-2": 1, "cancelled": 1, "ada": 1}
    with mailing.app.app_context(), reading() as tx:
        dropped = outbox.entries(tx, mailing.practice.id, [State.DROPPED])
        waiting = outbox.entries(tx, mailing.practice.id, [State.WAITING])
    assert Counter(mail.error for mail in dropped if mail.kind == "reminder") == {
        "the appointment is over": 3,
        "too late to remind": 2,
        "the appointment has changed since": 1,
    }
    assert [mail.kind for mail in waiting] == ["reminder"]
