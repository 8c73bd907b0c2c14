"""A start is bookable exactly when a visitor would be shown it: random schedules, real bookings."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.errors import SlotTaken
from scheduler.domain.local_time import day_interval, local_day
from scheduler.services import booking, offers
from scheduler.store.database import transaction
from scheduler.store.tables import AppointmentRow, table
from tests.support.core import NOW, SOURCE, TORONTO, Core, vera
from tests.support.instants import HOUR, MINUTE, at

quarters = st.integers(0, 95).map(lambda quarter: quarter * 15)
spans = st.lists(st.tuples(st.integers(1, 7), quarters, st.integers(2, 40)), min_size=1, max_size=5)
changes = st.fixed_dictionaries(
    {
        "duration": st.sampled_from([15, 45, 50, 90]).map(lambda minutes: minutes * MINUTE),
        "buffer_before": st.sampled_from([0, 5, 30]).map(lambda minutes: minutes * MINUTE),
        "buffer_after": st.sampled_from([None, 0, 10]).map(lambda minutes: minutes and minutes * MINUTE),
        "step": st.sampled_from([None, 10 * MINUTE, HOUR]),
        "notice": st.sampled_from([0, 5 * HOUR, 24 * HOUR]),
        "horizon_days": st.integers(0, 4),
        "per_day_at_most": st.sampled_from([None, 1, 2]),
    }
)
BEFORE_SPRING, BEFORE_AUTUMN = at("2026-03-07T08:00-05:00"), at("2026-10-31T08:00-04:00")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    spans,
    changes,
    st.sampled_from([NOW, BEFORE_SPRING, BEFORE_AUTUMN]),
    st.lists(st.integers(0, 40), max_size=3),
    st.lists(st.integers(-10, 5 * 96), min_size=4, max_size=10),
)
def test_a_start_is_booked_exactly_when_it_is_offered(
    any_core: Core,
    weekly: list[tuple[int, int, int]],
    change: dict[str, int | None],
    now: int,
    earlier: list[int],
    tried: list[int],
) -> None:
    core = any_core
    with transaction() as tx:
        tx.execute(table(AppointmentRow).delete())
    open_hours = [
        WeeklySpan(weekday, start, min(1440, start + length * 15)) for weekday, start, length in weekly
    ]
    core.open_weekly("ada", *open_hours)
    kind, ada = core.change_type("session", **change), core.therapist("ada")
    today = local_day(now, TORONTO)
    last = today + timedelta(days=6)

    def offered() -> list[int]:
        return list(offers.offer(core.demo, kind, today, last, therapist=ada, now=now).starts)

    def book(start: int, key: str) -> bool:
        raw, source = vera(), SOURCE
        try:
            done = booking.book(
                core.demo,
                kind,
                start=start,
                therapist=ada,
                raw=raw,
                key=key,
                source=source,
                now=now,
                limited=False,
            )
        except SlotTaken:
            return False
        assert done.start == start
        return True

    for number in earlier:
        free = offered()
        if free:
            assert book(free[number % len(free)], f"{now} earlier {number} {len(free)}")
    midnight = day_interval(today, TORONTO)[0]
    candidates = [midnight + quarter * 15 * MINUTE for quarter in tried]
    candidates += offered()[:2] + [start + 60 for start in offered()[:1]]
    for start in candidates:
        is_offered = start in offered()
        assert book(start, f"{now} {start} {len(core.all('SELECT 1 FROM appointments'))}") is is_offered
    uids = [row[0] for row in core.all("SELECT uid FROM appointments WHERE status = 'confirmed'")]
    assert len(uids) == len(set(uids))


def test_an_offer_is_one_answer_however_the_days_are_asked_for(any_core: Core) -> None:
    core = any_core
    kind = core.kind("consultation")
    days = [date(2026, 6, 1) + timedelta(days=offset) for offset in range(14)]
    whole = offers.offer(core.demo, kind, days[0], days[-1], therapist=None, now=NOW)
    each = [offers.offer(core.demo, kind, day, day, therapist=None, now=NOW) for day in days]
    assert list(whole.starts) == [start for one in each for start in one.starts]
    assert dict(whole.free) == {start: slugs for one in each for start, slugs in one.free.items()}


def test_an_offer_is_remembered_only_while_it_is_true(any_core: Core) -> None:
    core = any_core
    kind, ada = core.kind("session"), core.therapist("ada")
    days = (date(2026, 6, 2), date(2026, 6, 2))

    def shown(now: int) -> offers.Offer:
        return offers.offer(core.demo, kind, *days, therapist=ada, now=now)

    first = shown(NOW)
    assert first.starts[0] == at("2026-06-02T09:00-04:00")
    assert first.valid_until == first.starts[0] - 24 * HOUR + 1
    assert shown(first.valid_until - 1) is first
    later = shown(first.valid_until)
    assert (later.starts, later.tag != first.tag) == (first.starts[1:], True)
    # A caller whose type is of yesterday gets, and leaves behind, the answer of today.
    core.change_type("session", duration=3 * HOUR)
    fresh = offers.offer(core.demo, kind, *days, therapist=ada, now=NOW)
    assert (fresh.duration, fresh.starts) == (3 * HOUR, (at("2026-06-02T09:00-04:00"),))
    core.change_practice(rules=replace(core.demo.rules, horizon_days=0))
    assert shown(NOW).starts == ()
