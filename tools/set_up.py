"""Make this checkout ready: `python3 -m tools.set_up run|tools|test`.

Runs on the machine's own Python with the standard library only. `run` provides what the application needs,
`tools` adds the Python packages of tests and linters, `test` adds a browser, PostgreSQL and the JavaScript
calendar library. A second call finds its own marks and ends at once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tools import machine

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
NODE_TESTS = ROOT / "tests" / "node"

INSTALLER_LOCK = ROOT / "tools" / "requirements.txt"
RUN_LOCK = ROOT / "requirements.txt"
TEST_LOCK = ROOT / "tests" / "requirements.txt"
NODE_LOCK = NODE_TESTS / "requirements.txt"


FAILURES = (machine.MachineIncomplete, subprocess.CalledProcessError)


def told(failure: Exception) -> str:
    """What went wrong, for the person at the terminal."""
    if isinstance(failure, subprocess.CalledProcessError):
        return f"This step of the set-up failed: {' '.join(failure.cmd)}"
    return str(failure)


def call(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a program without input. Raises CalledProcessError when it fails."""
    subprocess.run([str(part) for part in command], check=True, cwd=cwd, stdin=subprocess.DEVNULL)


def works(*command: str | Path) -> bool:
    """Whether a program starts and succeeds."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0


def fingerprint(files: Sequence[Path]) -> str:
    """One word that changes with the content of any of the files and with the environment's Python."""
    digest = hashlib.sha256(os.path.realpath(PYTHON).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def once(mark: Path, files: Sequence[Path], act: Callable[[], None]) -> None:
    """Act unless the mark says that it was done for exactly these files."""
    if mark.is_file() and mark.read_text() == fingerprint(files):
        return
    mark.unlink(missing_ok=True)
    act()
    mark.write_text(fingerprint(files))


def make_environment() -> None:
    """Make .venv, or make it again when its Python no longer starts."""
    if works(PYTHON, "-c", "import pip"):
        return
    machine.provide(machine.FOR_RUNNING)
    print("Making .venv", file=sys.stderr)
    call(sys.executable, "-m", "venv", "--clear", VENV)


def install(*locks: Path, exactly: bool) -> None:
    """Install what the locks pin, hashes checked; with `exactly`, remove everything else."""
    if not UV.exists():
        print("Installing the installer", file=sys.stderr)
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        call(*pip, "--require-hashes", "-r", INSTALLER_LOCK)
    files: list[str | Path] = [part for lock in locks for part in ("-r", lock)]
    action = ["sync", *locks] if exactly else ["install", *files]
    try:
        call(UV, "pip", *action, "--quiet", "--python", PYTHON, "--require-hashes")
    except (OSError, subprocess.CalledProcessError):
        print("uv could not do it; trying pip, which has settings of its own", file=sys.stderr)
        call(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", *files)


def provide_packages(for_tests: bool) -> None:
    """Bring .venv to the state of the locks; an environment that has test tools keeps them."""
    mark = VENV / "installed-for-tests"
    locks = [RUN_LOCK, TEST_LOCK]
    if not (for_tests or mark.exists()):
        mark, locks = VENV / "installed-for-running", [RUN_LOCK]
    once(mark, (INSTALLER_LOCK, *locks), lambda: install(*locks, exactly=True))


def provide_machine() -> None:
    """Install the browser, PostgreSQL and what these need."""
    machine.provide(machine.FOR_TESTING)


def provide_node() -> None:
    """Install the JavaScript calendar library, with the machine's Node or one of a Python package."""
    if not (shutil.which("node") and shutil.which("npm")):
        once(VENV / "installed-node", (TEST_LOCK, NODE_LOCK), lambda: install(NODE_LOCK, exactly=False))
        os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    mark = NODE_TESTS / "node_modules" / ".installed"
    once(mark, [NODE_TESTS / "package-lock.json"], lambda: call("npm", "ci", *quiet, cwd=NODE_TESTS))


def set_up(purpose: str) -> None:
    """Provide everything for a purpose: "run", "tools" or "test"."""
    make_environment()
    provide_packages(for_tests=purpose != "run")
    if purpose == "test":
        for step in (provide_machine, provide_node):
            try:
                step()
            except FAILURES as failure:
                if os.environ.get("CI") == "true":
                    raise
                print(f"{told(failure)}\nUntil then the tests that need it are skipped.", file=sys.stderr)


def main(arguments: Sequence[str]) -> int:
    """Answer the command line; returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs on the Python that the machine happens to have
        print("Python 3.11 or newer is needed; choose one with `make PYTHON=python3.12 …`.", file=sys.stderr)
        return 1
    if len(arguments) != 1 or arguments[0] not in ("run", "tools", "test"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        set_up(arguments[0])
    except FAILURES as failure:
        print(told(failure), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
