"""The week as columns and as an agenda: places on the wall clock, also when the clocks change."""

from datetime import date, timedelta

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.practice import Mode
from scheduler.services.calendars import OutsideBusy
from scheduler.services.schedule import Week
from scheduler.web.practice.grid import Cell, Grid, Speech, Words, agenda, grid
from tests.support.instants import MINUTE, at

ZONE = "America/Toronto"
MONDAY = date(2026, 6, 1)
SPEECH = Speech(
    appointment=lambda one: Words(one.id, ""),
    closed=lambda entry: Words(entry.kind.value, entry.label),
    busy=lambda names: Words("busy", ", ".join(names)),
)


def appointment(start: str, minutes: int, status: Status = Status.CONFIRMED, id: str = "1") -> Appointment:
    """Vera's appointment."""
    begins = at(start)
    ends = begins + minutes * MINUTE
    return Appointment(
        id=id,
        practice_id="p",
        therapist_id="t",
        type_id="k",
        uid="u",
        sequence=0,
        status=status,
        start=begins,
        end=ends,
        busy=(begins, ends),
        mode=Mode.VIDEO,
        language="en",
        visitor_zone=ZONE,
        organizer="",
        created_at=0,
        changed_at=0,
    )


def week(
    *found: Appointment,
    monday: date = MONDAY,
    open: tuple[tuple[str, str], ...] = (),
    off: tuple[TimeOff, ...] = (),
    outside: tuple[tuple[str, str, str], ...] = (),
) -> Week:
    """A week with these appointments, open spans, and busy spans of own calendars (start, end, name)."""
    days = tuple(monday + timedelta(days=offset) for offset in range(7))
    busy = tuple(OutsideBusy(at(start), at(end), name) for start, end, name in outside)
    return Week(days, tuple((at(start), at(end)) for start, end in open), off, found, busy)


def drawn(shown: Week, now: str = "2026-06-03T11:05-04:00") -> Grid:
    """The grid of a week."""
    return grid(
        shown,
        ZONE,
        now=at(now),
        speech=SPEECH,
    )


def places(cells: tuple[Cell, ...]) -> list[tuple[str, int, int]]:
    """Kind, row and number of rows of each cell."""
    return [(cell.kind, cell.first, cell.rows) for cell in cells]


def test_an_hour_of_the_clock_is_four_rows() -> None:
    shown = drawn(
        week(
            appointment("2026-06-03T09:00-04:00", 60),
            appointment("2026-06-03T14:15-04:00", 50, Status.REQUESTED, "2"),
            open=(("2026-06-03T09:00-04:00", "2026-06-03T19:00-04:00"),),
        )
    )
    wednesday = shown.columns[2]
    assert (shown.rows, shown.hours[0], shown.hours[-1]) == (44, (4, 9), (40, 18))
    assert places(wednesday.open) == [("open", 4, 40)]
    assert places(wednesday.cells) == [("", 4, 4), ("ask", 25, 4)]
    assert (wednesday.is_today, wednesday.now_row) == (True, 12)


def test_a_short_call_takes_the_empty_row_below_but_never_its_neighbour() -> None:
    alone = drawn(week(appointment("2026-06-03T10:30-04:00", 15)))
    pair = drawn(
        week(appointment("2026-06-03T10:30-04:00", 15), appointment("2026-06-03T10:45-04:00", 15, id="2"))
    )
    first = alone.columns[2].cells[0]
    assert (first.rows, alone.is_tall) == (2, False)
    assert [cell.rows for cell in pair.columns[2].cells] == [1, 2]
    assert pair.is_tall


def test_what_ends_at_ten_to_leaves_the_next_its_place() -> None:
    shown = drawn(
        week(appointment("2026-06-03T09:00-04:00", 50), appointment("2026-06-03T09:50-04:00", 50, id="2"))
    )
    cells = shown.columns[2].cells
    assert [(cell.first, cell.rows) for cell in cells] == [(4, 3), (7, 4)]


def test_a_late_evening_widens_the_hours_shown() -> None:
    shown = drawn(week(appointment("2026-06-05T21:00-04:00", 60)))
    assert shown.hours[-1][1] == 21
    assert shown.columns[4].cells[0].first + shown.columns[4].cells[0].rows == shown.rows


def test_a_whole_holiday_fills_its_days_without_widening_anything() -> None:
    off = TimeOff("1", TimeOffKind.HOLIDAY, date(2026, 6, 4), date(2026, 6, 30))
    shown = drawn(week(off=(off,)))
    assert [len(column.cells) for column in shown.columns] == [0, 0, 0, 1, 1, 1, 1]
    assert places(shown.columns[3].cells) == [("shut", 0, shown.rows)]


def test_the_rows_follow_the_wall_clock_on_both_sides_of_a_clock_change() -> None:
    autumn = drawn(
        week(
            appointment("2026-10-30T10:00-04:00", 60),
            appointment("2026-11-01T10:00-05:00", 60, id="2"),
            monday=date(2026, 10, 26),
        ),
        now="2026-10-30T08:00-04:00",
    )
    spring = drawn(
        week(
            appointment("2027-03-13T10:00-05:00", 60),
            appointment("2027-03-14T10:00-04:00", 60, id="2"),
            monday=date(2027, 3, 8),
        ),
        now="2027-03-08T08:00-05:00",
    )
    assert autumn.columns[4].cells[0].first == autumn.columns[6].cells[0].first
    assert spring.columns[5].cells[0].first == spring.columns[6].cells[0].first
    assert not autumn.columns[6].is_idle


