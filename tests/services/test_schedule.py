"""A therapist changes hours: what it opens, what it closes, and what it leaves alone."""

from datetime import date

import pytest

from scheduler.domain.appointment import Status
from scheduler.domain.availability import TimeOffKind, WeeklySpan
from scheduler.domain.errors import NotFound, Refused
from scheduler.services import appointments, offers, schedule
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.support.core import NOW, TUESDAY, WEDNESDAY, Core
from tests.support.instants import HOUR, MINUTE, at

MONDAY = date(2026, 6, 1)
TUE, WED = date(2026, 6, 2), date(2026, 6, 3)


def starts(core: Core, day: date, now: int = NOW) -> list[int]:
    """What visitors are offered of Ada on a day, for a call."""
    kind = core.kind("consultation")
    return list(offers.offer(core.demo, kind, day, day, therapist=core.therapist("ada"), now=now).starts)


def test_new_weekly_hours_are_offered_at_once(core: Core) -> None:
    desk, ada = desk_of(core, "ada"), core.therapist("ada")
    before = starts(core, WED)
    schedule.save_weekly(desk, ada, {3: [(840, 900)], 5: []}, now=NOW)
    assert before[0] == WEDNESDAY
    assert starts(core, WED) == [at(f"2026-06-03T14:{minute:02}-04:00") for minute in (0, 15, 30, 45)]
    assert schedule.weekly(ada) == (WeeklySpan(3, 840, 900),)


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        ({1: [(600, 600)]}, {"1": "Let the hours end after they begin"}),
        ({2: [(540, 720), (700, 800)]}, {"2": "Two of these hours overlap"}),
    ],
)
def test_hours_that_cannot_be_are_refused_and_nothing_changes(
    any_core: Core, draft: schedule.WeekDraft, problem: dict[str, str]
) -> None:
    desk, ada = desk_of(any_core, "ada"), any_core.therapist("ada")
    before = schedule.weekly(ada)
    with pytest.raises(Refused) as refused:
        schedule.save_weekly(desk, ada, draft, now=NOW)
    assert refused.value.problems == problem
    assert schedule.weekly(ada) == before


def test_hours_that_touch_are_fine(any_core: Core) -> None:
    spans = schedule.check_week({1: [(720, 800), (540, 720)]})
    assert spans == (WeeklySpan(1, 540, 720), WeeklySpan(1, 720, 800))


def test_blocking_time_takes_free_times_away_and_cancels_nothing(core: Core) -> None:
    desk, ada = desk_of(core, "ada"), core.therapist("ada")
    vera = booked(core, "consultation", WEDNESDAY + HOUR)
    entry = schedule.time_off(TimeOffKind.BLOCK, WED, WED, (540, 660), "Supervision")
    inside = schedule.close(desk, ada, entry, now=NOW)
    assert [one.uid for one in inside] == [vera.uid]
    assert appointments.find(desk, vera.appointment.id).status is Status.CONFIRMED
    assert starts(core, WED)[0] == at("2026-06-03T11:00-04:00")
    assert core.kinds_of_mail() == ["confirmation", "reminder", "therapist_booked"]


def test_an_appointment_that_ends_as_the_block_begins_is_not_touched(any_core: Core) -> None:
    booked(any_core, "consultation", WEDNESDAY)
    entry = schedule.time_off(TimeOffKind.BLOCK, WED, WED, (555, 660))
    assert schedule.touched(desk_of(any_core, "ada"), any_core.therapist("ada"), entry, now=NOW) == []


def test_a_holiday_is_one_entry_and_extra_hours_beat_it(core: Core) -> None:
    desk, ada = desk_of(core, "ada"), core.therapist("ada")
    holiday = schedule.time_off(TimeOffKind.HOLIDAY, TUE, date(2026, 6, 12))
    schedule.close(desk, ada, holiday, now=NOW)
    extra = schedule.open_extra(desk, ada, WED, (600, 630), now=NOW)
    assert starts(core, WED) == [at("2026-06-03T10:00-04:00"), at("2026-06-03T10:15-04:00")]
    assert schedule.coming_changes(desk, ada, now=NOW) == [holiday, extra]
    schedule.remove_change(desk, ada, holiday.id, now=NOW)
    assert starts(core, WED)[0] == WEDNESDAY


def test_ben_cannot_remove_adas_holiday(any_core: Core) -> None:
    ada, ben = any_core.therapist("ada"), any_core.therapist("ben")
    holiday = schedule.time_off(TimeOffKind.HOLIDAY, TUE, TUE)
    schedule.close(desk_of(any_core, "ada"), ada, holiday, now=NOW)
    with pytest.raises(NotFound):
        schedule.remove_change(desk_of(any_core, "ben"), ben, holiday.id, now=NOW)


