"""The week as columns of quarter hours and as a day's agenda: positions and words, no markup.

Rows count from the first hour shown; they follow the clock on the wall, so a
column looks the same on the days on which the clocks change.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.availability import TimeOff
from scheduler.domain.intervals import Interval, clip, overlaps, subtract
from scheduler.domain.local_time import day_interval, local, local_day
from scheduler.services.schedule import Week

QUARTERS = 96
SHORTEST_FREE = 15 * 60
USUAL = (8 * 4, 18 * 4)
"""What is shown of a week in which nothing happens."""

WEEKEND = (6, 7)
"""Days whose columns are narrow, or left out, while nothing of the practice is on them."""


@dataclass(frozen=True, slots=True)
class Words:
    """How an appointment is spoken of: a heading, a second line, and a third where there is room."""

    title: str
    line: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A block of a column: `first` row and number of `rows`. `kind` is a class of the stylesheet."""

    kind: str
    first: int
    rows: int
    start: int
    end: int
    words: Words | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One local day."""

    day: date
    is_today: bool
    is_idle: bool
    open: tuple[Cell, ...]
    cells: tuple[Cell, ...]
    now_row: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """The week: the hours on the left as (row, hour), and seven columns of `rows` rows."""

    rows: int
    hours: tuple[tuple[int, int], ...]
    columns: tuple[Column, ...]
    is_tall: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the agenda: an appointment, a free, busy or closed stretch, or the present moment."""

    kind: str
    start: int
    end: int
    words: Words | None = None
    id: str = ""
    is_all_day: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """How a page speaks of an appointment, of time off, and of what calendars of these names block."""

    appointment: Callable[[Appointment], Words]
    closed: Callable[[TimeOff], Words]
    busy: Callable[[Sequence[str]], Words]


