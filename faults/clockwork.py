"""A clock that the bench moves for all processes at once: the true time and a shift kept in a file.

The program reads the wall clock in one module only, so moving that module's
`time` moves the whole program, and nothing else on the machine.
"""

import mmap
import os
import struct
import time
from pathlib import Path

from scheduler import clock as program_clock

VARIABLE = "FAULTS_CLOCK"


class Clock:
    """Seconds between the true time and what the program takes for it, shared through eight bytes."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(struct.pack("q", 0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 8)

    @property
    def shift(self) -> int:
        """How far the program's clock is ahead."""
        return int(struct.unpack("q", self._shared[:8])[0])

    @shift.setter
    def shift(self, seconds: int) -> None:
        self._shared[:8] = struct.pack("q", seconds)

    def time(self) -> float:
        """What `time.time` answers inside the program."""
        return time.time() + self.shift

    def now(self) -> int:
        """The program's present instant."""
        return int(self.time())


def install() -> None:
    """Let the program in this process, and in those it forks, go by the bench's clock."""
    program_clock.time = Clock(Path(os.environ[VARIABLE]))  # type: ignore[assignment, attr-defined]
