"""Other people's servers that take a connection and never say a word delay no booking."""

import json
import statistics
import time
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from faults.phases import HELD_SECONDS, slowest
from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind
from scheduler.services import calendars
from scheduler.services.calendars import Wish
from tests.gateways.scripted import GREETING, scripted_server
from tests.gateways.website import Conversation, Website, website
from tests.races.test_one_winner import ask, free_starts
from tests.support.core import core_on
from tests.support.servers import START_SECONDS, RunningServer

BOOKINGS = 50
AT_MOST_SECONDS = 1.0
"""The promise; half of the bookings keep it whatever else this machine does."""


@pytest.mark.slow
def test_bookings_take_less_than_a_second_while_the_worker_waits_for_silent_servers(
    serve: Callable[..., RunningServer],
    start_worker: Callable[[dict[str, str]], RunningServer],
    either_demo_database: str,
    record_property: Callable[[str, object], None],
) -> None:
    with scripted_server(**{GREETING: ["hang"] * 1000}) as silent, website() as mute:
        mute.sayings |= {path: hang for path in ("/x.ics", "/dav/")}
        settings = {
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(silent.port),
            "SCHEDULER_CALENDAR_HOSTS_ALLOWED": mute.door,
        }
        add_calendars(either_demo_database, mute)
        server = serve(either_demo_database, **settings)
        # Far from today: neither notice nor a day's maximum is near, and no two overlap.
        starts = free_starts(server)[::3]
        seconds = [book(server, starts.pop(), "first")]
        start_worker(server.settings)
        until = time.monotonic() + START_SECONDS
        while not (silent.connections and mute.connections) and time.monotonic() < until:
            time.sleep(0.02)
        assert silent.connections, "the worker never came for a mail"
        assert mute.connections, "the worker never came for a calendar"
        while len(seconds) <= BOOKINGS:
            seconds.append(book(server, starts.pop(), str(len(seconds))))
    name = either_demo_database.partition(":")[0].partition("+")[0]
    took = f"{slowest(seconds[1:])}, median {statistics.median(seconds[1:]) * 1000:.0f} ms"
    record_property("figure", f"{name}: slowest of {BOOKINGS} bookings beside silent servers: {took}")
    assert statistics.median(seconds[1:]) < AT_MOST_SECONDS
    assert max(seconds[1:]) < HELD_SECONDS
    assert states(either_demo_database) == {"waiting"}


def hang(talk: Conversation) -> None:
    """Say nothing until the test is over."""
    talk.hang()


def add_calendars(database_url: str, mute: Website) -> None:
    """Two calendars of Ada's, to be read and written."""
    with core_on(database_url) as core:
        for kind, path in ((CalendarKind.ICS, "/x.ics"), (CalendarKind.CALDAV, "/dav/")):
            wish = Wish(kind.value, kind, mute.url(path), "ada", "secret", writes=kind is CalendarKind.CALDAV)
            calendars.add(core.therapist("ada"), wish, by="ada", now=utcnow())


def book(server: RunningServer, start: str, name: str) -> float:
    """Seconds that one booking takes."""
    body = {
        "type": "session",
        "therapist": "ada",
        "start": start,
        "mode": "video",
        "name": "Vera Moss",
        "email": f"vera-{name}@example.org",
        "consents": ["privacy", "policy"],
    }
    began = time.monotonic()
    status, answer = ask(server, "POST", "/api/v1/practices/demo/appointments", body, f"key-{name}")
    seconds = time.monotonic() - began
    assert status == 201, json.dumps(answer)
    return seconds


def states(database_url: str) -> set[str]:
    """How the mails stand: nobody took any."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT DISTINCT state FROM outbox")).scalars())
