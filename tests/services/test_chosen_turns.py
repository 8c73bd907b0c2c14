"""A time chosen by hand for one person on the waiting list: the same offer, under the same rule and lock."""

import pytest

from scheduler.domain.errors import NotFound, Paused, Refused, SlotTaken
from scheduler.domain.waitlist import State, Waiting
from scheduler.services import chosen_turns, turns, waiting
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.services.test_races import overlapping_pairs
from tests.services.test_waiting import DAY, MONDAY, close, entries, join, live, open_mondays, token_of
from tests.support.core import NOW, SOURCE, Core
from tests.support.instants import HOUR, MINUTE

WEEK = 7 * DAY


def entry_of(core: Core, name: str) -> Waiting:
    return next(one for one in entries(core) if one.name == name.title())


def offer(core: Core, name: str, start: int, *, now: int = NOW + HOUR) -> Waiting:
    """Ada offers one of her times."""
    return chosen_turns.offer(
        desk_of(core, "ada"), entry_of(core, name).id, start, core.therapist("ada"), now=now
    )


def refusal(core: Core, name: str, start: int, *, now: int = NOW + HOUR) -> str:
    with pytest.raises(Refused) as refused:
        offer(core, name, start, now=now)
    return refused.value.problems["start"]


def two_wait(core: Core) -> None:
    """Two wait, nobody for a Monday, and times open on Mondays only."""
    close(core)
    join(core, "first", days="2")
    join(core, "second", now=NOW + 1, days="3")
    open_mondays(core)
    assert turns.tend(now=NOW + MINUTE) == 0


def test_a_chosen_time_is_kept_and_told_like_every_offer(any_core: Core) -> None:
    two_wait(any_core)
    seen = chosen_turns.choice(desk_of(any_core, "ada"), entry_of(any_core, "second").id, None, now=NOW)
    assert [(one.start, one.suits) for one in seen.times][:2] == [(MONDAY, False), (MONDAY + WEEK, False)]
    offer(any_core, "second", MONDAY)
    made = entry_of(any_core, "second")
    assert (made.state, made.offered, made.offer_ends_at) == (State.OFFERED, (MONDAY,), NOW + HOUR + DAY)
    assert live(any_core) == [(MONDAY, "held")]
    assert any_core.kinds_of_mail() == ["waiting_joined", "waiting_joined", "waiting_offer"]
    assert any_core.all("SELECT action FROM audit WHERE action LIKE 'waiting%'") == [("waiting.offer",)]
    taken = waiting.accept(token_of(any_core, "second"), source=SOURCE, now=NOW + 2 * HOUR)
    assert (taken.start, entry_of(any_core, "second").state) == (MONDAY, State.BOOKED)


def test_a_time_that_is_kept_already_or_was_offered_before_is_refused_in_words(any_core: Core) -> None:
    two_wait(any_core)
    offer(any_core, "first", MONDAY)
    assert refusal(any_core, "first", MONDAY + WEEK) == chosen_turns.KEPT
    with pytest.raises(SlotTaken):
        offer(any_core, "second", MONDAY)
    over = NOW + HOUR + DAY
    assert refusal(any_core, "first", MONDAY, now=over) == chosen_turns.OFFERED_BEFORE
    assert offer(any_core, "first", MONDAY + WEEK, now=over).offered == (MONDAY, MONDAY + WEEK)


def test_what_is_chosen_counts_to_the_maximum_of_three(any_core: Core) -> None:
    two_wait(any_core)
    for turn in range(3):
        offer(any_core, "first", MONDAY + turn * WEEK, now=NOW + turn * HOUR)
        seen = chosen_turns.choice(
            desk_of(any_core, "ada"), entry_of(any_core, "first").id, None, now=NOW + turn * HOUR
        )
        assert (seen.problem, seen.times) == (chosen_turns.KEPT, ())
        if turn < 2:
            waiting.decline(token_of(any_core, "first"), now=NOW + turn * HOUR + MINUTE)
    # The third was left unanswered and no worker came by: the press itself notes the end.
    late = NOW + 3 * DAY
    seen = chosen_turns.choice(desk_of(any_core, "ada"), entry_of(any_core, "first").id, None, now=late)
    assert seen.problem == chosen_turns.ALL_OFFERED
    assert refusal(any_core, "first", MONDAY + 3 * WEEK, now=late) == chosen_turns.ENDED
    assert any_core.kinds_of_mail()[-1] == "waiting_over"


def test_only_what_the_one_rule_gives_can_be_offered_with_time_to_answer(any_core: Core) -> None:
    two_wait(any_core)
    for closed in (MONDAY + DAY, MONDAY + 15 * MINUTE, MONDAY + 60 * WEEK):
        with pytest.raises(SlotTaken):
            offer(any_core, "first", closed)
    assert refusal(any_core, "first", MONDAY, now=MONDAY - DAY - HOUR) == chosen_turns.TOO_CLOSE
    any_core.change_practice(paused_until=NOW + DAY)
    with pytest.raises(Paused):
        offer(any_core, "first", MONDAY)
    assert live(any_core) == []


def test_nobody_offers_the_time_or_the_place_of_others(any_core: Core) -> None:
    two_wait(any_core)
    entry = entry_of(any_core, "first")
    for desk in (desk_of(any_core, "cora", "other"), desk_of(any_core, "ben")):
        with pytest.raises(NotFound):
            chosen_turns.choice(desk, entry.id, None, now=NOW)
        with pytest.raises(NotFound):
            chosen_turns.offer(desk, entry.id, MONDAY, desk.therapists[0], now=NOW)
    owner = chosen_turns.choice(owner_desk(any_core), entry.id, None, now=NOW)
    assert [one.slug for one in owner.therapists] == ["ada"]
    with pytest.raises(NotFound):
        chosen_turns.choice(owner_desk(any_core), entry.id, "ben", now=NOW)


def test_two_presses_a_worker_and_a_visitor_at_once_keep_one_time_for_one_person(core: Core) -> None:
    two_wait(core)

    def act(number: int) -> object:
        if number == 3:
            return booked(core, "session", MONDAY)
        if number == 2:
            return turns.tend(now=NOW + HOUR)
        return offer(core, ("first", "second")[number], MONDAY)

    core.together(4, act)
    assert overlapping_pairs(core) == []
    assert len(live(core)) == 1
