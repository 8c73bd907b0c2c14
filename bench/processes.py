"""The program as a server process of its own, and what its work costs in CPU time."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.databases import environment

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 180
HELLO = "/healthz"
ROUNDS = 15


@dataclass(frozen=True)
class Server:
    """A running server; `pid` is its parent's."""

    port: int
    pid: int

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, kept open between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def cpu(self) -> float:
        """CPU seconds used so far by all threads of its workers, to the nanosecond."""
        used = 0
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            for task in Path(f"/proc/{child}/task").iterdir():
                with suppress(OSError):
                    used += int((task / "schedstat").read_text().split()[0])
        return used / 1e9

    def cost(
        self,
        path: str,
        count: int,
        *,
        headers: dict[str, str] | None = None,
        before: Callable[[], None] = bool,
    ) -> float:
        """CPU ms of one answer, over `count` requests on one connection; `before` runs before each."""
        connection = self.connection()
        started = self.cpu()
        for _ in range(count):
            before()
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 304):
                raise RuntimeError(f"{path.split('?')[0]} answered {answer.status}")
        used = self.cpu() - started
        connection.close()
        return used * 1000 / count

    def compare(
        self,
        path: str,
        count: int,
        *,
        headers: dict[str, str] | None = None,
        before: Callable[[], None] = bool,
    ) -> tuple[float, float]:
        """(percent of the do-nothing route's rate, CPU ms of one answer).

        Both are asked by turns, and the cheapest turn of each counts: what the
        work costs when no other program disturbs the machine. `before` runs
        before either, so that neither finds the processor's caches warmer.
        """
        few = max(5, count // ROUNDS)
        hello = cost = float("inf")
        for _ in range(ROUNDS):
            hello = min(hello, self.cost(HELLO, few, before=before))
            cost = min(cost, self.cost(path, few, headers=headers, before=before))
        return 100 * hello / cost, cost

    def header(self, path: str, name: str) -> str:
        """One header of an answer."""
        connection = self.connection()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.headers[name] or ""


@contextmanager
def server(url: str, *, workers: int = 1, threads: int = 4, **changes: str) -> Iterator[Server]:
    """The program under gunicorn, alive; ended afterwards. `changes` are settings.

    Not under waitress: that closes the connection after each 304, whose cost would stand in the figures.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("SCHEDULER_")}
    command = [sys.executable, "-m", "gunicorn", f"--workers={workers}", f"--threads={threads}"]
    process = subprocess.Popen(
        [*command, "--no-control-socket", f"--bind=127.0.0.1:{port}", "wsgi:app"],
        cwd=ROOT,
        env={**inherited, **environment(url, **changes)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        running = Server(port, process.pid)
        _wait(running, process)
        yield running
    finally:
        process.terminate()
        process.wait(60)


def _wait(running: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            running.cost(HELLO, 50)
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not come up")
