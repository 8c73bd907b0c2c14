"""Limits that all processes share: count, give back, and refuse when it is too much."""

from scheduler.domain.errors import TooMany
from scheduler.store import limits as store
from scheduler.store.database import reading, transaction


def count(key: str, *, window: int, now: int, amount: int = 1) -> tuple[int, int]:
    """Count under `key` for a window of seconds; returns the count and when it starts anew."""
    with transaction() as tx:
        return store.add(tx, key, amount=amount, window=window, now=now)


def counted(key: str, *, now: int) -> tuple[int, int]:
    """The count under `key` and when it starts anew."""
    with reading() as tx:
        return store.find(tx, key, now=now)


def take(key: str, *, at_most: int, window: int, now: int) -> None:
    """Count one under `key`. **Raises** `TooMany` when that is more than `at_most` in the window."""
    reached, starts_anew_at = count(key, window=window, now=now)
    if reached > at_most:
        raise TooMany(retry_after=max(1, starts_anew_at - now))


def check(key: str, *, at_most: int, now: int) -> None:
    """Refuse without counting. **Raises** `TooMany` when `at_most` are counted already."""
    reached, starts_anew_at = counted(key, now=now)
    if reached >= at_most:
        raise TooMany(retry_after=max(1, starts_anew_at - now))


def give_back(*keys: str) -> None:
    """Count one less under each key: what was counted turned out to be welcome."""
    with transaction() as tx:
        for key in keys:
            store.take_back(tx, key)


def clear(key: str | None = None) -> int:
    """Forget one counter, or all; returns how many."""
    with transaction() as tx:
        return store.clear(tx, key)


def forget(*, now: int) -> int:
    """Delete counters that are over (a sweep of the worker); returns how many."""
    with transaction() as tx:
        return store.forget(tx, now=now)
