"""What the machine itself must offer: says which Debian packages are missing, installs them when it may."""

import ctypes
import ctypes.util
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")


class MachineIncomplete(Exception):
    """Something is missing that this program must not or could not install; the text says what to type."""


def has_venv() -> bool:
    """Debian ships `venv` without `ensurepip`, so that making an environment fails half-way."""
    return importlib.util.find_spec("ensurepip") is not None


def has_postgresql() -> bool:
    """Debian keeps the server's programs outside the search path."""
    return bool(shutil.which("initdb") or glob.glob("/usr/lib/postgresql/*/bin/initdb"))


def has_nginx() -> bool:
    """Debian keeps it where only root's search path looks."""
    return shutil.which("nginx") is not None or Path("/usr/sbin/nginx").exists()


def chromium(*, whole: bool = False) -> str | None:
    """The browser: its shell without windows, where a page costs a quarter of the processor's time.

    What a person may set in a browser (no cookies, nothing stored) only the `whole` one knows.
    """
    return (None if whole else shutil.which("chromium-headless-shell")) or shutil.which("chromium")


def has_libatomic() -> bool:
    """The driver of Playwright is a Node program that needs this library."""
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def has_libical() -> bool:
    """The calendar library of other programs, which reads what this project writes."""
    return ctypes.util.find_library("ical") is not None


def has_dovecot() -> bool:
    """The mail server whose mailboxes the tests read."""
    return Path("/usr/lib/dovecot/imap").exists()


def has_fonts() -> bool:
    """The pages name Noto and fall back to what is there; without any font a browser draws boxes."""
    return any(Path("/usr/share/fonts").rglob("NotoSerif-Regular.*"))


NEEDED: dict[str, Callable[[], bool]] = {
    "python3-venv": has_venv,
    "chromium": lambda: chromium(whole=True) is not None,
    "chromium-headless-shell": lambda: shutil.which("chromium-headless-shell") is not None,
    "libatomic1": has_libatomic,
    "libical3": has_libical,
    "dovecot-imapd": has_dovecot,
    "fonts-noto-core": has_fonts,
    "postgresql": has_postgresql,
    "nginx": has_nginx,
}
FOR_RUNNING = ("python3-venv",)
FOR_TESTING = tuple(NEEDED)


def missing(packages: Iterable[str]) -> list[str]:
    """Those of the given Debian packages whose content this machine lacks, in the given order."""
    return [package for package in packages if not NEEDED[package]()]


def provide(packages: Iterable[str]) -> None:
    """Install what is missing with apt-get.

    Raises MachineIncomplete when this is not Debian, the user is not root, or the installation fails.
    """
    wanted = missing(packages)
    if not wanted:
        return
    line = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(wanted)}"
    if shutil.which("apt-get") is None:
        raise MachineIncomplete(f"This machine lacks what Debian packages as: {' '.join(wanted)}")
    if os.geteuid() != 0:
        raise MachineIncomplete(f"This machine lacks {', '.join(wanted)}. Type:\n\n  sudo sh -c '{line}'\n")
    print(f"Installing Debian packages: {' '.join(wanted)}", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
        done = subprocess.run(
            [*APT, *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
            raise MachineIncomplete(f"apt-get failed. When the network is back, type:\n\n  {line}\n")
