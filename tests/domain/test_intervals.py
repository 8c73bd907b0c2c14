"""Half-open intervals, compared with the plain sets of points that they stand for."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.intervals import Interval, clip, is_inside, merge, overlaps, subtract, touching

LOW, HIGH = 0, 40

points = st.integers(LOW, HIGH)
intervals = st.lists(st.tuples(points, points), max_size=8)


def points_of(given: list[Interval]) -> set[int]:
    return {point for start, end in given for point in range(start, end)}


def is_tidy(found: list[Interval]) -> bool:
    """Sorted, not empty, and with a gap between any two."""
    return all(start < end for start, end in found) and all(
        one[1] < other[0] for one, other in itertools.pairwise(found)
    )


@settings(max_examples=40)
@given(intervals)
def test_merging_keeps_every_point_and_no_other(given: list[Interval]) -> None:
    merged = merge(given)
    assert points_of(merged) == points_of(given)
    assert is_tidy(merged)


@settings(max_examples=40)
@given(intervals, intervals)
def test_subtracting_leaves_exactly_the_points_not_taken(
    given: list[Interval], taken: list[Interval]
) -> None:
    rest = subtract(given, taken)
    assert points_of(rest) == points_of(given) - points_of(taken)
    assert is_tidy(rest)


@settings(max_examples=40)
@given(intervals, points, points)
def test_clipping_keeps_what_lies_in_the_window(given: list[Interval], low: int, high: int) -> None:
    proper = [interval for interval in given if interval[0] < interval[1]]
    assert points_of(clip(proper, (low, high))) == points_of(proper) & set(range(low, high))


@settings(max_examples=40)
@given(st.tuples(points, points), st.tuples(points, points))
def test_two_intervals_overlap_when_they_share_a_point(one: Interval, other: Interval) -> None:
    one, other = (min(one), max(one) + 1), (min(other), max(other) + 1)
    assert overlaps(one, other) == bool(points_of([one]) & points_of([other]))


@settings(max_examples=40)
@given(points, intervals)
def test_a_point_is_inside_when_an_interval_holds_it(point: int, given: list[Interval]) -> None:
    merged = merge(given)
    assert is_inside(point, merged) == (point in points_of(merged))


def test_intervals_that_touch_become_one() -> None:
    assert merge([(3, 5), (1, 3)]) == [(1, 5)]


def test_intervals_that_only_touch_do_not_overlap() -> None:
    assert not overlaps((1, 3), (3, 5))


def test_an_empty_or_reversed_interval_covers_nothing() -> None:
    assert merge([(3, 3), (5, 4)]) == []


def test_taking_a_middle_away_leaves_both_ends() -> None:
    assert subtract([(0, 10), (20, 30)], [(4, 6), (9, 21), (25, 25)]) == [(0, 4), (6, 9), (21, 30)]


@pytest.mark.parametrize(
    ("window", "found"),
    [
        ((0, 10), []),
        ((0, 11), [(10, 20)]),
        ((19, 31), [(10, 20), (30, 40)]),
        ((20, 30), []),
        ((35, 36), [(30, 40)]),
        ((40, 99), []),
    ],
)
def test_intervals_that_touch_a_window_only_at_its_ends_are_not_in_it(
    window: tuple[int, int], found: list[tuple[int, int]]
) -> None:
    assert touching([(10, 20), (30, 40)], window) == found
