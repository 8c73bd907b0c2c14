"""Several processes behind nginx, set up as the guide says: slow clients, and what its log keeps."""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from faults.phases import held_up
from scheduler.web.security import SECRETS
from tests.support.environment import ROOT
from tests.support.missing import lacking
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.servers import RunningServer

GUIDE = ROOT / "docs" / "guide" / "operator.md"
SECRET = "S3cretOfSomebodyThatNoLogMayKeep"
SLOW_CLIENTS = 60
HALF = b"POST /api/v1/practices/demo/appointments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"


@dataclass
class Proxy:
    """A running nginx."""

    port: int
    log_file: Path

    def get(self, path: str) -> int:
        """The status of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def configuration(folder: Path, port: int, behind: str) -> str:
    """The guide's own, with this machine's places. Fails when the guide no longer says what is replaced."""
    [documented] = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    for told, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("/var/log/nginx/booking.log", f"{folder}/booking.log"),
        ("http://127.0.0.1:8000", behind),
    ):
        assert documented.count(told) == 1, told
        documented = documented.replace(told, here)
    kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in kept)
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{documented}}}\n"
    )


@pytest.fixture
def proxy(serve: Callable[..., RunningServer], sqlite_demo_database: str, tmp_path: Path) -> Iterator[Proxy]:
    """nginx before the start command of the README: two processes with four threads each."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        lacking("nginx")
    behind = serve(sqlite_demo_database, workers=2, SCHEDULER_PROXIES="1")
    folder, port = tmp_path / "nginx", free_port()
    folder.mkdir()
    file = folder / "nginx.conf"
    file.write_text(configuration(folder, port, behind.url))
    errors = folder / "error.log"
    process = subprocess.Popen([program, "-p", str(folder), "-e", str(errors), "-c", str(file)])
    found = Proxy(port, folder / "booking.log")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            if found.get("/healthz") == 200:
                break
        time.sleep(0.05)
    else:
        pytest.fail(f"nginx did not come up: {errors.read_text() if errors.exists() else ''}", pytrace=False)
    yield found
    process.terminate()
    process.wait(PATIENCE)


def taken_by(proxy: Proxy, visits: int) -> list[float]:
    """The seconds that each of some visits to the booking page took."""
    taken = []
    for _ in range(visits):
        before = time.monotonic()
        assert proxy.get("/book/demo/") == 200
        taken.append(time.monotonic() - before)
    return taken


@pytest.mark.slow
def test_slow_clients_hold_nobody_up_and_the_log_keeps_no_secret(proxy: Proxy, demo_app: Flask) -> None:
    calm = taken_by(proxy, 6)
    crowd = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(SLOW_CLIENTS)]
    for number, one in enumerate(crowd):
        one.sendall((b"", HALF, HALF + b"\r\n{")[number % 3])
    crowded = taken_by(proxy, 6)
    for one in crowd:
        one.close()
    assert held_up(calm, crowded) == []

    paths = {
        re.sub("<[^>]+>", "demo", re.sub(f"<[^>]*({'|'.join(SECRETS)})>", SECRET, rule.rule))
        for rule in demo_app.url_map.iter_rules()
        if SECRETS & rule.arguments
    }
    for path in sorted(paths):
        proxy.get(f"{path}?day=2026-06-02")
    log = proxy.log_file.read_text()
    assert log.count("\n") >= len(paths) + 12
    assert [line for line in log.splitlines() if SECRET in line] == []
