"""When a therapist has appointments and nothing else, for people who want to find a time together.

One VFREEBUSY in UTC: no names, no titles, no zone, no single appointment, since
times that touch are one. **Source** RFC 5545 sections 3.6.4, 3.8.2.6 and 3.2.9.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from icalendar import FreeBusy, vDatetime, vPeriod, vText

from scheduler.domain.intervals import Interval, clip, merge, subtract
from scheduler.ical.invitation import empty_calendar


def free_busy(
    busy: Iterable[Interval], tentative: Iterable[Interval], *, window: Interval, uid: str, dtstamp: int
) -> bytes:
    """The whole calendar for the window; instants are UTC epoch seconds, `[start, end)`, in any order.

    What is both busy and tentative is busy. `dtstamp` is the time of the last
    change, so the bytes are stable. **Raises** `ValueError` for an empty window.
    """
    if window[1] <= window[0]:
        raise ValueError("a window ends after it starts")
    component = FreeBusy()
    component["UID"] = vText(uid)
    component["DTSTAMP"] = vDatetime(_utc(dtstamp))
    component["DTSTART"], component["DTEND"] = (vDatetime(_utc(at)) for at in window)
    periods = _periods(merge(clip(busy, window)), merge(clip(tentative, window)))
    if periods:  # one line each: some programs read the first value of a list only
        component["FREEBUSY"] = periods
    calendar = empty_calendar()
    calendar.add_component(component)
    return bytes(calendar.to_ical())


def _periods(busy: Sequence[Interval], tentative: Sequence[Interval]) -> list[vPeriod]:
    """All of them by their start, each with how firmly it is taken."""
    typed = [(span, "BUSY") for span in busy]
    typed += [(span, "BUSY-TENTATIVE") for span in subtract(tentative, busy)]
    return [
        vPeriod((_utc(start), _utc(end)), params={"FBTYPE": taken})
        for (start, end), taken in sorted(typed, key=itemgetter(0))
    ]


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
