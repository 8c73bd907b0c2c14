"""Open spans minus busy spans under a policy -> bookable starts: the one rule.

Offering a time and accepting it both ask `bookable_starts`; there is no second
check anywhere. All values are UTC epoch seconds or seconds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from scheduler.domain.intervals import Interval, is_inside, merge
from scheduler.domain.local_time import day_interval, local_day

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class SlotRule:
    """What one appointment of a type needs, and when it may be asked for; seconds, `horizon_days` in days."""

    duration: int
    buffer_before: int = 0
    buffer_after: int = 0
    step: int = 15 * 60
    notice: int = 24 * HOUR
    horizon_days: int = 56

    def busy(self, start: int) -> Interval:
        """What an appointment starting then takes from the calendar, buffers included."""
        return start - self.buffer_before, start + self.duration + self.buffer_after


def bookable_window(rule: SlotRule, *, zone: str, now: int) -> Interval:
    """When an appointment may start: from the end of the notice to the end of the horizon's last day."""
    last_day = local_day(now, zone) + timedelta(days=rule.horizon_days)
    return now + rule.notice, day_interval(last_day, zone)[1]


def bookable_starts(
    open_spans: Sequence[Interval],
    busy_spans: Sequence[Interval],
    rule: SlotRule,
    window: Interval,
    full_days: Sequence[Interval] = (),
) -> list[int]:
    """Starts inside `window`, in order, at which the appointment fits.

    `open_spans` are sorted and disjoint; starts count in steps from each
    span's beginning, in real time, so both instants of a doubled hour appear.
    The appointment lies within its span; its buffers may reach outside, but
    never into a busy span. No start lies in `full_days` (sorted, disjoint).
    """
    busy = merge(busy_spans)
    starts: list[int] = []
    earliest, latest = window
    position, count = 0, len(busy)
    step, duration = rule.step, rule.duration
    before, after = rule.buffer_before, rule.duration + rule.buffer_after
    for span_start, span_end in open_spans:
        start = span_start
        if start < earliest:
            start += -((start - earliest) // step) * step
        stop = min(span_end - duration, latest - 1)
        while start <= stop:
            while position < count and busy[position][1] <= start - before:
                position += 1
            fits_until = stop if position == count else min(stop, busy[position][0] - after)
            if start <= fits_until:
                # All at once: a start at a time costs ten times as much.
                run = range(start, fits_until + 1, step)
                starts.extend(run)
                start = run[-1] + step
            else:
                # Jump to the first step of this span at which the busy span is behind us.
                beyond = busy[position][1] + before
                start += -((start - beyond) // step) * step
    if full_days:
        return [start for start in starts if not is_inside(start, full_days)]
    return starts


def days_at_maximum(starts: Iterable[int], *, at_most: int | None, zone: str) -> list[Interval]:
    """The local days on which `at_most` appointments start already: sorted, disjoint."""
    if at_most is None:
        return []
    counts = Counter(local_day(start, zone) for start in starts)
    return [day_interval(day, zone) for day, count in sorted(counts.items()) if count >= at_most]


def closest(starts: Iterable[int], wanted: int, *, zone: str) -> int | None:
    """The start next to a wanted one: of its own local day first; of two as close, the earlier."""
    day = local_day(wanted, zone)
    return min(
        starts, key=lambda start: (local_day(start, zone) != day, abs(start - wanted), start), default=None
    )


def next_boundary(rule: SlotRule, starts: Sequence[int], *, zone: str, now: int) -> int:
    """The first instant after `now` at which the answer changes by time alone.

    Either the first offered start falls under the notice, or the local day
    ends and the horizon moves on.
    """
    midnight = day_interval(local_day(now, zone), zone)[1]
    return min([midnight, *(start - rule.notice + 1 for start in starts[:1])])
