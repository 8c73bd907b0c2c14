"""Instants and local times as tests write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

HOUR = 3600
MINUTE = 60


def at(text: str) -> int:
    """The instant of `2026-11-01T05:30Z`, or of another offset, as UTC epoch seconds."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return int(moment.timestamp())


def wall(instant: int, zone: str) -> str:
    """What a clock of the zone shows, with its offset: `01:30-04:00`."""
    text = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M%z")
    return f"{text[:-2]}:{text[-2:]}"
