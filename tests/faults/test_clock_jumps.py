"""The server's clock is set: nothing is sent twice or lost, and nothing that is past is offered."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from scheduler.clock import utcnow
from scheduler.domain.errors import SlotTaken
from scheduler.domain.local_time import local_day
from scheduler.services import booking, delivery, holds, offers
from scheduler.store import outbox_leases
from scheduler.store.database import memory_of, reading, transaction
from scheduler.store.outbox import State
from tests import test_worker
from tests.services.mailing import DAY, HOUR, NOW, START, VERA, Mailing
from tests.support.core import NOW as MONDAY
from tests.support.core import SOURCE, TORONTO, Core, somebody
from tests.support.instants import MINUTE, at
from tests.test_worker import Onlooker, claim, waiting

JUMPS = {
    "a day back": -DAY,
    "a day ahead": DAY,
    "an hour back, as if clocks in autumn were instants": -HOUR,
    "an hour ahead, as if clocks in spring were": HOUR,
}


def ids(odd: test_worker.OddServer) -> list[str]:
    return [str(mail.message["Message-ID"]) for mail in odd.received]


@pytest.mark.parametrize("jump", JUMPS)
def test_no_jump_takes_a_mail_out_of_the_hands_of_a_worker(
    mailing: Mailing, odd: test_worker.OddServer, jump: str
) -> None:
    mailing.book()
    mine, onlooker = claim(mailing, NOW), Onlooker()
    assert mine is not None
    for passed in (0, 30, 30, 30):
        onlooker.work(mailing, NOW + JUMPS[jump] + passed, passed=passed)
    assert [one for one in ids(odd) if mine.message_id in one] == []
    with mailing.app.app_context(), transaction() as tx:
        assert outbox_leases.finish(tx, mine, State.SENT, NOW + JUMPS[jump])
    onlooker.work(mailing, NOW + JUMPS[jump], passed=1000)
    onlooker.work(mailing, NOW + 1, passed=1000)
    assert [one for one in ids(odd) if mine.message_id in one] == []
    assert len(ids(odd)) == 1
    assert set(waiting(mailing)) == set()


@pytest.mark.parametrize("jump", JUMPS)
def test_what_a_dead_worker_held_goes_once_after_its_lease_whatever_the_clock_says(
    mailing: Mailing, odd: test_worker.OddServer, jump: str
) -> None:
    mailing.book()
    assert claim(mailing, NOW) is not None
    onlooker = Onlooker()
    onlooker.work(mailing, NOW + JUMPS[jump])
    assert len(ids(odd)) == 1
    onlooker.work(mailing, NOW + JUMPS[jump], passed=100)
    assert len(set(ids(odd))) == len(ids(odd)) == 2


def test_mails_of_a_clock_that_was_ahead_go_at_once_when_it_is_set_back(
    mailing: Mailing, odd: test_worker.OddServer
) -> None:
    mailing.book(now=NOW + DAY)
    mailing.work(NOW)
    assert len(set(ids(odd))) == len(ids(odd)) == 2
    mailing.work(NOW + DAY)
    assert len(ids(odd)) == 2


def test_what_was_put_off_by_a_clock_that_was_ahead_does_not_wait_for_that_time(
    mailing: Mailing, odd: test_worker.OddServer
) -> None:
    mailing.book(now=NOW + DAY)
    odd.refusal = "451 Try later"
    assert mailing.work(NOW + DAY).mails.waiting == 2
    odd.refusal = None
    assert mailing.work(NOW).mails.sent == 2
    assert delivery.RETRY_LATER * 1.1 < outbox_leases.LONGEST_PAUSE


def test_a_reminder_goes_once_and_never_because_the_clock_was_set_back(
    mailing: Mailing, odd: test_worker.OddServer
) -> None:
    mailing.book()
    mailing.work(NOW)
    mailing.work(NOW - DAY)
    assert len(odd.to(VERA)) == 1
    for now in (START - DAY, NOW, START - DAY, START - DAY + MINUTE, NOW):
        mailing.work(now)
    assert len(odd.to(VERA)) == 2
    assert len(set(ids(odd))) == len(ids(odd)) == 3


def offered(core: Core, now: int, *, remembered: bool = True) -> tuple[int, ...]:
    """The times of the days around, with what this process remembers or without."""
    if not remembered:
        with reading() as tx:
            memory_of(tx).clear()
    today = local_day(MONDAY, TORONTO)
    first, last = today - timedelta(days=3), today + timedelta(days=10)
    kind, ada = core.kind("session"), core.therapist("ada")
    return offers.offer(core.demo, kind, first, last, therapist=ada, now=now).starts


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_offered_after_a_jump_is_what_that_clock_allows_and_nothing_remembered(
    sqlite_core: Core, jump: str
) -> None:
    before = offered(sqlite_core, MONDAY)
    jumped = MONDAY + JUMPS[jump]
    after = offered(sqlite_core, jumped)
    assert after == offered(sqlite_core, jumped, remembered=False)
    assert min(after) >= jumped + DAY
    assert set(after) ^ set(before) == {
        start for start in {*after, *before} if start < max(MONDAY, jumped) + DAY
    }
    assert offered(sqlite_core, MONDAY) == before


def test_a_day_back_opens_nothing_that_is_past(core: Core) -> None:
    """The notice of a day covers it; what the clock shows as past cannot be booked by anybody."""
    now = at("2026-06-03T10:05-04:00")
    set_back = now - DAY
    assert min(offered(core, set_back)) >= now
    for start in (at("2026-06-03T09:00-04:00"), at("2026-06-02T09:00-04:00"), at("2026-06-02T10:30-04:00")):
        with pytest.raises(SlotTaken):
            book(core, start, set_back)


def test_a_hold_made_before_the_clock_was_set_back_keeps_its_notice(core: Core) -> None:
    now = at("2026-06-03T10:05-04:00")
    start = offered(core, now)[0]
    held = holds.hold(
        core.demo,
        core.kind("session"),
        start=start,
        therapist=core.therapist("ada"),
        source=SOURCE,
        language="en",
        zone="UTC",
        now=now,
    )
    for later in (now + DAY, now - DAY):
        with pytest.raises(SlotTaken):
            book(core, start, later)
    booked = booking.book_held(
        core.demo, held.token, somebody(1), key="held", source=SOURCE, now=now - DAY, limited=False
    )
    assert booked.start == start


def book(core: Core, start: int, now: int) -> booking.Booked:
    return booking.book(
        core.demo,
        core.kind("session"),
        start=start,
        therapist=core.therapist("ada"),
        raw=somebody(2),
        key=f"{start} {now}",
        source=SOURCE,
        now=now,
        limited=False,
    )


@pytest.fixture
def in_toronto() -> Iterator[None]:
    """The machine's own zone is one whose clocks change."""
    old = os.environ.get("TZ")
    os.environ["TZ"] = TORONTO
    time.tzset()
    yield
    os.environ.pop("TZ")
    if old is not None:
        os.environ["TZ"] = old
    time.tzset()


CHANGES = {"autumn": at("2026-11-01T06:00+00:00"), "spring": at("2027-03-14T07:00+00:00")}


@pytest.mark.usefixtures("in_toronto")
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_machines_own_clocks_is_no_jump(sqlite_core: Core, change: str) -> None:
    moment = CHANGES[change]
    core, kind, ada = sqlite_core, sqlite_core.kind("session"), sqlite_core.therapist("ada")
    first = local_day(moment, TORONTO)
    shown = []
    for seconds in (-1, 0, 1):
        with time_machine.travel(moment + seconds, tick=False):
            assert utcnow() == moment + seconds
            shown.append(
                offers.offer(
                    core.demo, kind, first, first + timedelta(days=7), therapist=ada, now=utcnow()
                ).starts
            )
    assert shown[0] == shown[1] == shown[2]
    assert shown[0][0] >= moment + DAY
