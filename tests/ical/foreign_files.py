"""Calendars as other programs write them, put together from lines."""

from datetime import UTC, datetime

from scheduler.domain.intervals import Interval
from scheduler.ical.busy import BusyTimes, busy_times
from scheduler.ical.zones import vtimezone
from tests.support.instants import at

BERLIN = "Europe/Berlin"
YEAR = (at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z"))

AT_TEN = "DTSTART:20260603T100000Z"
TO_ELEVEN = "DTEND:20260603T110000Z"
ONE_HOUR = "2026-06-03 10:00/06-03 11:00"
"""What `event(AT_TEN, TO_ELEVEN)` blocks."""


def component(kind: str, *lines: str) -> str:
    """Lines between BEGIN and END."""
    return "\r\n".join((f"BEGIN:{kind}", *(line.removesuffix("\r\n") for line in lines), f"END:{kind}", ""))


def event(*lines: str, uid: str = "one") -> str:
    """A VEVENT with a UID."""
    return component("VEVENT", f"UID:{uid}", *lines)


def calendar(*parts: str, zone: str = "") -> bytes:
    """A VCALENDAR of parts, perhaps with an X-WR-TIMEZONE."""
    head = ["VERSION:2.0", "PRODID:-//Another Program//EN", *([f"X-WR-TIMEZONE:{zone}"] if zone else [])]
    return component("VCALENDAR", *head, *parts).encode()


def fixed_zone(tzid: str, offset: str) -> str:
    """A VTIMEZONE that is the same all year."""
    times = ("DTSTART:16010101T000000", f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}")
    return component("VTIMEZONE", f"TZID:{tzid}", component("STANDARD", *times))


def renamed_zone(zone: str, tzid: str) -> str:
    """The zone's VTIMEZONE under a name that only the calendar knows."""
    definition = vtimezone(zone)
    assert definition is not None
    text: str = definition.to_ical().decode()
    return text.replace(f"TZID:{zone}", f"TZID:{tzid}")


def read(
    content: bytes, *, zone: str = BERLIN, window: Interval = YEAR, ours: tuple[str, ...] = ()
) -> BusyTimes:
    """The calendar as Ada's practice reads it, for 2026."""
    return busy_times(content, zone=zone, window=window, ours=ours)


def spoken(intervals: tuple[Interval, ...]) -> list[str]:
    """The intervals in UTC: `2026-06-03 10:00/06-03 11:00`."""
    return [
        f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M}/{datetime.fromtimestamp(end, UTC):%m-%d %H:%M}"
        for start, end in intervals
    ]
