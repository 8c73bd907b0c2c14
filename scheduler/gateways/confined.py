"""Runs a module over bytes that a stranger wrote, in a process of its own that cannot outgrow its limits.

The child gets no environment, no open file and no core dump; it is killed with everything it started. Run as
a program, this module is that child: it limits itself first and then becomes the module it was told.
"""

import math
import os
import resource
import runpy
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import IO

CPU_SECONDS = 10  # reading 10,000 events takes 4.5
MEMORY_BYTES = 256 * 2**20
WALL_SECONDS = 15.0
ANSWER_BYTES = 2 * 2**20  # 3,000 intervals are 100 KB

_ROOT = Path(__file__).resolve().parents[2]
_OUT_OF_MEMORY = 77  # the exit status by which the child says so; Python itself uses 0, 1, 2 and 120
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM)
_OPEN_FILES = 64
_PIECE = 65_536
_NICENESS = 10  # pages go first


class Limit(StrEnum):
    """What was exceeded."""

    TIME = "time"
    MEMORY = "memory"
    ANSWER = "answer"


class Exceeded(Exception):
    """The child was stopped at its `limit`."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit.value)
        self.limit = limit


class ChildFailed(Exception):
    """The child ended by itself without an answer; the text tells its exit status, never content."""


def run(
    module: str,
    request: bytes,
    *,
    cpu_seconds: int = CPU_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
    wall_seconds: float = WALL_SECONDS,
    answer_bytes: int = ANSWER_BYTES,
) -> bytes:
    """What `python -m module` writes when it reads the request. Safe to call from any thread.

    `memory_bytes` is address space, the interpreter's own 20 MB included.
    **Raises** `Exceeded`, `ChildFailed`.
    """
    until = time.monotonic() + wall_seconds
    limits = (cpu_seconds, memory_bytes, math.ceil(wall_seconds))
    with _child(module, limits) as child:
        answer = _exchange(child, request, answer_bytes, until)
        try:
            status = child.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise Exceeded(Limit.TIME) from None
    if status in _OUT_OF_TIME:
        raise Exceeded(Limit.TIME)
    if status == _OUT_OF_MEMORY:
        raise Exceeded(Limit.MEMORY)
    if status:
        raise ChildFailed(f"exit status {status}")
    return answer


@contextmanager
def _child(module: str, limits: tuple[int, int, int]) -> Iterator[subprocess.Popen[bytes]]:
    """The child at its start; afterwards it is dead and buried, and so is everything it started."""
    # -E -s -B: nothing from the environment or the home folder, no compiled files
    command = [sys.executable, "-E", "-s", "-B", "-m", "scheduler.gateways.confined"]
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [*command, module, *map(str, limits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback may quote the content
        cwd=_ROOT,
        env={},
        close_fds=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                _piped(pipe).close()
        child.wait()


def _exchange(child: subprocess.Popen[bytes], request: bytes, most: int, until: float) -> bytes:
    """Feeds the request and hears the answer to its end, both at once. **Raises** `Exceeded`."""
    to_child, from_child = _piped(child.stdin), _piped(child.stdout)
    os.set_blocking(to_child.fileno(), False)
    unsent, answer = memoryview(request), bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(to_child, selectors.EVENT_WRITE)
        ready.register(from_child, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise Exceeded(Limit.TIME)
            for key, _ in ready.select(left):
                if key.fileobj is to_child:
                    unsent = _feed(to_child, unsent)
                    if not unsent:
                        ready.unregister(to_child)
                        to_child.close()
                    continue
                piece = os.read(from_child.fileno(), _PIECE)
                if not piece:
                    return bytes(answer)
                answer += piece
                if len(answer) > most:
                    raise Exceeded(Limit.ANSWER)


def _feed(pipe: IO[bytes], unsent: memoryview) -> memoryview:
    """Writes what fits; returns the rest, nothing once the child hears no more."""
    try:
        return unsent[os.write(pipe.fileno(), unsent[:_PIECE]) :]
    except BrokenPipeError:
        return unsent[:0]
    except BlockingIOError:
        return unsent


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("no pipe")
    return pipe


def _become(module: str, cpu_seconds: int, memory_bytes: int, wall_seconds: int) -> None:
    """The child's life. Limits cannot be raised again: the hard ones are set too."""
    signal.alarm(wall_seconds + 1)  # for a child whose parent died
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # binds all users but root
    os.nice(_NICENESS)
    sys.argv = [module]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        sys.stdout.flush()
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


if __name__ == "__main__":
    _become(sys.argv[1], *map(int, sys.argv[2:]))