@pytest.mark.parametrize(
    ("first", "last", "minutes", "field"),
    [
        (None, WED, None, "first"),
        (WED, TUE, None, "last"),
        (WED, date(2028, 1, 1), None, "last"),
        (WED, WED, (600, 540), "until"),
    ],
)
def test_a_time_off_that_cannot_be_names_the_field(
    first: date | None, last: date | None, minutes: tuple[int, int] | None, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        schedule.time_off(TimeOffKind.BLOCK, first, last, minutes)
    assert list(refused.value.problems) == [field]


def test_extra_hours_on_a_past_day_are_refused(any_core: Core) -> None:
    desk, ada = desk_of(any_core, "ada"), any_core.therapist("ada")
    with pytest.raises(Refused) as refused:
        schedule.open_extra(desk, ada, date(2026, 5, 31), (600, 540), now=NOW)
    assert sorted(refused.value.problems) == ["day", "until"]


def test_the_count_of_free_times_is_what_visitors_are_offered(core: Core) -> None:
    desk, ada = desk_of(core, "ada"), core.therapist("ada")
    offered = {
        start
        for slug in ("consultation", "session")
        for start in offers.offer(
            core.demo, core.kind(slug), MONDAY, date(2026, 6, 14), therapist=ada, now=NOW
        ).starts
    }
    assert schedule.free_times(desk, ada, now=NOW) == len(offered)
    draft = schedule.check_week({3: [(840, 900)]})
    assert schedule.free_times(desk, ada, now=NOW, weekly=draft) == 8
    assert schedule.free_times(desk, ada, now=NOW) == len(offered)


def test_appointments_that_a_draft_leaves_outside_are_told_before_saving(any_core: Core) -> None:
    desk, ada = desk_of(any_core, "ada"), any_core.therapist("ada")
    early = booked(any_core, "consultation", WEDNESDAY)
    late = booked(any_core, "consultation", WEDNESDAY + 2 * HOUR, email="second@example.org")
    draft = schedule.check_week({3: [(540, 660)]})
    assert schedule.outside(desk, ada, now=NOW) == []
    assert [one.uid for one in schedule.outside(desk, ada, now=NOW, weekly=draft)] == [late.uid]
    schedule.save_weekly(desk, ada, {3: [(540, 660)]}, now=NOW)
    assert appointments.find(desk, late.appointment.id).start == late.start
    assert appointments.find(desk, early.appointment.id).status is Status.CONFIRMED


def test_blocking_this_afternoon_ends_with_the_hours(any_core: Core) -> None:
    desk, ada = desk_of(any_core, "ada"), any_core.therapist("ada")
    assert schedule.rest_of_day(desk, ada, now=NOW, from_minute=750) is None
    schedule.save_weekly(desk, ada, {1: [(540, 720), (780, 1095)]}, now=NOW)
    assert schedule.rest_of_day(desk, ada, now=NOW, from_minute=750) == (750, 1095)


def test_the_week_leaves_out_what_lapsed_and_what_was_cancelled(any_core: Core) -> None:
    desk, ada = desk_of(any_core, "ada"), any_core.therapist("ada")
    kept = booked(any_core, "consultation", WEDNESDAY)
    gone = booked(any_core, "consultation", TUESDAY + 2 * HOUR, email="second@example.org")
    appointments.cancel(desk, gone.appointment.id, now=NOW)
    shown = schedule.week(desk, ada, MONDAY, now=NOW)
    assert [one.uid for one in shown.appointments] == [kept.uid]
    assert len(shown.open) == 5


def test_a_week_of_a_clock_change_has_all_its_hours(any_core: Core) -> None:
    desk, ada = desk_of(any_core, "ada"), any_core.therapist("ada")
    schedule.save_weekly(desk, ada, {7: [(0, 180)]}, now=NOW)
    autumn = schedule.week(desk, ada, date(2026, 10, 26), now=NOW)
    spring = schedule.week(desk, ada, date(2027, 3, 8), now=NOW)
    assert [end - start for start, end in autumn.open] == [4 * HOUR]
    assert [end - start for start, end in spring.open] == [2 * HOUR]


def test_an_owner_keeps_every_calendar_and_a_therapist_the_own(any_core: Core) -> None:
    assert [one.slug for one in owner_desk(any_core).therapists] == ["ada", "ben"]
    assert [one.slug for one in desk_of(any_core, "ben").therapists] == ["ben"]
    with pytest.raises(NotFound):
        desk_of(any_core, "ben").therapist("ada")
    with pytest.raises(NotFound):
        owner_desk(any_core).therapist("cora")


def test_moving_by_hand_goes_outside_the_hours_but_never_over_somebody(core: Core) -> None:
    desk = desk_of(core, "ada")
    vera = booked(core, "session", TUESDAY + 30 * MINUTE + 24 * HOUR)
    evening = at("2026-06-03T20:00-04:00")
    moved = appointments.move(desk, vera.appointment.id, evening, now=NOW)
    assert (moved.start, moved.sequence, moved.uid) == (evening, 1, vera.uid)
    with pytest.raises(Refused):
        appointments.move(desk, vera.appointment.id, NOW - HOUR, now=NOW)
