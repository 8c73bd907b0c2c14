"""Fifty processes want one time, or times at random: the database lets no two of them overlap."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from scheduler.domain.errors import SlotTaken, StoreBusy
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.services import by_hand
from tests.services.test_races import overlapping_pairs
from tests.support.core import NOW, TUESDAY, Core, somebody
from tests.support.instants import HOUR, MINUTE

PROCESSES = 50
PRESSES = 5
TYPES = ("consultation", "session")
BUSY = {"consultation": (0, 15 * MINUTE), "session": (-5 * MINUTE, 60 * MINUTE)}
Wish = tuple[str, int]


def at_once(core: Core, wishes: list[Wish]) -> list[str]:
    """A process for each wish, all at the same moment; how each ended, in order."""
    fork = multiprocessing.get_context("fork")
    ready, ends = fork.Barrier(len(wishes)), fork.Queue()
    children = [fork.Process(target=want, args=(core, ready, ends, *one)) for one in enumerate(wishes)]
    for child in children:
        child.start()
    found = dict(ends.get(timeout=240) for _ in children)
    for child in children:
        child.join()
    return [found[number] for number in range(len(wishes))]


def want(core: Core, ready: Any, ends: Any, number: int, wish: Wish) -> None:
    """In a process of its own: enter this appointment, as staff do, at whatever time."""
    try:
        kind, ada = core.kind(wish[0]), core.therapist("ada")
        ready.wait(60)
        ends.put((number, pressed(core, kind, ada, wish[1], number)))
    except BaseException as error:
        ends.put((number, repr(error)))


def pressed(core: Core, kind: AppointmentType, ada: Therapist, start: int, number: int) -> str:
    """How it ended. Somebody told that the database is busy presses again, as the page says.

    Nothing was written then; on a slow disk SQLite lets one of fifty wait for longer than it may.
    """
    for _ in range(PRESSES):
        with suppress(StoreBusy):
            try:
                by_hand.book_by_hand(
                    core.demo,
                    kind,
                    therapist=ada,
                    start=start,
                    raw=somebody(number),
                    notify=False,
                    by="ada",
                    now=NOW,
                )
            except SlotTaken:
                return "taken"
            return "booked"
    return "busy"


def same(_number: int) -> Wish:
    """Everybody wants one time."""
    return "session", TUESDAY


def anything(number: int) -> Wish:
    """A type and a minute of five hours, the same for each run."""
    dice = random.Random(number)
    return dice.choice(TYPES), TUESDAY + dice.randrange(5 * HOUR // 60) * 60


@pytest.mark.slow
@pytest.mark.parametrize("wishing", [same, anything])
def test_fifty_processes_leave_no_overlap_and_no_time_unused(
    core: Core, wishing: Callable[[int], Wish]
) -> None:
    wishes = [wishing(number) for number in range(PROCESSES)]
    ends = at_once(core, wishes)
    assert set(ends) == {"booked", "taken"}
    assert overlapping_pairs(core) == []
    booked = [wish for wish, end in zip(wishes, ends, strict=True) if end == "booked"]
    assert core.all("SELECT count(*) FROM appointments") == [(len(booked),)]
    if wishing is same:
        assert Counter(ends) == {"booked": 1, "taken": PROCESSES - 1}
    spans = [span(*wish) for wish in booked]
    for wish, end in zip(wishes, ends, strict=True):
        low, high = span(*wish)
        in_the_way = [one for one in spans if one[0] < high and low < one[1]]
        assert in_the_way, (wish, end)


def span(kind: str, start: int) -> tuple[int, int]:
    """The busy span, buffers included."""
    before, after = BUSY[kind]
    return start + before, start + after
