"""The database goes away between the mail server's "kept" and the worker's note of it."""

import threading
from typing import Any

import pytest

from scheduler.domain.errors import StoreBusy
from scheduler.store import outbox_leases
from tests import test_worker
from tests.services.mailing import NOW, Mailing


def away_for(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """The next notes find no database."""
    finish, left = outbox_leases.finish, [calls]

    def refuse_at_first(*arguments: Any, **more: Any) -> bool:
        if left[0]:
            left[0] -= 1
            raise StoreBusy("away")
        return finish(*arguments, **more)

    monkeypatch.setattr(outbox_leases, "finish", refuse_at_first)


def test_a_mail_that_was_taken_is_noted_when_the_database_is_back(
    mailing: Mailing, odd: test_worker.OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing.book()
    away_for(monkeypatch, 10)
    onlooker = test_worker.Onlooker()
    onlooker.work(mailing, NOW)
    onlooker.work(mailing, NOW + 1000, passed=1000)
    ids = [mail.message["Message-ID"] for mail in odd.received]
    assert len(ids) == len(set(ids)) == 2


def test_a_worker_that_is_told_to_stop_does_not_wait_for_the_database(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing.book()
    away_for(monkeypatch, 1000)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(StoreBusy):
        mailing.work(NOW, stop=stop)
