"""A real CalDAV server on a loopback port: Radicale, with people who have a name and a password each."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import caldav
import pytest
import urllib3

from tests.support.environment import ROOT
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

START_SECONDS = 60
PASSWORD = "app-password-1"

SETTINGS = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {home}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {home}/collections
[web]
type = none
[logging]
level = warning
"""


@dataclass(frozen=True)
class CalDavServer:
    """A running server. `host` is what the operator allows."""

    port: int

    @property
    def host(self) -> str:
        """The exception to the address guard: `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{self.host}/"

    def make(self, person: str, name: str, title: str = "") -> str:
        """A new, empty calendar of this person; returns its address."""
        url = f"{self.url}{person}/{name}/"
        body = (
            '<?xml version="1.0"?><c:mkcalendar xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
            f"<set><prop><displayname>{escape(title or name)}</displayname></prop></set></c:mkcalendar>"
        )
        self.ask(person, "MKCALENDAR", url, body.encode())
        return url

    def store(self, person: str, url: str, name: str, text: bytes) -> None:
        """Put an entry as the person's own program does."""
        self.ask(person, "PUT", f"{url}{name}", text, {"Content-Type": "text/calendar; charset=utf-8"})

    def ask(
        self, person: str, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """One request, signed in."""
        signed = urllib3.make_headers(basic_auth=f"{person}:{PASSWORD}") | (headers or {})
        answer = urllib3.request(method, url, body=body, headers=signed, timeout=PATIENCE, retries=False)
        assert answer.status < 300, (method, answer.status)
        return answer

    def calendar(self, person: str, url: str) -> Any:
        """The calendar as an independent client sees it."""
        client: Any = caldav.DAVClient(self.url, username=person, password=PASSWORD)
        return client.calendar(url=url)


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """The server, for all tests of this process; each test takes people or calendars of its own."""
    home = tmp_path_factory.mktemp("radicale")
    port = free_port()
    (home / "users").write_text("".join(f"{person}:{PASSWORD}\n" for person in ("ada", "ben", "cora")))
    (home / "config").write_text(SETTINGS.format(port=port, home=home))
    with Path(home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(home / "config")],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = CalDavServer(port)
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib3.request("OPTIONS", server.url, timeout=1, retries=False)
            break
        except urllib3.exceptions.HTTPError:
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                pytest.fail(f"Radicale did not come up:\n{(home / 'log').read_text()}", pytrace=False)
            time.sleep(0.05)
    yield server
    process.terminate()
    process.wait(10)
