"""The program as real processes behind a real port."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.environment import for_process, settings
from tests.support.loaded import Forked, Start
from tests.support.ports import free_port

START_SECONDS = 60


@dataclass(frozen=True)
class RunningServer:
    """A started program: where it listens, its settings and what it wrote."""

    url: str
    settings: dict[str, str]
    process: Forked
    log_file: Path

    @property
    def log(self) -> str:
        """Everything it has written so far."""
        return self.log_file.read_text(errors="replace")

    def stop(self) -> None:
        """End it and the workers it started; kills what does not end by itself."""
        for name in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, name)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
                return


def wait_until_alive(server: RunningServer) -> None:
    """Wait for `/healthz`. Fails the test with the program's log when it does not come up."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    server.stop()
    pytest.fail(f"The server did not come up:\n{server.log}", pytrace=False)


def command_of(workers: int, threads: int, port: int) -> list[str]:
    """What an operator gives to `python -m`: waitress for one process, gunicorn for several."""
    bind = f"127.0.0.1:{port}"
    if not workers:
        return ["waitress", f"--listen={bind}", f"--threads={threads}", "wsgi:app"]
    sizes = ["--workers", str(workers), "--threads", str(threads)]
    return ["gunicorn", *sizes, "--no-control-socket", "--bind", bind, "wsgi:app"]


@pytest.fixture
def serve(tmp_path: Path, start_loaded: Start) -> Iterator[Callable[..., RunningServer]]:
    """Start the program: `serve(database_url, workers=4, MAIL_SERVER=…)`; it ends with the test.

    `workers=0` is one process under waitress, more is that many under gunicorn.
    """
    started: list[RunningServer] = []

    def start(database_url: str, workers: int = 0, threads: int = 4, **changes: str | None) -> RunningServer:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        values = settings(database_url, **{"SCHEDULER_PUBLIC_URL": url, **changes})
        log_file = tmp_path / f"server-{port}.log"
        process = start_loaded(command_of(workers, threads, port), for_process(values), log_file)
        server = RunningServer(url, values, process, log_file)
        started.append(server)
        wait_until_alive(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def start_worker(tmp_path: Path, start_loaded: Start) -> Iterator[Callable[[dict[str, str]], RunningServer]]:
    """Start `flask worker` and let it loop until the test ends: `start_worker(server.settings)`."""
    started: list[RunningServer] = []

    def start(values: dict[str, str]) -> RunningServer:
        log_file = tmp_path / f"worker-{len(started)}.log"
        process = start_loaded(["flask", "--app", "wsgi", "worker"], for_process(values), log_file)
        started.append(RunningServer("", values, process, log_file))
        return started[-1]

    yield start
    for running in started:
        running.stop()
