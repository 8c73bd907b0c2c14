"""Web and worker run on the schema they were written for, on a local and unharmed file; else they say why."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler import worker
from scheduler.domain.errors import StoreBusy
from scheduler.services import starting
from scheduler.store.database import db
from scheduler.web.gate import SENTENCE, Gate
from tests.support.commands import flask
from tests.support.environment import ROOT, for_process, settings
from tests.support.ports import free_port

NEWER = "UPDATE alembic_version SET version_num = '9999'"


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def change(url: str, statement: str) -> None:
    with closing(sqlite3.connect(file_of(url))) as connection, connection:
        connection.execute(statement)


def test_an_unmigrated_database_is_refused_until_it_is_migrated(
    make_app: Callable[..., Flask], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    client = app.test_client()
    for plain in ("/readyz", "/metrics", "/embed.js", f"/feeds/{'x' * 43}.ics", f"/feeds/{'x' * 43}"):
        answer = client.get(plain)
        assert (answer.status_code, answer.text, answer.mimetype) == (503, SENTENCE, "text/plain")
        assert answer.headers["Retry-After"] == "60"
    assert client.get("/healthz").status_code == 200
    assert "The database has no tables yet: run `flask --app wsgi db upgrade`" in caplog.text
    with app.app_context():
        flask_migrate.upgrade()
    assert client.get("/embed.js").status_code == 200
    assert client.get("/book/nobody/").status_code == 404


@pytest.fixture
def closed(make_app: Callable[..., Flask], tmp_path: Path) -> FlaskClient:
    """A browser before pages whose database has no tables yet."""
    return make_app(f"sqlite:///{tmp_path / 'new.sqlite3'}").test_client()


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("fr-CA, en;q=0.5", "fr", "Ces pages sont en cours de mise à jour"),
        ("zh, de;q=0.3", "de", "Diese Seiten werden gerade aktualisiert"),
        ("zh", "en", "These pages are being updated"),
    ],
)
def test_people_read_a_calm_page_in_their_language(
    closed: FlaskClient, asked: str, language: str, title: str
) -> None:
    for path in ("/", "/book/demo/", f"/appointments/{'x' * 43}", "/demo/"):
        answer = closed.get(path, headers={"Accept-Language": asked})
        assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (
            503,
            "text/html",
            "60",
        )
        assert f'<html lang="{language}"' in answer.text
        assert f"<h1>{title}</h1>" in answer.text
        assert 'class="bk-care"' in answer.text  # where to turn in danger
    assert '<html lang="ru"' in closed.get("/book/demo/?lang=ru", headers={"Accept-Language": asked}).text


def test_the_page_needs_nothing_that_is_refused_and_nothing_of_others(closed: FlaskClient) -> None:
    page = closed.get("/book/demo/?embed=1")
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert [closed.get(sheet).status_code for sheet in sheets] == [200] * 3
    assert "frame-ancestors" not in page.headers["Content-Security-Policy"]
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    staff = closed.get("/practice/")
    assert "frame-ancestors 'none'" in staff.headers["Content-Security-Policy"]
    assert 'class="bk-care"' not in staff.text
    sent = closed.post("/book/demo/consultation", data={"start": "1"})
    assert (sent.status_code, 'href=""' in sent.text, 'href=""' in page.text) == (503, False, True)
    assert closed.head("/book/demo/").data == b""
    assert closed.get("/book/%ff/", headers={"Host": "elsewhere.example"}).status_code == 503
    assert page.headers.getlist("Set-Cookie") == []


def test_programs_get_a_problem(closed: FlaskClient) -> None:
    answer = closed.get("/api/v1/practices/demo", headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "60"
    problem = json.loads(answer.data)
    assert (problem["status"], problem["code"], problem["title"]) == (
        503,
        "try_again",
        "Ces pages sont en cours de mise à jour",
    )


def test_the_gate_costs_nothing_once_it_is_open(app: Flask) -> None:
    assert isinstance(app.wsgi_app, Gate)
    app.test_client().get("/embed.js")
    assert not isinstance(app.wsgi_app, Gate)


def test_a_newer_schema_is_refused(
    make_app: Callable[..., Flask], sqlite_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    change(sqlite_database, NEWER)
    app = make_app(sqlite_database)
    assert app.test_client().get("/embed.js").status_code == 503
    assert "newer than this program: start the newer program" in caplog.text
    assert isinstance(app.wsgi_app, Gate)


def test_a_schema_that_changes_under_a_running_program_makes_it_not_ready(
    app: Flask, sqlite_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    with app.app_context():
        worker.run_once(app.config["SETTINGS"], 1_780_000_000)
    assert client.get("/embed.js").status_code == 200
    change(sqlite_database, NEWER)
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "not ready\n")
    assert "not ready: schema of another version" in caplog.messages


def test_a_database_that_is_away_is_no_reason_to_refuse_for_good(
    make_app: Callable[..., Flask], sqlite_database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "later"
    app = make_app(f"sqlite:///{folder / 'core.sqlite3'}")
    with app.app_context():
        with pytest.raises(StoreBusy):
            starting.obstacle()
        assert starting.first_obstacle() == ""
    assert app.test_client().get("/book/demo/").status_code == 503
    folder.mkdir()
    shutil.copy(file_of(sqlite_database), folder / "core.sqlite3")
    assert app.test_client().get("/book/demo/").status_code == 404
    assert not isinstance(app.wsgi_app, Gate)


def test_a_network_file_system_is_refused(app: Flask, sqlite_database: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nserver:/homes {file_of(sqlite_database).parent} nfs4 rw 0 0\n"
    )
    with app.app_context():
        assert starting.obstacle(mounts=mounts).startswith(
            "The database lies on a network file system (nfs4)"
        )
        assert starting.obstacle() == ""


def test_a_file_without_a_write_ahead_log_is_refused(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    # Locks by lock files, as some shared folders need them, cannot share a write-ahead log.
    app = make_app(f"sqlite:///file:{tmp_path / 'new.sqlite3'}?vfs=unix-dotfile&uri=true")
    with app.app_context():
        flask_migrate.upgrade()
        assert starting.obstacle().startswith("SQLite cannot keep its write-ahead log")
        db.engine.dispose()


def test_a_damaged_file_is_refused_by_the_worker(app: Flask, sqlite_database: str) -> None:
    with app.app_context():
        db.engine.dispose()
        with file_of(sqlite_database).open("r+b") as opened:
            opened.seek(4096 * 20)
            opened.write(b"\xa5" * 4096 * 12)
        assert "damaged" in starting.obstacle(thorough=True)
        stop = threading.Event()
        assert worker.run_forever(app, stop).startswith("The database file is damaged")


def test_the_worker_stops_when_somebody_has_migrated(app: Flask, sqlite_database: str) -> None:
    reasons: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: reasons.append(worker.run_forever(app, stop)))
    thread.start()
    thread.join(0.5)
    assert thread.is_alive()
    change(sqlite_database, NEWER)
    thread.join(20)
    stop.set()
    thread.join()
    [reason] = reasons
    assert reason.startswith("The database's schema is newer than this program")


def test_a_worker_that_is_stopped_gives_no_reason(app: Flask) -> None:
    stop = threading.Event()
    stop.set()
    assert worker.run_forever(app, stop) == ""


@pytest.mark.slow
def test_the_server_does_not_start_and_commands_do(tmp_path: Path) -> None:
    values = settings(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    line = "The database has no tables yet: run `flask --app wsgi db upgrade`"
    waitress = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{free_port()}", "wsgi:app"]
    server = subprocess.run(
        waitress, cwd=ROOT, env=for_process(values), capture_output=True, text=True, timeout=60
    )
    assert server.returncode != 0
    assert f"Cannot start: {line}" in server.stderr
    once = flask("worker", "--once", settings=values, check=False)
    assert (once.returncode, once.stderr.count("\n"), once.stderr.startswith(f"Error: {line}")) == (
        1,
        1,
        True,
    )
    looping = flask("worker", settings=values, check=False)
    assert looping.returncode == 1
    assert line in looping.stderr
