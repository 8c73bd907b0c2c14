"""Free ports on the loopback address."""

import random
import socket
from collections.abc import Iterator
from itertools import chain, cycle

RANGE = range(20_000, 32_000)
"""Below what Linux gives to connections and to whoever asks for any port: they take none in the meantime."""


def _from_somewhere() -> Iterator[int]:
    """All of them in turn, beginning where other processes most likely do not."""
    begin = random.SystemRandom().choice(RANGE)
    return cycle(chain(range(begin, RANGE.stop), range(RANGE.start, begin)))


_ports = _from_somewhere()


def free_port() -> int:
    """A port that was free a moment ago, and that this process has not given to anybody for long."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable")
