"""What watching machines are told: alive, ready, figures for the operator."""

import logging
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from scheduler.domain.calendars import STALE_AFTER, CalendarKind, OwnCalendar
from scheduler.services import health
from scheduler.store import calendars, heartbeats, machine
from scheduler.store.calendars import Access
from scheduler.store.database import transaction
from tests.support.ports import free_port

NOW = 1_780_000_000
TOKEN = "a-token-for-metrics-only"


def worker_seen(app: Flask, at: int) -> None:
    with app.app_context(), transaction() as tx:
        heartbeats.beat(tx, health.WORKER, at)


def test_alive_needs_nothing_but_the_process(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    answer = make_app(f"sqlite:///{tmp_path}/no/such/folder/file").test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready_when_a_write_succeeds_and_the_worker_runs(
    make_app: Callable[..., Flask], either_database: str
) -> None:
    app = make_app(either_database)
    with time_machine.travel(NOW, tick=False):
        worker_seen(app, NOW - health.WORKER_SILENT_FOR)
        answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


@pytest.mark.parametrize("seen_at", [None, NOW - health.WORKER_SILENT_FOR - 1])
def test_not_ready_while_the_worker_is_silent_and_strangers_learn_no_more(
    app: Flask, seen_at: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    if seen_at:
        worker_seen(app, seen_at)
    with time_machine.travel(NOW, tick=False), caplog.at_level(logging.WARNING):
        answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert "not ready: worker silent" in caplog.messages


def test_not_ready_while_the_database_cannot_be_written(
    make_app: Callable[..., Flask], sqlite_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    worker_seen(make_app(sqlite_database), NOW)
    file = sqlite_database.removeprefix("sqlite:///")
    app = make_app(f"sqlite:///file:{file}?mode=ro&uri=true")
    with time_machine.travel(NOW, tick=False):
        answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert "not ready: database not writable" in caplog.messages


def readyz(app: Flask) -> tuple[int, str]:
    with time_machine.travel(NOW, tick=False):
        answer = app.test_client().get("/readyz")
    return answer.status_code, answer.text


def make_unwell(app: Flask, statement: str) -> None:
    """The worker runs, but something else is wrong."""
    worker_seen(app, NOW)
    with app.app_context(), transaction() as tx:
        tx.execute(text(statement.format(NOW=NOW)))


MAIL_DUE_AT = (
    "INSERT INTO outbox (id, practice_id, recipient, kind, sequence, occasion, message_id, created_at,"
    " due_at, state, attempts) SELECT 'o', id, 'x', 'account_reset', 0, '', 'm', {NOW}, {NOW} - %s,"
    " 'waiting', 0"
    " FROM practices WHERE slug = 'demo'"
)


@pytest.mark.parametrize(("too_much", "status"), [(0, 200), (1, 503)])
def test_not_ready_while_mail_is_late(
    make_app: Callable[..., Flask],
    either_demo_database: str,
    too_much: int,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(either_demo_database)
    make_unwell(app, "DELETE FROM outbox")
    make_unwell(app, MAIL_DUE_AT % (health.MAIL_LATE_AFTER + too_much))
    assert readyz(app)[0] == status
    assert ("not ready: mail late" in caplog.messages) == (status == 503)


@pytest.mark.parametrize(
    ("reads", "read_at", "status"),
    [
        (True, NOW - STALE_AFTER, 503),
        (True, NOW - STALE_AFTER + 1, 200),
        (True, None, 503),
        (False, NOW - 9 * STALE_AFTER, 200),
    ],
)
def test_not_ready_while_a_calendar_is_stale(
    make_app: Callable[..., Flask],
    either_demo_database: str,
    reads: bool,
    read_at: int | None,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(either_demo_database)
    make_unwell(app, "DELETE FROM outbox")
    with app.app_context(), transaction() as tx:
        place = tx.execute(text("SELECT practice_id, id FROM therapists LIMIT 1")).one()
        calendar = OwnCalendar(
            str(uuid4()), *place, "Own", CalendarKind.ICS, NOW - STALE_AFTER, reads=reads, read_at=read_at
        )
        calendars.add(tx, calendar, Access("https://calendar.example/secret.ics"))
    assert readyz(app)[0] == status
    assert ("not ready: calendars stale" in caplog.messages) == (status == 503)


def test_not_ready_with_little_room_for_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    worker_seen(app, NOW)
    assert readyz(app) == (200, "ready\n")
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 1 << 60)
    assert readyz(app) == (503, "not ready\n")
    assert "not ready: little room" in caplog.messages


def test_not_ready_on_a_schema_of_another_version(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    worker_seen(app, NOW)
    assert readyz(app) == (200, "ready\n")
    make_unwell(app, "UPDATE alembic_version SET version_num = '9999'")
    assert readyz(app) == (503, "not ready\n")
    assert "not ready: schema of another version" in caplog.messages


def test_not_ready_while_the_database_is_away(make_app: Callable[..., Flask]) -> None:
    app = make_app(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/x")
    assert readyz(app) == (503, "not ready\n")


def test_several_things_at_once_are_told_to_the_log_alone() -> None:
    unwell = health.Health(
        writable=True,
        worker_age=None,
        mail_age=health.MAIL_LATE_AFTER + 1,
        stale_calendars=1,
        free_bytes=machine.LEAST_FREE_BYTES - 1,
    )
    assert unwell.problems == ("worker silent", "mail late", "calendars stale", "little room")
    assert health.Health(writable=True, worker_age=0, free_bytes=machine.LEAST_FREE_BYTES).problems == ()


@pytest.mark.parametrize(
    "given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}x"}]
)
@pytest.mark.parametrize("setting", [None, TOKEN])
def test_figures_do_not_exist_for_strangers(
    make_app: Callable[..., Flask], any_database: str, setting: str | None, given: dict[str, str]
) -> None:
    app = make_app(any_database, SCHEDULER_METRICS_TOKEN=setting)
    assert app.test_client().get("/metrics", headers=given).status_code == 404


def test_figures_for_the_operator(make_app: Callable[..., Flask], any_demo_database: str) -> None:
    app = make_app(any_demo_database, SCHEDULER_METRICS_TOKEN=TOKEN)
    with time_machine.travel(NOW, tick=False):
        worker_seen(app, NOW - 7)
        answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    samples = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert samples["scheduler_database_writable"] == "1"
    assert samples["scheduler_worker_seen_seconds"] == "7"
    assert samples["scheduler_stale_calendars"] == "0"
    assert int(samples["scheduler_database_free_bytes"]) > 0
    assert answer.text.count("# TYPE") == answer.text.count("# HELP") >= 3
