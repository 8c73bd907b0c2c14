"""The installation under test: gunicorn, workers, mail server, clock; and the hand that kills them."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from faults import clockwork
from faults.databases import Database
from faults.mail_server import WildMailServer
from tests.support.environment import ROOT, for_process, settings
from tests.support.ports import free_port

START_SECONDS = 90
WEB, WORKERS, THREADS = 3, 2, 4


@dataclass
class Killed:
    """Who was killed when, and who else is to blame for mails that could not be noted."""

    web: int = 0
    workers: dict[int, float] = field(default_factory=dict)
    database_away: list[tuple[float, float]] = field(default_factory=list)


class Site:
    """Started when made; `close()` ends every process that it started."""

    def __init__(
        self, folder: Path, database: Database, *, web: int = WEB, limits: bool = False, seed: int = 1
    ) -> None:
        self.folder, self.database = folder, database
        self.clock = clockwork.Clock(folder / "clock")
        self.mail = WildMailServer(seed)
        self.killed = Killed()
        self.random = random.Random(seed)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        changes = {
            "SCHEDULER_PUBLIC_URL": self.url,
            "SCHEDULER_RATE_LIMITS": "on" if limits else "off",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.mail.port),
        }
        self.environment = for_process(settings(database.url, **changes))
        self.environment[clockwork.VARIABLE] = str(folder / "clock")
        gunicorn = ["gunicorn", "-c", "python:faults.web", f"--workers={web}", f"--threads={THREADS}"]
        self.web = self._start("web", *gunicorn, f"--bind=127.0.0.1:{self.port}", "wsgi:app")
        self.nursery = self._start("worker", "faults.nursery", str(WORKERS))
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End everything."""
        for process in (self.nursery, self.web):
            for name in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, name)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                    break
        self.mail.close()

    def log(self, name: str) -> str:
        """What the web or worker processes wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill_web(self) -> None:
        """SIGKILL one web worker."""
        for pid in self._one_of(self.web.pid):
            os.kill(pid, signal.SIGKILL)
            self.killed.web += 1

    def kill_worker(self) -> None:
        """SIGKILL one worker."""
        for pid in self._one_of(self.nursery.pid):
            self.killed.workers[pid] = time.monotonic()
            os.kill(pid, signal.SIGKILL)

    def kill_at_random(self, count: int, *, pause: float) -> list[threading.Thread]:
        """Kill so many of each kind, at moments that nobody chose; returns the running threads."""

        def go_on(kill: str) -> None:
            while len(self.killed.workers) < count if kill == "kill_worker" else self.killed.web < count:
                time.sleep(random.uniform(0.2, 1.8) * pause)
                with suppress(ProcessLookupError):
                    getattr(self, kill)()

        threads = [
            threading.Thread(target=go_on, args=(kind,), daemon=True) for kind in ("kill_web", "kill_worker")
        ]
        for thread in threads:
            thread.start()
        return threads

    def _one_of(self, parent: int) -> list[int]:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [int(random.choice(children))] if children else []

    def _start(self, name: str, *module_and_arguments: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *module_and_arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.web.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the site did not come up:\n{self.log('web')}\n{self.log('worker')}")
