"""The waiting list's rules: whose turn it is, which wishes a time fits, until when an offer stands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain import waitlist
from scheduler.domain.local_time import local
from scheduler.domain.practice import Mode
from scheduler.domain.waitlist import (
    DAY,
    HOUR,
    PARTS,
    WEEKDAYS,
    Waiting,
    Wishes,
    fits,
    next_turn,
    offer_ends_at,
    part_of_day,
)
from tests.support.instants import at

TORONTO = "America/Toronto"
WEDNESDAY = at("2026-06-03T10:30-04:00")
KIND = ("session", None)


def person(name: str = "vera", wishes: Wishes | None = None, **changes: object) -> Waiting:
    entry = Waiting(
        name, "demo", "session", None, Mode.VIDEO, "en", TORONTO, wishes or Wishes(), WEDNESDAY, WEDNESDAY
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "parts", "suits"),
    [
        ((), (), True),
        ((3,), (), True),
        ((1, 2, 4, 5, 6, 7), (), False),
        ((), ("morning",), True),
        ((), ("afternoon", "evening"), False),
        ((3,), ("evening",), False),
        ((2,), ("morning",), False),
        ((2, 3), ("morning", "evening"), True),
    ],
)
def test_a_time_suits_when_its_day_and_its_part_of_the_day_do(
    days: tuple[int, ...], parts: tuple[str, ...], suits: bool
) -> None:
    assert fits(Wishes(days, parts), WEDNESDAY, TORONTO) is suits


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "morning"), (11.9, "morning"), (12, "afternoon"), (16.9, "afternoon"), (17, "evening")],
)
def test_the_parts_of_the_day(hour: float, part: str) -> None:
    assert part_of_day(hour) == part


def test_wishes_count_on_the_clock_that_the_person_looks_at() -> None:
    evening = Wishes(parts=("evening",))
    in_tokyo = person(wishes=evening, visitor_zone="Asia/Tokyo")  # 23:30 there
    free = {KIND: [WEDNESDAY]}
    assert next_turn([in_tokyo], free, TORONTO) == (in_tokyo, WEDNESDAY)
    assert next_turn([replace(in_tokyo, mode=Mode.IN_PERSON)], free, TORONTO) is None
    assert next_turn([replace(in_tokyo, visitor_zone="")], free, TORONTO) is None


def test_the_first_in_line_whom_a_time_suits_gets_the_soonest() -> None:
    ada, ben = person("ada", Wishes(days=(5,))), person("ben")
    free = {KIND: [WEDNESDAY, WEDNESDAY + HOUR]}
    assert next_turn([ada, ben], free, TORONTO) == (ben, WEDNESDAY)
    free = {KIND: [WEDNESDAY, WEDNESDAY + 2 * DAY]}
    assert next_turn([ada, ben], free, TORONTO) == (ada, WEDNESDAY + 2 * DAY)
    assert next_turn([person(therapist_id="other")], free, TORONTO) is None
    assert next_turn([], free, TORONTO) is None


def test_nobody_is_offered_the_same_time_twice() -> None:
    vera, ben = person("vera", offered=(WEDNESDAY,)), person("ben")
    assert next_turn([vera, ben], {KIND: [WEDNESDAY]}, TORONTO) == (ben, WEDNESDAY)
    free = {KIND: [WEDNESDAY, WEDNESDAY + HOUR]}
    assert next_turn([vera, ben], free, TORONTO) == (vera, WEDNESDAY + HOUR)


@pytest.mark.parametrize(
    ("ahead", "kept_for"),
    [
        (10 * DAY, DAY),
        (2 * DAY, DAY),
        (2 * DAY - 1, DAY - 1),
        (DAY + 4 * HOUR, 4 * HOUR),
        (DAY + 4 * HOUR - 1, None),
        (DAY, None),
    ],
)
def test_a_time_is_kept_for_a_day_and_never_into_its_notice(ahead: int, kept_for: int | None) -> None:
    ends_at = offer_ends_at(WEDNESDAY + ahead, notice=DAY, now=WEDNESDAY)
    assert ends_at == (None if kept_for is None else WEDNESDAY + kept_for)


def test_after_three_offers_or_half_a_year_it_is_enough() -> None:
    vera = person(offered=(1, 2))
    assert not waitlist.has_had_all_offers(vera)
    assert waitlist.has_had_all_offers(replace(vera, offered=(1, 2, 3)))
    assert not waitlist.has_waited_too_long(vera, WEDNESDAY + waitlist.WAITING_SECONDS - 1)
    assert waitlist.has_waited_too_long(vera, WEDNESDAY + waitlist.WAITING_SECONDS)


wishes = st.builds(
    Wishes,
    st.sets(st.sampled_from(WEEKDAYS)).map(lambda days: tuple(sorted(days))),
    st.sets(st.sampled_from(PARTS)).map(lambda parts: tuple(sorted(parts))),
)
starts = st.lists(st.integers(0, 14 * 24).map(lambda hours: WEDNESDAY + hours * HOUR), unique=True).map(
    sorted
)


@given(st.lists(st.tuples(wishes, starts), max_size=5), starts)
def test_whoever_gets_a_time_is_the_first_who_could(
    line: list[tuple[Wishes, list[int]]], free: list[int]
) -> None:
    people = [person(str(place), wish, offered=tuple(had)) for place, (wish, had) in enumerate(line)]

    def suits(who: Waiting) -> list[int]:
        return [
            start
            for start in free
            if start not in who.offered
            and (not who.wishes.days or local(start, TORONTO).isoweekday() in who.wishes.days)
            and (not who.wishes.parts or part_of_day(local(start, TORONTO).hour) in who.wishes.parts)
        ]

    expected = next(((who, suits(who)[0]) for who in people if suits(who)), None)
    assert next_turn(people, {KIND: free}, TORONTO) == expected
