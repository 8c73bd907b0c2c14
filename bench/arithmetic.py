"""The slots of 90 days without any database, some times over: what callgrind counts (P3)."""

import sys
from datetime import date, timedelta

from scheduler.domain.availability import Hours, WeeklySpan, open_spans
from scheduler.domain.local_time import day_interval
from scheduler.domain.slots import SlotRule, bookable_starts, bookable_window

ZONE = "America/Toronto"
FIRST = date(2026, 5, 4)


def slots_of_90_days() -> list[int]:
    """About 2,000 free quarters of an hour beside 100 appointments."""
    hours = Hours(ZONE, tuple(WeeklySpan(day, 9 * 60, 17 * 60) for day in range(1, 6)))
    now = day_interval(FIRST, ZONE)[0]
    rule = SlotRule(duration=900, notice=0, horizon_days=91)
    busy = [(now + day * 86400 + 36000, now + day * 86400 + 36900) for day in range(90)]
    spans = open_spans(hours, FIRST, FIRST + timedelta(days=89))
    return bookable_starts(spans, busy, rule, bookable_window(rule, zone=ZONE, now=now))


if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        slots_of_90_days()
