"""The month as a grid, and a day by its parts."""

from collections import Counter
from datetime import date

import pytest

from scheduler.web.visitor.month import month_grid, parse_day, parse_month, parts
from tests.web.visitor.moments import at


def test_a_month_begins_on_monday_and_holds_whole_weeks() -> None:
    month = month_grid(
        date(2026, 6, 1),
        Counter({date(2026, 6, 3): 6, date(2026, 7, 1): 2}),
        today=date(2026, 6, 1),
        horizon=date(2026, 7, 27),
    )
    assert [len(week) for week in month.weeks] == [7] * 5
    assert month.weeks[0][0].day == date(2026, 6, 1)
    assert month.weeks[0][0].is_today
    assert [day.free for day in month.weeks[0]] == [0, 0, 6, 0, 0, 0, 0]
    assert month.free == 6
    assert not month.weeks[-1][-1].inside


def test_one_turns_no_further_than_today_and_the_horizon() -> None:
    first = month_grid(date(2026, 6, 1), Counter(), today=date(2026, 6, 20), horizon=date(2026, 7, 1))
    last = month_grid(date(2026, 7, 1), Counter(), today=date(2026, 6, 20), horizon=date(2026, 7, 1))
    assert (first.before, first.after) == (None, date(2026, 7, 1))
    assert (last.before, last.after) == (date(2026, 6, 1), None)


@pytest.mark.parametrize(
    "text", ["", "2026-6-3", "2026-W23-3", "20260603", "2026-06-31", "２０２６-06-03", "2026-06-03 "]
)
def test_only_a_plain_day_is_read(text: str) -> None:
    assert parse_day(text) is None
    assert parse_day("2026-06-03") == date(2026, 6, 3)
    assert parse_month("2026-06") == date(2026, 6, 1)


def test_empty_parts_of_the_day_are_left_out() -> None:
    day = date(2026, 6, 3)
    found = parts([at(day, 9), at(day, 11, 45), at(day, 17)], "Europe/Berlin", day)
    assert [(part.name, len(part.starts)) for part in found] == [("morning", 2), ("evening", 1)]


def test_times_that_fall_on_another_day_of_the_visitor_say_so() -> None:
    day = date(2026, 6, 3)
    found = parts([at(day, 9), at(day, 16)], "Asia/Tokyo", day)
    assert [(part.name, part.other_day) for part in found] == [("afternoon", None), ("evening", None)]
    found = parts([at(day, 18)], "Asia/Tokyo", day)
    assert [(part.name, part.other_day) for part in found] == [("morning", date(2026, 6, 4))]


def test_both_times_of_a_doubled_hour_are_kept() -> None:
    day = date(2026, 11, 1)
    first = at(day, 1, zone="America/Toronto")
    found = parts([first, first + 3600], "America/Toronto", day)
    assert found[0].starts == (first, first + 3600)
