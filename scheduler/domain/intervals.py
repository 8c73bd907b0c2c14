"""Half-open integer intervals: merge, subtract, clip.

An interval is a tuple `(start, end)` with `start < end`; the end is not part
of it. The unit is the caller's (UTC epoch seconds in this project).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted, disjoint intervals covering the same points; touching ones join.

    Empty and reversed intervals (`start >= end`) cover nothing and vanish.
    """
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def subtract(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """The points of `intervals` that are in none of `taken`: sorted and disjoint."""
    rest: list[Interval] = []
    removals = merge(taken)
    position = 0
    for start, end in merge(intervals):
        while position < len(removals) and removals[position][1] <= start:
            position += 1
        index = position
        while index < len(removals) and removals[index][0] < end:
            removed_start, removed_end = removals[index]
            if removed_start > start:
                rest.append((start, removed_start))
            start = max(start, removed_end)
            index += 1
        if start < end:
            rest.append((start, end))
    return rest


def clip(intervals: Iterable[Interval], window: Interval) -> list[Interval]:
    """The parts of `intervals` inside `window`, in the order given."""
    low, high = window
    return [(max(start, low), min(end, high)) for start, end in intervals if start < high and end > low]


def touching(intervals: Sequence[Interval], window: Interval) -> Sequence[Interval]:
    """Those of `intervals`, which are sorted and disjoint, that share a point with `window`; whole."""
    first = bisect_right(intervals, window[0], key=lambda interval: interval[1])
    return intervals[first : bisect_left(intervals, window[1], key=lambda interval: interval[0])]


def overlaps(one: Interval, other: Interval) -> bool:
    """Whether the two share a point; intervals that only touch do not."""
    return one[0] < other[1] and other[0] < one[1]


def is_inside(point: int, intervals: Sequence[Interval]) -> bool:
    """Whether a point lies in one of `intervals`, which are sorted and disjoint."""
    index = bisect_right(intervals, point, key=lambda interval: interval[0])
    return index > 0 and point < intervals[index - 1][1]
