"""How long a test waits for what must come to pass: no machine is so busy that it takes longer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 30.0
"""Seconds. A test that passes does not wait for them; what ends only by a limit of ours has ended by then."""
STUBBORN = 3 * PATIENCE
"""Seconds for which a peer that means no good hangs or drips on: whoever waits for its end is found out."""


@contextmanager
def ends_by_itself() -> Iterator[None]:
    """The block is over long before a stubborn peer would let it go."""
    before = time.monotonic()
    yield
    assert time.monotonic() - before < PATIENCE
