"""Instants of Berlin, for tests of what pages show."""

from datetime import date, datetime, time

from scheduler.domain.local_time import start_instant


def at(day: date, hour: int, minute: int = 0, zone: str = "Europe/Berlin") -> int:
    """The instant at which the clock shows this time."""
    return start_instant(datetime.combine(day, time(hour, minute)), zone)