def test_open_through_the_doubled_hour_covers_it_once() -> None:
    night = week(
        open=(("2026-11-01T00:00-04:00", "2026-11-01T03:00-05:00"),),
        monday=date(2026, 10, 26),
    )
    shown = drawn(night, now="2026-10-26T08:00-04:00")
    assert places(shown.columns[6].open) == [("open", 0, 12)]


def lines(shown: Week, now: str, day: date = date(2026, 6, 3)) -> list[tuple[str, int]]:
    """Kind and start of each line of the agenda."""
    found = agenda(
        shown,
        day,
        ZONE,
        now=at(now),
        speech=SPEECH,
    )
    return [(line.kind, line.start) for line in found]


def test_the_agenda_tells_what_is_free_closed_and_now() -> None:
    shown = week(
        appointment("2026-06-03T09:00-04:00", 60),
        open=(
            ("2026-06-03T09:00-04:00", "2026-06-03T13:00-04:00"),
            ("2026-06-03T14:00-04:00", "2026-06-03T15:00-04:00"),
        ),
    )
    assert lines(shown, "2026-06-03T11:05-04:00") == [
        ("", at("2026-06-03T09:00-04:00")),
        ("free", at("2026-06-03T10:00-04:00")),
        ("now", at("2026-06-03T11:05-04:00")),
        ("closed", at("2026-06-03T13:00-04:00")),
        ("free", at("2026-06-03T14:00-04:00")),
    ]


def test_a_day_off_is_one_line_and_another_day_has_none() -> None:
    off = TimeOff("1", TimeOffKind.ILL, date(2026, 6, 3), date(2026, 6, 3))
    shown = week(off=(off,))
    assert lines(shown, "2026-06-01T08:00-04:00") == [("shut", at("2026-06-03T00:00-04:00"))]
    assert lines(shown, "2026-06-01T08:00-04:00", date(2026, 6, 4)) == []


# ---- what own calendars block ------------------------------------------------


def test_what_is_busy_elsewhere_stands_around_appointments_and_under_nothing() -> None:
    shown = drawn(
        week(
            appointment("2026-06-03T10:00-04:00", 60),
            off=(TimeOff("1", TimeOffKind.BLOCK, date(2026, 6, 3), date(2026, 6, 3), 13 * 60, 14 * 60),),
            outside=(
                ("2026-06-03T09:00-04:00", "2026-06-03T12:00-04:00", "Private"),
                ("2026-06-03T11:30-04:00", "2026-06-03T13:30-04:00", "Choir"),
            ),
        )
    )
    cells = shown.columns[2].cells
    assert [(cell.kind, cell.first, cell.rows, cell.words and cell.words.line) for cell in cells] == [
        ("shut", 20, 4, ""),
        ("busy", 4, 4, "Private"),
        ("", 8, 4, ""),
        ("busy", 12, 8, "Private, Choir"),
    ]


def test_a_long_block_gives_way_to_a_short_call_beside_it() -> None:
    shown = drawn(
        week(
            appointment("2026-06-03T10:00-04:00", 15),
            outside=(("2026-06-03T10:15-04:00", "2026-06-03T12:00-04:00", "Private"),),
        )
    )
    assert places(shown.columns[2].cells) == [("", 8, 2), ("busy", 10, 6)]
    assert not shown.is_tall


def test_a_night_elsewhere_widens_no_hours_and_an_idle_weekend_stays_narrow() -> None:
    shown = drawn(
        week(
            outside=(
                ("2026-06-03T22:00-04:00", "2026-06-04T06:00-04:00", "Private"),
                ("2026-06-06T10:00-04:00", "2026-06-06T12:00-04:00", "Private"),
            )
        )
    )
    assert [column.cells for column in shown.columns] == [()] * 7
    assert shown.columns[5].is_idle
    assert (shown.hours[0], shown.hours[-1]) == ((4, 9), (36, 17))


def test_the_agenda_names_busy_times_and_calls_nothing_free_that_is_taken_elsewhere() -> None:
    shown = week(
        open=(("2026-06-03T09:00-04:00", "2026-06-03T13:00-04:00"),),
        outside=(
            ("2026-06-03T10:00-04:00", "2026-06-03T11:00-04:00", "Private"),
            ("2026-06-04T00:00-04:00", "2026-06-05T00:00-04:00", "Private"),
        ),
    )
    assert lines(shown, "2026-06-01T08:00-04:00") == [
        ("free", at("2026-06-03T09:00-04:00")),
        ("busy", at("2026-06-03T10:00-04:00")),
        ("free", at("2026-06-03T11:00-04:00")),
    ]
    [whole] = agenda(shown, date(2026, 6, 4), ZONE, now=at("2026-06-01T08:00-04:00"), speech=SPEECH)
    assert (whole.kind, whole.is_all_day, whole.words) == ("busy", True, Words("busy", "Private"))
