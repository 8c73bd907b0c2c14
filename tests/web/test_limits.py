"""Limits per source: shared by every process, in the database, without the address."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
import time_machine
from flask import Flask

from scheduler.domain.errors import TooMany
from scheduler.services import limits
from scheduler.web.limits import WRONG_LINKS, DatabaseStorage, source
from tests.support.environment import ROOT, for_process, settings
from tests.support.servers import RunningServer
from tests.support.signing_in import ADA, SIGN_IN, form_token

NOW = 1_780_000_000


def test_a_window_counts_and_then_starts_anew(make_app: Callable[..., Flask], either_database: str) -> None:
    with make_app(either_database).app_context():
        assert limits.count("k", window=60, now=NOW) == (1, NOW + 60)
        assert limits.count("k", window=60, now=NOW + 59, amount=2) == (3, NOW + 60)
        assert limits.counted("k", now=NOW + 59) == (3, NOW + 60)
        assert limits.counted("k", now=NOW + 60) == (0, NOW + 60)
        assert limits.count("k", window=60, now=NOW + 60) == (1, NOW + 120)
        assert limits.counted("other", now=NOW) == (0, NOW)


def test_what_is_too_much_is_refused_with_the_seconds_to_wait(app: Flask) -> None:
    with app.app_context():
        limits.take("k", at_most=1, window=60, now=NOW)
        with pytest.raises(TooMany) as refusal:
            limits.take("k", at_most=1, window=60, now=NOW + 20)
        assert refusal.value.retry_after == 40
        limits.give_back("k", "k", "k")
        assert limits.counted("k", now=NOW + 20) == (0, NOW + 60)


def test_counters_that_are_over_are_swept(app: Flask) -> None:
    with app.app_context():
        limits.count("old", window=10, now=NOW)
        limits.count("new", window=60, now=NOW)
        assert limits.forget(now=NOW + 10) == 1
        assert limits.counted("new", now=NOW + 10)[0] == 1


def test_the_library_can_count_on_our_table(app: Flask) -> None:
    storage = DatabaseStorage("scheduler://")
    with app.app_context(), time_machine.travel(NOW, tick=False):
        assert [storage.incr("k", 60), storage.incr("k", 60, 3), storage.get("k")] == [1, 4, 4]
        assert (storage.get_expiry("k"), storage.check()) == (NOW + 60, True)
        storage.clear("k")
        assert (storage.get("k"), storage.incr("l", 60), storage.reset()) == (0, 1, 1)


COUNTING = """
import sys
from scheduler.app import create_app
from scheduler.services import limits
from scheduler.settings import Settings
import os
with create_app(Settings.from_environment(os.environ)).app_context():
    for _ in range(25):
        limits.count("shared", window=600, now=int(sys.argv[1]))
"""


@pytest.mark.slow
def test_four_processes_share_one_count(make_app: Callable[..., Flask], either_database: str) -> None:
    environment = for_process(settings(either_database))
    started = [
        subprocess.Popen([sys.executable, "-c", COUNTING, str(NOW)], cwd=ROOT, env=environment)
        for _ in range(4)
    ]
    assert [process.wait(120) for process in started] == [0, 0, 0, 0]
    with make_app(either_database).app_context():
        assert limits.counted("shared", now=NOW)[0] == 100


@pytest.mark.slow
def test_guessing_a_password_ends_whichever_process_answers(
    serve: Callable[..., RunningServer], any_demo_database: str
) -> None:
    server = serve(any_demo_database, workers=4, threads=2, SCHEDULER_RATE_LIMITS="on")

    def guess(_number: int) -> int:
        browser, address = build_opener(HTTPCookieProcessor()), server.url + SIGN_IN
        with browser.open(address) as page:
            token = form_token(page.read().decode())
        form = {"email": ADA, "password": "a wrong password", "csrf_token": token}
        try:
            with browser.open(address, urlencode(form).encode()) as answer:
                return int(answer.status)
        except HTTPError as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(guess, range(24)))
    assert answers == [422] * 10 + [429] * 14


@pytest.mark.slow
def test_changes_from_one_source_are_counted_and_reading_is_not(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    with time_machine.travel(NOW - NOW % 60, tick=False):
        client = app.test_client()
        assert {client.post("/api/v1/nowhere-at-all").status_code for _ in range(3)} == {404}
        answers = [client.post("/appointments/" + "x" * 43).status_code for _ in range(301)]
        assert (answers[-1], client.get("/healthz").status_code) == (429, 200)
        other = app.test_client()
        other.environ_base["REMOTE_ADDR"] = "198.51.100.7"
        assert other.post("/appointments/" + "x" * 43).status_code != 429


def test_trying_out_links_ends_in_429(make_app: Callable[..., Flask], any_demo_database: str) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    client = app.test_client()
    answers = [client.get(f"/appointments/{number:043}") for number in range(WRONG_LINKS + 1)]
    assert [answer.status_code for answer in answers] == [404] * WRONG_LINKS + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 600
    assert client.get("/book/demo/").status_code == 200


def test_limits_are_off_in_a_demo_that_says_so(demo_app: Flask) -> None:
    client = demo_app.test_client()
    answers = {client.get(f"/appointments/{number:043}").status_code for number in range(WRONG_LINKS + 5)}
    assert answers == {404}


@pytest.mark.parametrize(
    ("peer", "known_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_a_source_is_an_address_or_a_network_of_one_household(app: Flask, peer: str, known_as: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": peer}):
        assert source() == known_as


def test_a_header_of_the_client_changes_the_source_only_behind_a_proxy(
    make_app: Callable[..., Flask], any_database: str
) -> None:
    forged = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Real-IP": "198.51.100.2"}
    seen = []
    for proxies in ("0", "1"):
        app = make_app(any_database, SCHEDULER_PROXIES=proxies)
        app.add_url_rule("/book/source", "source", source)
        seen.append(app.test_client().get("/book/source", headers=forged).text)
    assert seen == ["127.0.0.1", "203.0.113.9"]


def test_no_address_is_kept(make_app: Callable[..., Flask], sqlite_demo_database: str) -> None:
    app = make_app(sqlite_demo_database, SCHEDULER_RATE_LIMITS="on")
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    client.get("/appointments/" + "x" * 43)
    client.post("/appointments/" + "x" * 43)
    with closing(sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"))) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM limits")]
    assert len(keys) == 3
    assert not any("203.0.113" in key for key in keys)
