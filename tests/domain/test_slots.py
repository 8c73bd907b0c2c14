"""The one rule: which starts can be booked, by hand-worked tables and as properties."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.domain.availability import Hours, WeeklySpan, open_spans
from scheduler.domain.intervals import Interval, merge, overlaps
from scheduler.domain.local_time import day_interval, local_day
from scheduler.domain.slots import (
    SlotRule,
    bookable_starts,
    bookable_window,
    closest,
    days_at_maximum,
    next_boundary,
)
from tests.support.instants import HOUR, MINUTE, at, wall

ALWAYS = (0, 10**11)
SESSION = SlotRule(duration=50 * MINUTE, step=30 * MINUTE)

# Open from 0 to 4 o'clock local time, sessions of 50 minutes, a start every 30 minutes.
NIGHTS = [
    (
        "America/Toronto",
        date(2026, 3, 8),
        "2026-03-08T05:00Z",
        "00:00-05:00 00:30-05:00 01:00-05:00 01:30-05:00 03:00-04:00",
    ),
    (
        "America/Toronto",
        date(2026, 11, 1),
        "2026-11-01T04:00Z",
        "00:00-04:00 00:30-04:00 01:00-04:00 01:30-04:00 01:00-05:00 "
        "01:30-05:00 02:00-05:00 02:30-05:00 03:00-05:00",
    ),
    (
        "Europe/Paris",
        date(2026, 3, 29),
        "2026-03-28T23:00Z",
        "00:00+01:00 00:30+01:00 01:00+01:00 01:30+01:00 03:00+02:00",
    ),
    (
        "Europe/Paris",
        date(2026, 10, 25),
        "2026-10-24T22:00Z",
        "00:00+02:00 00:30+02:00 01:00+02:00 01:30+02:00 02:00+02:00 "
        "02:30+02:00 02:00+01:00 02:30+01:00 03:00+01:00",
    ),
    (
        "Australia/Lord_Howe",
        date(2026, 10, 4),
        "2026-10-03T13:30Z",
        "00:00+10:30 00:30+10:30 01:00+10:30 01:30+10:30 02:30+11:00 03:00+11:00",
    ),
    (
        "Australia/Lord_Howe",
        date(2026, 4, 5),
        "2026-04-04T13:00Z",
        "00:00+11:00 00:30+11:00 01:00+11:00 01:30+11:00 01:30+10:30 02:00+10:30 02:30+10:30 03:00+10:30",
    ),
    (
        "America/St_Johns",
        date(2026, 3, 8),
        "2026-03-08T03:30Z",
        "00:00-03:30 00:30-03:30 01:00-03:30 01:30-03:30 03:00-02:30",
    ),
    (
        "America/St_Johns",
        date(2026, 11, 1),
        "2026-11-01T02:30Z",
        "00:00-02:30 00:30-02:30 01:00-02:30 01:30-02:30 01:00-03:30 "
        "01:30-03:30 02:00-03:30 02:30-03:30 03:00-03:30",
    ),
    (
        "Asia/Kathmandu",
        date(2026, 3, 8),
        "2026-03-07T18:15Z",
        "00:00+05:45 00:30+05:45 01:00+05:45 01:30+05:45 02:00+05:45 02:30+05:45 03:00+05:45",
    ),
]

CHANGES = [(zone, day) for zone, day, _, _ in NIGHTS]


def day_starts(zone: str, day: date, spans: Sequence[tuple[int, int]], rule: SlotRule = SESSION) -> list[int]:
    """The starts of one local day that is open at these minutes."""
    hours = Hours(zone, tuple(WeeklySpan(day.isoweekday(), *span) for span in spans))
    return bookable_starts(open_spans(hours, day, day), [], rule, ALWAYS)


@pytest.mark.parametrize(("zone", "day", "first", "shown"), NIGHTS)
def test_the_night_of_a_change_offers_what_a_person_would_work_out(
    zone: str, day: date, first: str, shown: str
) -> None:
    starts = day_starts(zone, day, [(0, 240)])
    assert [wall(start, zone) for start in starts] == shown.split()
    assert starts == [at(first) + 30 * MINUTE * step for step in range(len(starts))]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_the_last_session_of_the_night_ends_when_the_hours_do(zone: str, day: date) -> None:
    starts = day_starts(zone, day, [(0, 240)], SlotRule(duration=30 * MINUTE, step=30 * MINUTE))
    assert wall(starts[-1] + 30 * MINUTE, zone)[:5] == "04:00"


@pytest.mark.parametrize(
    ("zone", "start", "ends"),
    [
        ("America/Toronto", "2026-03-08T01:30-05:00", "03:20-04:00"),
        ("America/Toronto", "2026-11-01T01:30-04:00", "01:20-05:00"),
        ("Europe/Paris", "2026-10-25T02:30+02:00", "02:20+01:00"),
        ("Australia/Lord_Howe", "2026-04-05T01:30+11:00", "01:50+10:30"),
        ("America/St_Johns", "2026-03-08T01:30-03:30", "03:20-02:30"),
    ],
)
def test_a_session_across_the_change_lasts_fifty_real_minutes(zone: str, start: str, ends: str) -> None:
    instant = at(start)
    assert instant in day_starts(zone, local_day(instant, zone), [(0, 240)])
    assert wall(SESSION.busy(instant)[1], zone) == ends


day_minutes = st.integers(0, 96).map(lambda quarter: quarter * 15)
spans_of_a_day = st.lists(
    st.tuples(day_minutes, day_minutes).filter(lambda span: span[0] < span[1]), min_size=1, max_size=4
)
rules = st.builds(
    SlotRule,
    duration=st.integers(1, 30).map(lambda fives: fives * 5 * MINUTE),
    step=st.sampled_from([5 * MINUTE, 15 * MINUTE, 20 * MINUTE, HOUR]),
)


@settings(max_examples=40)
@given(st.sampled_from(CHANGES), spans_of_a_day, rules)
def test_every_slot_of_a_day_of_change_lies_within_open_hours(
    change: tuple[str, date], spans: list[tuple[int, int]], rule: SlotRule
) -> None:
    zone, day = change
    hours = Hours(zone, tuple(WeeklySpan(day.isoweekday(), *span) for span in spans))
    opened = open_spans(hours, day, day)
    for start in day_starts(zone, day, spans, rule):
        assert local_day(start, zone) == day
        assert [span for span in opened if span[0] <= start and start + rule.duration <= span[1]] != []


@settings(max_examples=40)
@given(st.sampled_from(CHANGES), spans_of_a_day, st.integers(1, 12))
def test_slots_as_long_as_their_step_never_overlap(
    change: tuple[str, date], spans: list[tuple[int, int]], fives: int
) -> None:
    rule = SlotRule(duration=fives * 5 * MINUTE, step=fives * 5 * MINUTE)
    starts = day_starts(*change, spans, rule)
    assert all(one + rule.duration <= other for one, other in itertools.pairwise(starts))


@settings(max_examples=40)
@given(st.sampled_from(CHANGES), spans_of_a_day, rules)
def test_two_starts_that_clocks_show_alike_differ_in_their_offset(
    change: tuple[str, date], spans: list[tuple[int, int]], rule: SlotRule
) -> None:
    zone, day = change
    shown = [wall(start, zone) for start in day_starts(zone, day, spans, rule)]
    assert len(set(shown)) == len(shown)


@settings(max_examples=40)
@given(
    st.sampled_from([zone for zone, _ in CHANGES]),
    st.dates(date(2026, 1, 1), date(2027, 12, 30)),
    st.integers(16, 60).map(lambda quarter: quarter * 15),
)
def test_hours_by_day_keep_their_local_starts_all_year(zone: str, day: date, opens: int) -> None:
    """From 4 in the morning on no clock of these zones changes."""
    shown = [wall(start, zone)[:5] for start in day_starts(zone, day, [(opens, opens + 120)])]
    expected = [opens, opens + 30, opens + 60]
    assert shown == [f"{minute // 60:02}:{minute % 60:02}" for minute in expected]


# ---- the rule against a model that tries every candidate -------------------------------------

quarters = st.integers(0, 200).map(lambda quarter: quarter * 300)
some_intervals = st.lists(st.tuples(quarters, quarters).filter(lambda pair: pair[0] < pair[1]), max_size=6)


def model(
    open_spans: Sequence[Interval],
    busy: Sequence[Interval],
    rule: SlotRule,
    window: Interval,
    full: Sequence[Interval],
) -> list[int]:
    """Every step of every span, tried one by one."""
    found = []
    for span_start, span_end in open_spans:
        for start in range(span_start, span_end, rule.step):
            fits = start + rule.duration <= span_end
            free = not any(overlaps(rule.busy(start), taken) for taken in busy)
            allowed = window[0] <= start < window[1]
            if fits and free and allowed and not any(low <= start < high for low, high in full):
                found.append(start)
    return found


@settings(max_examples=40)
@given(
    some_intervals.map(merge),
    some_intervals,
    st.builds(
        SlotRule,
        duration=st.sampled_from([300, 900, 3000]),
        buffer_before=st.sampled_from([0, 300, 900]),
        buffer_after=st.sampled_from([0, 600]),
        step=st.sampled_from([300, 900, 1800]),
    ),
    st.tuples(quarters, quarters),
    some_intervals.map(merge),
)
def test_the_rule_agrees_with_trying_every_candidate(
    opened: list[Interval], busy: list[Interval], rule: SlotRule, window: Interval, full: list[Interval]
) -> None:
    assert bookable_starts(opened, busy, rule, window, full) == model(opened, busy, rule, window, full)


@settings(max_examples=40)
@given(
    spans_of_a_day,
    st.lists(st.tuples(quarters, quarters), max_size=4),
    rules,
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_a_day_offers_the_same_whatever_days_are_asked_for(
    spans: list[tuple[int, int]], taken: list[Interval], rule: SlotRule, before: int, behind: int
) -> None:
    zone, day = "America/Toronto", date(2026, 11, 1)
    low = day_interval(day, zone)[0]
    busy = [(low + start, low + end) for start, end in taken if start < end]
    hours = Hours(zone, tuple(WeeklySpan(weekday, *span) for span in spans for weekday in range(1, 8)))
    first, last = day - timedelta(days=before), day + timedelta(days=behind)
    many = bookable_starts(open_spans(hours, first, last), busy, rule, ALWAYS)
    alone = bookable_starts(open_spans(hours, day, day), busy, rule, ALWAYS)
    assert [start for start in many if local_day(start, zone) == day] == alone


# ---- single cases ----------------------------------------------------------------------------


def test_starts_count_from_the_beginning_of_each_span() -> None:
    rule = SlotRule(duration=30 * MINUTE, step=20 * MINUTE)
    assert bookable_starts([(0, HOUR), (HOUR + 300, 2 * HOUR)], [], rule, ALWAYS) == [0, 1200, 3900, 5100]


def test_after_a_busy_span_starts_go_on_in_the_same_steps() -> None:
    rule = SlotRule(duration=15 * MINUTE, step=15 * MINUTE)
    assert bookable_starts([(0, HOUR)], [(600, 1000)], rule, ALWAYS) == [1800, 2700]


def test_a_buffer_may_reach_outside_open_hours() -> None:
    rule = SlotRule(duration=HOUR, buffer_before=HOUR, buffer_after=HOUR)
    assert bookable_starts([(HOUR, 2 * HOUR)], [], rule, ALWAYS) == [HOUR]


def test_a_buffer_never_reaches_into_a_busy_span() -> None:
    rule = SlotRule(duration=HOUR, buffer_before=900, buffer_after=900, step=900)
    assert bookable_starts([(HOUR, 3 * HOUR)], [(0, HOUR)], rule, ALWAYS) == [4500, 5400, 6300, 7200]
    assert bookable_starts([(HOUR, 3 * HOUR)], [(3 * HOUR, 4 * HOUR)], rule, ALWAYS) == [
        3600,
        4500,
        5400,
        6300,
    ]


def test_a_start_may_follow_a_busy_span_at_once() -> None:
    rule = SlotRule(duration=HOUR, step=HOUR)
    assert bookable_starts([(0, 2 * HOUR)], [(0, HOUR)], rule, ALWAYS) == [HOUR]


def test_no_start_lies_on_a_full_day() -> None:
    rule = SlotRule(duration=HOUR, step=HOUR)
    assert bookable_starts([(0, HOUR), (86400, 90000)], [], rule, ALWAYS, [(0, 86400)]) == [86400]


def test_the_notice_ends_exactly_then_and_the_horizon_with_its_last_day() -> None:
    now = at("2026-10-25T12:00-04:00")
    rule = SlotRule(duration=HOUR, notice=24 * HOUR, horizon_days=7)
    window = bookable_window(rule, zone="America/Toronto", now=now)
    assert window == (at("2026-10-26T12:00-04:00"), at("2026-11-02T00:00-05:00"))
    spans = [(window[0] - HOUR, window[0] + HOUR), (window[1] - HOUR, window[1] + HOUR)]
    starts = bookable_starts(spans, [], SlotRule(duration=1800, step=HOUR), window)
    assert starts == [window[0], window[1] - HOUR]


def test_a_day_is_full_when_as_many_appointments_start_on_it() -> None:
    zone, full, other = "America/Toronto", date(2026, 11, 1), date(2026, 11, 2)
    starts = [day_interval(full, zone)[0], day_interval(full, zone)[1] - 1, day_interval(other, zone)[0]]
    assert days_at_maximum(starts, at_most=2, zone=zone) == [day_interval(full, zone)]
    assert days_at_maximum(starts, at_most=1, zone=zone) == [
        day_interval(full, zone),
        day_interval(other, zone),
    ]
    assert days_at_maximum(starts, at_most=3, zone=zone) == []
    assert days_at_maximum(starts, at_most=None, zone=zone) == []


def test_an_answer_changes_when_its_first_start_falls_under_the_notice() -> None:
    now = at("2026-06-01T08:00-04:00")
    rule = SlotRule(duration=HOUR, notice=24 * HOUR)
    first = now + 24 * HOUR + 600
    boundary = next_boundary(rule, [first, first + HOUR], zone="America/Toronto", now=now)
    assert boundary == now + 601
    window_before = bookable_window(rule, zone="America/Toronto", now=boundary - 1)
    window_after = bookable_window(rule, zone="America/Toronto", now=boundary)
    assert (window_before[0] <= first, window_after[0] <= first) == (True, False)


def test_an_answer_changes_at_local_midnight_at_the_latest() -> None:
    now = at("2026-06-01T08:00-04:00")
    rule = SlotRule(duration=HOUR, notice=0)
    assert next_boundary(rule, [], zone="America/Toronto", now=now) == at("2026-06-02T00:00-04:00")
    assert next_boundary(rule, [now + 5 * 86400], zone="America/Toronto", now=now) == at(
        "2026-06-02T00:00-04:00"
    )


def test_an_appointment_is_busy_with_its_buffers() -> None:
    assert SlotRule(duration=3000, buffer_before=300, buffer_after=600).busy(10_000) == (9_700, 13_600)


def test_the_closest_start_is_one_of_the_same_day_then_the_nearer_then_the_earlier() -> None:
    wanted = at("2026-06-03T23:00-04:00")
    morning, after_midnight = at("2026-06-03T09:00-04:00"), at("2026-06-04T00:30-04:00")
    evening = at("2026-06-02T21:30-04:00")
    zone = "America/Toronto"
    assert closest([evening, morning, after_midnight], wanted, zone=zone) == morning
    assert closest([evening, after_midnight], wanted, zone=zone) == after_midnight
    assert closest([wanted + 86400, wanted - 86400], wanted, zone=zone) == wanted - 86400
    assert closest([], wanted, zone=zone) is None
