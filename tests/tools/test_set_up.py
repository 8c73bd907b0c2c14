"""The set-up does only what is missing, and says what to type when it may not do it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environment import ROOT
from tools import lock, machine, set_up


@pytest.fixture
def lacking_a_package(monkeypatch: pytest.MonkeyPatch) -> str:
    """A Debian package whose content is nowhere."""
    monkeypatch.setitem(machine.NEEDED, "calm-nothing", lambda: False)
    return "calm-nothing"


def test_a_step_is_done_once_for_the_same_files(tmp_path: Path) -> None:
    done: list[str] = []
    mark, file = tmp_path / "mark", tmp_path / "lock"
    for text in ("one", "one", "two", "two"):
        file.write_text(text)
        set_up.once(mark, [file], lambda text=text: done.append(text))  # type: ignore[misc]
    assert done == ["one", "two"]


def test_a_step_that_failed_is_done_again(tmp_path: Path) -> None:
    mark, file = tmp_path / "mark", tmp_path / "lock"
    file.write_text("one")
    set_up.once(mark, [file], lambda: None)
    file.write_text("two")
    with pytest.raises(subprocess.CalledProcessError):
        set_up.once(mark, [file], lambda: set_up.call("false"))
    assert not mark.exists()


def test_whoever_is_not_root_gets_one_line_to_type(
    lacking_a_package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "apt-get").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(machine.MachineIncomplete) as raised:
        machine.provide([lacking_a_package])
    assert re.findall(r"^  sudo .*$", str(raised.value), re.MULTILINE) == [
        "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends calm-nothing'"
    ]


def test_another_system_is_told_what_is_missing(
    lacking_a_package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(machine.MachineIncomplete, match=r"packages as: calm-nothing$"):
        machine.provide([lacking_a_package])


def test_what_is_there_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.NEEDED, "calm-something", lambda: True)
    monkeypatch.setenv("PATH", "")
    machine.provide(["calm-something"])
    assert machine.missing(["calm-something"]) == []


def test_a_purpose_nobody_knows_is_refused_with_an_explanation() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.set_up", "everything"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, "run|tools|test" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "line", ["--index-url https://example.org/simple", "--find-links /opt/x", "a @ file:///b"]
)
def test_a_place_in_a_lock_is_found(line: str) -> None:
    assert lock.PLACES.search(line)


def test_the_locks_are_those_of_the_project_file() -> None:
    """A dependency that is declared and not locked would be missing on the next machine."""
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [block] = re.findall(r"^dependencies = \[(.*?)^\]", declared, re.MULTILINE | re.DOTALL)
    wanted = {name.lower() for name in re.findall(r'"([\w-]+)', block)}
    locked = set(re.findall(r"^([a-z][\w.-]*)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert wanted - locked == set()
