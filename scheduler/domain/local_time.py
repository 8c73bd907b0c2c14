"""Wall clock to instant and back, with skipped and doubled local times.

Instants are whole UTC epoch seconds. Rules ("Mondays 9 to 17") are local; the
zone is an IANA name. Nothing here reads a clock.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from scheduler.domain.intervals import Interval

DAY_MINUTES = 24 * 60


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The IANA names this installation knows, without the internal `posix/` and `right/` copies."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


@lru_cache(maxsize=512)
def zone_info(zone: str) -> ZoneInfo:
    """The zone's rules. **Raises** `ValueError` for an unknown name."""
    try:
        return ZoneInfo(zone)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"unknown time zone: {zone!r}") from error


def local(at: int, zone: str) -> datetime:
    """The aware local time of an instant, `fold` set in a doubled hour."""
    return datetime.fromtimestamp(at, zone_info(zone))


def local_day(at: int, zone: str) -> date:
    """The calendar day on which the instant lies in the zone."""
    return local(at, zone).date()


def instants(wall: datetime, zone: str) -> tuple[int, ...]:
    """Every instant at which clocks of the zone show `wall` (naive): none, one or two.

    None for a time skipped in spring, two (in order) for one doubled in autumn.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall-clock time has no zone of its own")
    info = zone_info(zone)
    found = []
    for fold in (0, 1):
        at = int(wall.replace(tzinfo=info, fold=fold).timestamp())
        if datetime.fromtimestamp(at, info).replace(tzinfo=None) == wall and at not in found:
            found.append(at)
    return tuple(sorted(found))


def start_instant(wall: datetime, zone: str) -> int:
    """The instant at which a span that begins at `wall` begins.

    A skipped time moves forward by the length of the gap; of a doubled one it
    is the first. **Source** RFC 5545 section 3.3.5.
    """
    return _resolve(wall, zone, last=False)


def end_instant(wall: datetime, zone: str) -> int:
    """The instant at which a span that ends at `wall` ends.

    A skipped time moves forward; of a doubled one it is the second, so that a
    span covers the whole doubled hour.
    """
    return _resolve(wall, zone, last=True)


def _resolve(wall: datetime, zone: str, *, last: bool) -> int:
    found = instants(wall, zone)
    if found:
        return found[-1] if last else found[0]
    # fold=0 reads a skipped time with the offset before the gap: this moves it forward.
    return int(wall.replace(tzinfo=zone_info(zone), fold=0).timestamp())


@lru_cache(maxsize=4096)
def day_interval(day: date, zone: str) -> Interval:
    """The local day as `[start, end)`: 23, 24 or 25 hours in most zones."""
    midnight = datetime.combine(day, time())
    return start_instant(midnight, zone), start_instant(midnight + timedelta(days=1), zone)


def minutes_interval(day: date, start_minute: int, end_minute: int, zone: str) -> Interval:
    """A span of minutes of the day (0 to 1440, end excluded) as instants.

    On a day without a clock change this is plain arithmetic on the day's start.
    """
    day_start, day_end = day_interval(day, zone)
    if day_end - day_start == DAY_MINUTES * 60:
        return day_start + start_minute * 60, day_start + end_minute * 60
    midnight = datetime.combine(day, time())
    start = start_instant(midnight + timedelta(minutes=start_minute), zone)
    if end_minute == DAY_MINUTES:
        return start, day_end
    return start, end_instant(midnight + timedelta(minutes=end_minute), zone)


def days(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def is_doubled(at: int, zone: str) -> bool:
    """Whether the zone's clocks show this instant's local time twice, so that the offset must be named."""
    return len(instants(local(at, zone).replace(tzinfo=None), zone)) > 1


def rfc3339(at: int) -> str:
    """The instant as `2026-06-03T14:30:00Z`. **Source** RFC 3339 section 5.6."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
