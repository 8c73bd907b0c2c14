"""Weekly hours, extra hours and time off as rows, on both databases."""

from datetime import date

import pytest
from sqlalchemy import text

from scheduler.domain.availability import ExtraHours, TimeOff, TimeOffKind, WeeklySpan
from scheduler.domain.errors import NotFound
from scheduler.store import schedule
from scheduler.store.database import reading, transaction
from tests.support.core import Core

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 7)
HOLIDAY = TimeOff("11", TimeOffKind.HOLIDAY, date(2026, 5, 20), date(2026, 6, 2), label="Sommerferien")
SUPERVISION = TimeOff("12", TimeOffKind.BLOCK, date(2026, 6, 4), date(2026, 6, 4), 780, 960, "Supervision")
EXTRA = ExtraHours("13", date(2026, 6, 6), 600, 840)


def test_what_is_stored_comes_back_and_labels_stay_sealed_where_nobody_needs_them(core: Core) -> None:
    ada = core.therapist("ada")
    with transaction() as tx:
        schedule.add_time_off(tx, ada.id, HOLIDAY)
        schedule.add_time_off(tx, ada.id, SUPERVISION)
        schedule.add_extra(tx, ada.id, EXTRA)
    with reading() as tx:
        hours = schedule.hours(tx, ada.id, "America/Toronto", FIRST, LAST)
        changes = schedule.coming_changes(tx, ada.id, FIRST)
    assert hours.extra == (EXTRA,)
    assert sorted((entry.id, entry.label) for entry in hours.time_off) == [("11", ""), ("12", "")]
    assert hours.weekly == tuple(WeeklySpan(weekday, 540, 720) for weekday in range(1, 6))
    assert changes == [HOLIDAY, SUPERVISION, EXTRA]


def test_only_what_touches_the_days_asked_for_is_read(core: Core) -> None:
    ada = core.therapist("ada")
    with transaction() as tx:
        schedule.add_time_off(tx, ada.id, HOLIDAY)
        schedule.add_extra(tx, ada.id, EXTRA)
    with reading() as tx:
        hours = schedule.hours(tx, ada.id, "America/Toronto", date(2026, 6, 3), date(2026, 6, 5))
    assert (hours.extra, hours.time_off) == ((), ())


def test_weekly_hours_are_replaced_as_a_whole(core: Core) -> None:
    ada, ben = core.therapist("ada"), core.therapist("ben")
    evening = WeeklySpan(7, 1080, 1440)
    with transaction() as tx:
        schedule.replace_weekly(tx, ada.id, [evening])
    with reading() as tx:
        assert schedule.weekly(tx, ada.id) == (evening,)
        assert len(schedule.weekly(tx, ben.id)) == 5
    with transaction() as tx:
        schedule.replace_weekly(tx, ada.id, [])
    with reading() as tx:
        assert schedule.weekly(tx, ada.id) == ()


def test_nobody_removes_the_change_of_somebody_else(core: Core) -> None:
    ada, ben = core.therapist("ada"), core.therapist("ben")
    with transaction() as tx:
        schedule.add_extra(tx, ada.id, EXTRA)
    with pytest.raises(NotFound), transaction() as tx:
        schedule.remove_change(tx, ben.id, EXTRA.id)
    with transaction() as tx:
        schedule.remove_change(tx, ada.id, EXTRA.id)
    with reading() as tx:
        assert schedule.coming_changes(tx, ada.id, FIRST) == []


def test_a_label_is_unreadable_in_the_database(core: Core) -> None:
    with transaction() as tx:
        schedule.add_time_off(tx, core.therapist("ada").id, SUPERVISION)
        stored = bytes(tx.execute(text("SELECT label_sealed FROM time_off")).scalar_one())
    assert b"Supervision" not in stored
    assert len(stored) > len(b"Supervision")
