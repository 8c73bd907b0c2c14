"""A process that has loaded the program once and forks one that runs a module whenever it is told to.

Loading takes a second or more, and tests start the program a hundred times. What is forked is a process of
its own with its own environment, session and connections, and runs the very module that an operator starts.
"""

import importlib
import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.environment import ROOT, for_process

MODULES = (
    "scheduler.app",
    "flask.cli",
    "waitress.runner",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
)


class Forked:
    """A forked process, to be asked like one of `subprocess`; its exit status is nobody's business."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = -1

    def poll(self) -> int | None:
        """None while it runs."""
        return -1 if self._has_ended(0) else None

    def wait(self, timeout: float) -> int:
        """Wait for its end. **Raises** `subprocess.TimeoutExpired`."""
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired("a forked process", timeout)
        return -1

    def _has_ended(self, seconds: float) -> bool:
        if self._handle >= 0 and select.select([self._handle], [], [], seconds)[0]:
            os.close(self._handle)
            self._handle = -1
        return self._handle < 0


Start = Callable[[list[str], dict[str, str], Path], Forked]


@pytest.fixture(scope="session")
def start_loaded() -> Iterator[Start]:
    """Run a module in a process that need not load: `start_loaded(["waitress", …], settings, log_file)`."""
    loaded = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env=for_process({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert loaded.stdin is not None
    assert loaded.stdout is not None
    told, answers = loaded.stdin, loaded.stdout

    def start(arguments: list[str], environment: dict[str, str], log_file: Path) -> Forked:
        told.write(json.dumps([arguments, environment, str(log_file)]) + "\n")
        answer = answers.readline()
        if not answer:
            pytest.fail("The program cannot be loaded; the standard error says why.", pytrace=False)
        return Forked(int(answer))

    yield start
    told.close()
    loaded.wait(10)
    answers.close()


def main() -> None:
    """Load everything, then fork for each line of the input."""
    for name in MODULES:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is gone at once
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _become(*json.loads(line))
        print(pid, flush=True)  # noqa: T201 -- the answer


def _become(arguments: list[str], environment: dict[str, str], log_file: str) -> Any:
    """Be what `python -m` with these arguments would be; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log, nothing = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    sys.argv[:] = arguments  # waitress keeps the list
    sys.path.insert(0, os.getcwd())
    status: object = 1
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = ended.code
        if isinstance(status, str):
            sys.stderr.write(f"{status}\n")
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    main()
