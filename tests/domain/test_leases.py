"""A lease is over when it was watched for its whole length, whatever any clock says."""

from scheduler.domain.leases import Watch

ONE, AGAIN, OTHER = ("mail", 1), ("mail", 2), ("other", 1)


class Ticks:
    """Seconds that the test counts."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def watched(steps: list[tuple[float, list[tuple[str, int]]]], length: float = 100) -> list[list[object]]:
    """What is over at each look: seconds since the last one, and the leases seen."""
    ticks = Ticks()
    watch, found = Watch(ticks), []
    for seconds, leases in steps:
        ticks.seconds += seconds
        found.append(list(watch.over(leases, length)))
    return found


def test_a_lease_is_over_when_it_was_watched_for_its_length() -> None:
    looks = [(25.0, [ONE])] * 5 + [(25.0, [ONE])]
    assert watched(looks) == [[], [], [], [], [ONE], [ONE]]


def test_a_lease_is_watched_from_the_first_look_on_however_old_it_is() -> None:
    assert watched([(0, []), (1000, [ONE]), (25, [ONE])]) == [[], [], []]


def test_taking_it_again_is_another_lease() -> None:
    looks = [(25.0, [ONE])] * 4 + [(25.0, [AGAIN]), (25.0, [AGAIN])]
    assert watched(looks) == [[]] * 6


def test_what_was_given_back_is_forgotten() -> None:
    looks = [(25.0, [ONE])] * 4 + [(1.0, []), (25.0, [ONE, OTHER])]
    assert watched(looks) == [[]] * 6


def test_each_lease_has_a_time_of_its_own() -> None:
    looks = [(25.0, [ONE]), *[(25.0, [ONE, OTHER])] * 5]
    assert watched(looks) == [[], [], [], [], [ONE], [ONE, OTHER]]


def test_one_looks_at_once_and_then_eight_times_within_a_lease() -> None:
    ticks = Ticks()
    watch, looks = Watch(ticks), []
    for second in range(0, 101, 5):
        ticks.seconds = second
        if watch.is_time(80):
            looks.append(second)
            assert watch.over([], 80) == []
    assert looks == list(range(0, 101, 10))


def test_a_long_time_without_a_look_counts_a_quarter() -> None:
    looks = [(0.0, [ONE]), *[(100_000.0, [ONE])] * 4]
    assert watched(looks) == [[], [], [], [], [ONE]]
