"""A stranger's bytes are read by a child process that ends in time and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from scheduler.gateways.confined import ChildFailed, Exceeded, Limit, run
from tests.support.environment import ROOT
from tests.support.patience import PATIENCE, STUBBORN, ends_by_itself

CHILD = "tests.gateways.child"
MEMORY = 128 * 2**20
NO_HURRY = 20 * PATIENCE
"""Seconds: a child is served after everybody else, so its second may take long."""


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No process, zombies included, and no open file stays."""
    before = (children(), len(os.listdir("/proc/self/fd")))
    yield
    assert (children(), len(os.listdir("/proc/self/fd"))) == before


def children() -> set[str]:
    """The processes of this one, dead ones that nobody buried included."""
    threads = Path("/proc/self/task").glob("*/children")
    return {process for thread in threads for process in thread.read_text().split()}


def relatives(memory_bytes: int) -> list[str]:
    """Processes that were started with this limit, and theirs."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:
            continue
        if CHILD.encode() in words and str(memory_bytes).encode() in words:
            found.append(file.parent.name)
    return found


def answer(request: bytes, **limits: float) -> bytes:
    """What the child says; only who says so is in a hurry."""
    return run(CHILD, request, **{"wall_seconds": NO_HURRY, **limits})  # type: ignore[arg-type]


def exceeded(how: str, **limits: float) -> Limit:
    with pytest.raises(Exceeded) as caught:
        answer(how.encode(), **limits)
    assert str(caught.value) == caught.value.limit.value
    return caught.value.limit


def test_a_request_comes_in_and_an_answer_goes_out() -> None:
    assert answer(b"echo\nabc") == b"ABC"
    assert answer(b"echo\n") == b""


def test_both_sides_may_be_longer_than_a_pipe() -> None:
    assert answer(b"echo\n" + b"a" * 1_500_000) == b"A" * 1_500_000


def test_a_child_need_not_hear_everything() -> None:
    assert answer(b"deaf\n" + b"a" * 5_000_000) == b"heard nothing"


def test_a_child_knows_nothing_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setenv("PYTHONSTARTUP", "canary")
    with (ROOT / "README.md").open("rb") as file:
        os.set_inheritable(file.fileno(), True)
        told = json.loads(answer(b"report"))
    assert set(told["environment"]) <= {"LC_CTYPE"}  # Python sets this one itself, for UTF-8
    assert told["files"] == ["0", "1", "2", "3"]  # the last is the look into the folder


def test_a_child_lives_under_limits() -> None:
    told = json.loads(answer(b"report", cpu_seconds=7, memory_bytes=MEMORY))
    assert told["limits"] == {
        "CPU": [7, 8],
        "AS": [MEMORY, MEMORY],
        "CORE": [0, 0],
        "FSIZE": [0, 0],
        "NOFILE": [64, 64],
        "NPROC": [0, 0],
    }
    assert NO_HURRY - PATIENCE < told["alarm"] <= NO_HURRY + 1
    assert told["nice"] == min(os.nice(0) + 10, 19)


def test_a_child_that_burns_time_is_stopped_by_the_processor_s_clock() -> None:
    before = time.monotonic()
    assert exceeded("burn", cpu_seconds=1, wall_seconds=2 * NO_HURRY) == Limit.TIME
    assert time.monotonic() - before < NO_HURRY


@pytest.mark.parametrize("how", ["sleep", "close and sleep", "burn"])
def test_a_child_that_takes_its_time_is_stopped_by_the_clock(how: str) -> None:
    with ends_by_itself():
        assert exceeded(how, wall_seconds=0.5, cpu_seconds=int(STUBBORN)) == Limit.TIME


def test_a_child_that_eats_memory_is_stopped() -> None:
    assert exceeded("eat", memory_bytes=MEMORY) == Limit.MEMORY


def test_a_child_that_talks_too_much_is_stopped() -> None:
    assert exceeded("talk") == Limit.ANSWER
    assert exceeded("echo\n12345", answer_bytes=4) == Limit.ANSWER
    assert answer(b"echo\n1234", answer_bytes=4) == b"1234"


def test_what_a_child_started_ends_with_it() -> None:
    assert answer(b"leave children", memory_bytes=MEMORY + 1) == b"gone"
    assert exceeded("leave a child that holds the pipe", memory_bytes=MEMORY + 1, wall_seconds=1) == "time"
    until = time.monotonic() + PATIENCE
    while relatives(MEMORY + 1) and time.monotonic() < until:
        time.sleep(0.01)  # init buries them
    assert relatives(MEMORY + 1) == []


@pytest.mark.parametrize(
    ("how", "status"), [("raise", 1), ("recur", 1), ("exit 3", 3), ("abort", -signal.SIGABRT)]
)
def test_a_child_that_breaks_gives_no_answer(
    how: str, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ChildFailed) as caught:
        answer(how.encode())
    assert str(caught.value) == f"exit status {status}"
    assert capfd.readouterr() == ("", "")


def test_a_module_that_is_none_gives_no_answer() -> None:
    with pytest.raises(ChildFailed):
        run("scheduler.no_such_module", b"")


def test_several_threads_may_ask_while_others_work() -> None:
    over, answers, numbers = threading.Event(), {}, count()

    def work() -> None:
        while not over.wait(0.001):
            next(numbers)

    def ask(name: str) -> None:
        answers[name] = answer(f"echo\n{name}".encode())

    busy = threading.Thread(target=work)
    busy.start()
    askers = [threading.Thread(target=ask, args=(f"ada{number}",)) for number in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    over.set()
    busy.join()
    assert answers == {f"ada{number}": f"ADA{number}".encode() for number in range(4)}


def test_a_child_that_nobody_watches_any_more_ends_all_the_same() -> None:
    command = [sys.executable, "-m", "scheduler.gateways.confined", CHILD, "10", str(MEMORY), "0"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as orphan:
        orphan.communicate(b"sleep", timeout=30)
    assert orphan.returncode == -signal.SIGALRM
