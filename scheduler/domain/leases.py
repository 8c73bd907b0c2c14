"""When the lease of somebody else is over: who watches it knows, for clocks differ and are set."""

from collections.abc import Callable, Iterable

Lease = tuple[str, int]
"""What is taken, and the how manieth taking it is: one such pair is one lease."""


class Watch:
    """The leases that one worker sees, and for how long it has watched each of them.

    Whoever lives gives a lease back when done. One that stands unchanged for its
    whole length, while this worker looks on, belonged to somebody who died. No
    instant is compared, so neither a clock that is set nor two that differ matter.
    `ticks` counts seconds and is never set (`time.monotonic`).
    """

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._looked_at: float | None = None
        self._seen: dict[Lease, float] = {}

    def is_time(self, length: float) -> bool:
        """Whether to look again: at first, and then eight times within a lease."""
        return self._looked_at is None or self._ticks() - self._looked_at >= length / 8

    def over(self, leases: Iterable[Lease], length: float) -> list[Lease]:
        """Those of the present leases that were watched for `length` seconds.

        Between two looks at most a quarter of it counts: while the database was
        away, or this machine asleep, the holder could not give anything back either.
        """
        present = self._ticks()
        passed = 0.0 if self._looked_at is None else min(present - self._looked_at, length / 4)
        self._looked_at = present
        self._seen = {one: self._seen[one] + passed if one in self._seen else 0.0 for one in leases}
        return [one for one, watched in self._seen.items() if watched >= length]
