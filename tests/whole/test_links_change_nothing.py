"""Mail programs, scanners and previews open every link of a mail: that changes nothing at all."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from scheduler.clock import utcnow
from scheduler.services import directory, resets, turns, waiting
from tests.support.mail import Received
from tests.support.signing_in import ADA, signed_in
from tests.whole.planted import FORM
from tests.whole.test_nothing_told import Life, ask, life, offer_dates, repeat, visit

__all__ = ["life"]

SEEN = re.compile(r"^INSERT INTO \"?(audit|\w*session\w*)\"?\b")
"""The practice's side begins a session for its sign-in form, and writes down who read an appointment."""
OURS = "http://localhost"


def links(mail: Received) -> set[str]:
    """The paths on our own server that a mail leads to, its headers and calendar part included."""
    found = set()
    for part in mail.message.walk():
        texts = [str(value) for value in part.values()]
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            texts.append(content.decode(errors="replace").replace("\r\n ", ""))
        for text in texts:
            addresses = re.findall(rf"{OURS}/[^\s\"'<>)]*", unescape(text))
            found |= {
                urlsplit(address)._replace(scheme="", netloc="", fragment="").geturl()
                for address in addresses
            }
    return found


def rows(file: Path) -> list[str]:
    """The whole database, as statements."""
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def open_twice(client: FlaskClient, path: str) -> int:
    """What HEAD and GET answer; following where they lead."""
    client.head(path)
    return client.get(path, follow_redirects=True).status_code


def wait_for_a_time(life: Life) -> None:
    """Vera joins the waiting list and is offered a time."""
    kind = directory.find_type(life.practice, "session")
    form = {**{name: text for name, text in FORM.items() if isinstance(text, str)}, "mode": "video"}
    waiting.join(
        directory.practice("demo"),
        kind,
        form,
        days=[],
        parts=[],
        therapist=None,
        source="192.0.2.1",
        now=utcnow(),
    )
    life.work()
    assert turns.tend(now=utcnow()) == 1
    life.work()
    assert sum(any("/waiting/" in path for path in links(mail)) for mail in life.smtp.received) == 2


@pytest.mark.slow
def test_opening_every_link_of_every_mail_changes_nothing(life: Life) -> None:
    visit(life)
    with life.app.app_context():
        for happening in (ask, repeat, wait_for_a_time, offer_dates):
            happening(life)
        resets.ask(ADA, "somebody", now=utcnow())
        life.work()
    paths = sorted(set().union(*map(links, life.smtp.received)))
    kinds = Counter(path.split("/")[1] for path in paths)
    assert kinds.keys() >= {"appointments", "newsletter", "practice", "series", "waiting"}, kinds
    assert any(path.endswith("/questions") for path in paths)
    guarded = [path for path in paths if path.startswith("/practice/")]
    open_to_all = [path for path in paths if path not in guarded]
    before = rows(life.file)
    stranger = life.app.test_client()
    answers = {path: open_twice(stranger, path) for path in open_to_all}
    assert set(answers.values()) == {200}, answers
    assert rows(life.file) == before
    ada = signed_in(life.app, ADA)
    before = rows(life.file)
    for client in (stranger, ada):
        for path in paths:
            assert open_twice(client, path) < 500, path
    changed = set(before).symmetric_difference(rows(life.file))
    assert [line for line in changed if not SEEN.search(line)] == []
