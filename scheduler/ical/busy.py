"""When somebody else's calendar is busy: intervals, and nothing about what they are.

Busy is each occurrence of an event that is neither free (TRANSPARENT) nor
cancelled; a tentative one counts, a whole day is the local day, and so do the
busy periods of a VFREEBUSY. Whatever cannot be read is never taken for free
time: an event blocks as much as can be told, and the result says so.
**Source** RFC 5545 section 3.8.5, RFC 5546 section 2.1.5.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from scheduler.domain.calendars import ReadStatus
from scheduler.domain.intervals import Interval, clip, merge
from scheduler.domain.local_time import zone_info
from scheduler.ical.foreign import CalendarRefused, Component, read_calendars
from scheduler.ical.foreign_events import LEAVES_TIMES_UNKNOWN, Entry, Problem, busy_periods, entry
from scheduler.ical.foreign_series import spans
from scheduler.ical.foreign_values import Unreadable, interval
from scheduler.ical.foreign_zones import Definitions, Zones

MOST_OCCURRENCES = 3_000


@dataclass(frozen=True, slots=True)
class BusyTimes:
    """What a calendar blocks: UTC epoch seconds, `[start, end)`, merged, in order, inside the window.

    `events` counts the entries of the file that can block time, in the window or not, ours
    included. Of `troubled` ones the times are not, or not all, known. `problems` are
    classes of trouble (`foreign_events.Problem`) in order, never content.
    """

    intervals: tuple[Interval, ...]
    events: int
    troubled: int = 0
    problems: tuple[str, ...] = ()


def busy_times(content: bytes, *, zone: str, window: Interval, ours: Collection[str] = ()) -> BusyTimes:
    """What the calendars in the text block inside the window (UTC epoch seconds, `[start, end)`).

    `zone` is the owner's IANA zone, for times without one in a calendar that states none.
    Events whose UID is in `ours` are left out, and so are changes of single dates of them.
    **Raises** `CalendarRefused` for what is no calendar, or one beyond the limits;
    `ValueError` for an unknown zone.
    """
    zone_info(zone)
    calendars = read_calendars(content)
    definitions = Definitions(until=window[1])
    found = _Found(window)
    for calendar in calendars:
        _read(calendar, Zones(calendar, zone, definitions), frozenset(ours), found)
    return BusyTimes(
        intervals=tuple(clip(merge(found.intervals), window)),
        events=found.events,
        troubled=found.troubled,
        problems=tuple(sorted(found.problems)),
    )


@dataclass(slots=True)
class _Found:
    """What was found so far; occurrences outside of the window are not kept."""

    window: Interval
    intervals: list[Interval] = field(default_factory=list)
    events: int = 0
    troubled: int = 0
    problems: set[str] = field(default_factory=set)

    def add(self, span: Interval) -> None:
        """Keep the span. **Raises** `CalendarRefused` for one too many."""
        start, end = span
        if start < end and start < self.window[1] and end > self.window[0]:
            self.intervals.append(span)
            if len(self.intervals) > MOST_OCCURRENCES:
                why = f"more than {MOST_OCCURRENCES} occurrences fall into the time that is looked at"
                raise CalendarRefused(ReadStatus.REFUSED, why)

    def note(self, problems: Iterable[Problem]) -> None:
        """One entry had these problems."""
        met = set(problems)
        self.problems |= met
        self.troubled += bool(met & LEAVES_TIMES_UNKNOWN)


def _read(calendar: Component, zones: Zones, ours: frozenset[str], found: _Found) -> None:
    """All that one VCALENDAR blocks."""
    if zones.default_is_unknown:
        found.problems.add(Problem.UNKNOWN_ZONE)
    series: dict[str, list[Entry]] = defaultdict(list)
    for position, component in enumerate(calendar.inside):
        if component.kind not in ("VEVENT", "VFREEBUSY"):
            continue
        found.events += 1
        if component.text("UID") in ours:
            continue
        if component.kind == "VFREEBUSY":
            periods, problems = busy_periods(component, zones)
            found.note(problems)
            for start, end in periods:
                found.add(interval(start, end, zones.default))
            continue
        try:
            each = entry(component, zones)
        except Unreadable:
            found.note([Problem.UNREADABLE_EVENT])
            continue
        if each is not None:
            # Without a UID nothing says that two entries belong together.
            series[each.uid or f"\n{position}"].append(each)
    for entries in series.values():
        _block(entries, zones.default, found)


def _block(entries: list[Entry], zone: str, found: _Found) -> None:
    """What the entries of one UID block: events, and changes of single dates of them."""
    if not any(each.blocks for each in entries):
        return
    changes = [each for each in entries if each.recurrence_id is not None]
    events = [each for each in entries if each.recurrence_id is None]
    newest = max((each.sequence for each in events), default=0)
    # Two events of one UID and one version should not be; if there are, both count.
    series = [[each, *changes] for each in events if each.sequence == newest] or [changes]
    for together in series:
        problems = {problem for each in together for problem in each.problems}
        try:
            here = list(spans(together, zone, found.window))
        except MemoryError:
            raise
        except Exception:
            # Rules that the library cannot follow: the dates that are written out still block.
            problems.add(Problem.UNREADABLE_RULE)
            here = [interval(each.start, each.end, zone) for each in together if each.blocks]
        found.note(problems)
        for span in here:
            found.add(span)
