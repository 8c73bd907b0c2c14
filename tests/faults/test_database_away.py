"""The database restarts, or dies before it could say whether a booking is stored."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from datetime import time as clock_time
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from faults.databases import Postgres, programs
from scheduler.clock import utcnow
from scheduler.domain.local_time import local_day, rfc3339, start_instant
from scheduler.store.database import db, reading
from tests.faults.relay import Relay, relay_to
from tests.services.mailing import Mailing, settle
from tests.support.commands import flask
from tests.support.environment import settings
from tests.support.missing import lacking

pytestmark = pytest.mark.postgres


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that a test may stop, with a migrated database."""
    try:
        programs()
    except FileNotFoundError:
        lacking("PostgreSQL")
    server = Postgres()
    flask("db", "upgrade", settings=settings(server.url))
    yield server
    server.remove()


@pytest.fixture
def relay(postgres_database: str) -> Iterator[Relay]:
    """A wire to the session's server."""
    with relay_to(urlsplit(postgres_database).port or 5432) as found:
        yield found


class Desk:
    """Vera at her program: books by the API at ten in the morning of some day."""

    def __init__(self, app: Flask) -> None:
        self.mailing: Mailing = settle(app)
        self.mailing.kind()
        self.client: FlaskClient = app.test_client()

    def book(self, key: str, days: int = 2) -> TestResponse:
        """Send the form with this key."""
        zone = self.mailing.practice.zone
        morning = datetime.combine(local_day(utcnow(), zone) + timedelta(days=days), clock_time(10))
        body = {
            "type": "consultation",
            "start": rfc3339(start_instant(morning, zone)),
            "mode": "video",
            "name": "Vera Moss",
            "email": f"{key}@example.org",
            "consents": ["privacy"],
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"a-key-for-{key}"}
        return self.client.post("/api/v1/practices/demo/appointments", data=json.dumps(body), headers=headers)

    def stored(self) -> list[tuple[str, int]]:
        """The uid of each appointment with the number of confirmations it brings."""
        query = (
            "SELECT a.uid, (SELECT count(*) FROM outbox o WHERE o.appointment_id = a.id"
            " AND o.kind = 'confirmation') FROM appointments a ORDER BY a.start_at"
        )
        with self.mailing.app.app_context(), reading() as tx:
            return [(uid, mails) for uid, mails in tx.execute(text(query))]


def is_refused_for_now(answer: TestResponse) -> bool:
    """503, and when to come back."""
    return answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0


def test_a_booking_whose_commit_was_never_answered_is_found_by_its_key(
    make_app: Callable[..., Flask], postgres_database: str, relay: Relay
) -> None:
    address = urlsplit(postgres_database)
    desk = Desk(make_app(postgres_database.replace(f":{address.port}/", f":{relay.port}/")))
    relay.loses_answers = True
    unknown = desk.book("vera")
    [stored] = desk.stored()
    again, once_more = desk.book("vera"), desk.book("vera")

    assert is_refused_for_now(unknown)
    assert relay.lost == 1
    assert [again.status_code, once_more.status_code] == [201, 201]
    assert desk.stored() == [stored] == [(again.json["uid"], 1)] == [(once_more.json["uid"], 1)]
    with desk.mailing.app.app_context():
        db.engine.dispose()


def test_a_wire_that_breaks_before_the_commit_stores_nothing(
    make_app: Callable[..., Flask], postgres_database: str, relay: Relay
) -> None:
    address = urlsplit(postgres_database)
    desk = Desk(make_app(postgres_database.replace(f":{address.port}/", f":{relay.port}/")))
    assert desk.stored() == []
    relay.cut()  # the connections in the pool are dead, and nobody knows yet
    assert desk.book("vera").status_code == 201
    assert [mails for _, mails in desk.stored()] == [1]
    with desk.mailing.app.app_context():
        db.engine.dispose()


def test_while_the_database_is_away_everything_says_so_and_then_goes_on(
    make_app: Callable[..., Flask], own_server: Postgres
) -> None:
    desk = Desk(make_app(own_server.url))
    first = desk.book("vera")
    own_server.crash()
    away = [
        desk.book("ines", days=3),
        desk.client.get("/book/demo/"),
        desk.client.get(f"/api/v1/appointments/{first.json['manage_url'].rpartition('/')[2]}"),
        desk.client.get("/readyz"),
    ]
    alive = desk.client.get("/healthz")
    own_server.start()
    second, again = desk.book("ines", days=3), desk.book("vera")

    assert [is_refused_for_now(answer) for answer in away] == [True] * 4
    assert (alive.status_code, first.status_code, second.status_code) == (200, 201, 201)
    assert again.json["uid"] == first.json["uid"]
    assert desk.stored() == [(first.json["uid"], 1), (second.json["uid"], 1)]
    with desk.mailing.app.app_context():
        db.engine.dispose()
