"""The program's own commands, run as a person runs them."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.environment import ROOT, for_process

COMMAND_SECONDS = 120


def flask(
    *arguments: str, settings: dict[str, str], check: bool = True, seconds: float = COMMAND_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run `flask --app wsgi …` to its end. Fails the test when it exits non-zero, unless `check` is off."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=for_process(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    if check and done.returncode:
        said = f"{done.stdout}\n{done.stderr}"
        pytest.fail(f"flask {' '.join(arguments)} exited {done.returncode}:\n{said}", pytrace=False)
    return done


@pytest.fixture
def worker() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Drain everything that is due: `worker(settings)` runs `flask worker --once` to its end."""

    def once(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        return flask("worker", "--once", *arguments, settings=settings)

    return once
