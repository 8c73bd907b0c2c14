"""What watching machines are told: alive, ready, figures for the operator."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from scheduler.services import health
from scheduler.store import heartbeats
from scheduler.store.database import transaction

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


def test_not_ready_while_mail_is_late() -> None:
    late, on_time = health.MAIL_LATE_AFTER + 1, health.MAIL_LATE_AFTER
    assert health.Health(writable=True, worker_age=1, mail_age=late).problems == ("mail late",)
    assert health.Health(writable=True, worker_age=1, mail_age=on_time).problems == ()


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
    assert answer.text.count("# TYPE") == answer.text.count("# HELP") >= 3