def grid(week: Week, zone: str, *, now: int, speech: Speech) -> Grid:
    """The week as a grid."""
    low, high = _range(week, zone)
    columns = [_column(week, day, zone, now, (low, high), speech) for day in week.days]
    return Grid(
        rows=high - low,
        hours=tuple((quarter - low, quarter // 4) for quarter in range(low + 4, high, 4)),
        columns=tuple(columns),
        is_tall=any(cell.rows == 1 and cell.id for column in columns for cell in column.cells),
    )


def agenda(week: Week, day: date, zone: str, *, now: int, speech: Speech) -> list[Line]:
    """The chosen day line by line: appointments, what is free, busy or closed between them, and now."""
    window = day_interval(day, zone)
    lines = [
        Line(kind_of(one), one.start, one.end, speech.appointment(one), one.id)
        for one in week.appointments
        if window[0] <= one.start < window[1]
    ]
    elsewhere = [(span, names) for whole, names in _outside(week, zone) for span in clip([whole], window)]
    busy = [*(one.busy for one in week.appointments), *(span for span, _ in elsewhere)]
    spans = clip(week.open, window)
    for span, names in elsewhere:
        lines.append(Line("busy", *span, speech.busy(names), is_all_day=span == window))
    lines += [
        Line("free", start, end)
        for start, end in subtract(spans, busy)
        if end - start >= 15 * 60 and end > now
    ]
    if spans:
        whole = [(spans[0][0], spans[-1][1])]
        away = [entry.interval(zone) for entry in week.time_off]
        lines += [Line("closed", start, end) for start, end in subtract(whole, [*spans, *busy, *away])]
    for entry in week.time_off:
        for start, end in clip([entry.interval(zone)], window):
            lines.append(Line("shut", start, end, speech.closed(entry), is_all_day=(start, end) == window))
    if window[0] <= now < window[1]:
        lines.append(Line("now", now, now))
    return sorted(lines, key=lambda line: (line.start, line.kind != "shut", line.end))


def kind_of(one: Appointment) -> str:
    """The class of an appointment; free calls are told apart by whoever knows the type."""
    return {Status.HELD: "held", Status.REQUESTED: "ask"}.get(one.status, "")


def _range(week: Week, zone: str) -> tuple[int, int]:
    """The quarters shown: whole hours around everything, one hour to spare before."""
    spans: list[Interval] = [*week.open, *((one.start, one.end) for one in week.appointments)]
    spans += [entry.interval(zone) for entry in week.time_off if entry.start_minute is not None]
    lows, highs = [], []
    for start, end in spans:
        first_day, last_day = local_day(start, zone), local_day(end - 1, zone)
        lows.append(_quarter(start, first_day, zone) if first_day == last_day else 0)
        highs.append(_quarter(end, first_day, zone, up=True) if first_day == last_day else QUARTERS)
    if not spans:
        return USUAL
    low = max(0, (min(lows) // 4) * 4 - 4)
    high = min(QUARTERS, -(-max(highs) // 4) * 4)
    return min(low, USUAL[0]), max(high, USUAL[1] - 4)


def _column(
    week: Week,
    day: date,
    zone: str,
    now: int,
    shown: tuple[int, int],
    speech: Speech,
) -> Column:
    window = day_interval(day, zone)

    def cell(kind: str, span: Interval, words: Words | None = None, id: str = "") -> Cell | None:
        parts = clip([span], window)
        if not parts:
            return None
        start, end = parts[0]
        first = max(_quarter(start, day, zone), shown[0])
        last = min(_quarter(end, day, zone, up=True), shown[1])
        return Cell(kind, first - shown[0], last - first, *span, words, id) if first < last else None

    opened = [cell("open", span) for span in week.open]
    shut = [cell("shut", entry.interval(zone), speech.closed(entry)) for entry in week.time_off]
    events = [
        cell(kind_of(one), (one.start, one.end), speech.appointment(one), one.id) for one in week.appointments
    ]
    is_idle = not any(opened) and not any(events) and not any(shut)
    elsewhere = [] if is_idle and day.isoweekday() in WEEKEND else _outside(week, zone)
    busy = [cell("busy", span, speech.busy(names)) for span, names in elsewhere]
    is_today = window[0] <= now < window[1]
    row = _quarter(now, day, zone) - shown[0]
    return Column(
        day=day,
        is_today=is_today,
        is_idle=is_idle,
        open=tuple(one for one in opened if one),
        cells=(*(one for one in shut if one), *_settled([one for one in events if one], filter(None, busy))),
        now_row=row if is_today and 0 <= row < shown[1] - shown[0] else None,
    )


def _outside(week: Week, zone: str) -> list[tuple[Interval, tuple[str, ...]]]:
    """What own calendars block and nothing here says already: disjoint spans, and whose they are."""
    taken = [(one.start, one.end) for one in week.appointments]
    taken += [entry.interval(zone) for entry in week.time_off]
    spans = subtract([one[:2] for one in week.outside], taken)
    return [
        (span, tuple(dict.fromkeys(one.calendar for one in week.outside if overlaps(one[:2], span))))
        for span in spans
    ]


def _settled(events: Sequence[Cell], busy: Iterable[Cell]) -> list[Cell]:
    """Appointments and what own calendars block; a long block gives way to a short appointment beside it."""
    blocks = list(busy)
    short, long = [cell for cell in blocks if cell.rows == 1], [cell for cell in blocks if cell.rows > 1]
    settled = list(_apart(sorted([*events, *short], key=lambda cell: (cell.first, cell.start))))
    for cell in long:
        first, last = cell.first, cell.first + cell.rows
        for one in settled:
            if one.first <= first < one.first + one.rows:
                first = one.first + one.rows
            elif first < one.first < last:
                last = one.first
        if first < last:
            settled.append(replace(cell, first=first, rows=last - first))
    return sorted(settled, key=lambda cell: cell.first)


def _apart(cells: Sequence[Cell]) -> Iterable[Cell]:
    """The cells, none reaching over the next; a short one takes an empty row below, to be easier to hit."""
    settled = []
    for index, cell in enumerate(cells):
        room = cells[index + 1].first - cell.first if index + 1 < len(cells) else cell.rows + 1
        rows = max(1, min(cell.rows, room)) if room > 0 else cell.rows
        if rows == 1 and room >= 2:
            rows = 2
        settled.append(replace(cell, rows=rows))
    return settled


def _quarter(at: int, day: date, zone: str, *, up: bool = False) -> int:
    """The quarter of the day in which an instant lies on the wall clock; the day's end counts as 96."""
    wall = local(at, zone)
    if wall.date() > day:
        return QUARTERS
    if wall.date() < day:
        return 0
    minutes = wall.hour * 60 + wall.minute
    return -(-minutes // 15) if up else minutes // 15
