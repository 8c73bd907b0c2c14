"""What the zone names in somebody else's calendar mean.

A name that the tz database knows means what the database says, whatever the
calendar's VTIMEZONE states; then come the calendar's own VTIMEZONEs, Windows
names and vendors' paths to a known name. Nothing is kept between two calendars:
one practice's "Customized Time Zone" is not another's.
**Source** RFC 5545 sections 3.2.19, 3.3.5 and 3.6.5.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import islice

from dateutil.rrule import rrulestr
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from scheduler.domain.local_time import zone_info
from scheduler.ical.foreign import Component

MOST_CHANGES = 5_000
"""Of one part of a definition. Exchange lets them begin in 1601 (430 changes so far), others in 0001."""

_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d):?(\d\d)?")
_LOCAL_TIME = re.compile(r"(\d{8})(?:T(\d{6}))?Z?")
_UTC_NAMES = {"UTC", "Z", "GMT", "ETC/UTC", "TZONE://MICROSOFT/UTC"}


@dataclass(frozen=True, slots=True)
class Onset:
    """From `wall` on (naive, in the offset before) clocks show `after` instead of `before`."""

    wall: datetime
    before: timedelta
    after: timedelta


class DefinedZone(tzinfo):
    """A zone as a VTIMEZONE defines it; skipped and doubled times are read by `fold` (PEP 495)."""

    key = "defined in the calendar"

    def __init__(self, onsets: list[Onset]) -> None:
        self._onsets = onsets
        self._walls = [onset.wall for onset in onsets]

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Offset from UTC of a local time."""
        if moment is None:
            return timedelta()
        wall = moment.replace(tzinfo=None, fold=0)
        index = bisect_right(self._walls, wall)
        if moment.fold and index < len(self._onsets):
            coming = self._onsets[index]
            if wall >= coming.wall + (coming.after - coming.before):
                return coming.after
        if not index:
            return self._onsets[0].before
        last = self._onsets[index - 1]
        is_skipped = wall < last.wall + (last.after - last.before)
        return last.before if is_skipped and not moment.fold else last.after

    def dst(self, moment: datetime | None) -> timedelta:
        """Nobody asks."""
        return timedelta()

    def tzname(self, moment: datetime | None) -> str:
        """Nobody asks."""
        return self.key


class Definitions:
    """The VTIMEZONEs of one text, built when first used; the same definition is built once.

    `until` is an instant: no later change is needed.
    """

    def __init__(self, until: int) -> None:
        self._until = datetime.fromtimestamp(until, UTC).replace(tzinfo=None) + timedelta(days=400)
        self._built: dict[str, DefinedZone | None] = {}

    def zone(self, definition: Component) -> DefinedZone | None:
        """The zone, or None where the definition cannot be read."""
        text = repr(definition.inside)
        if text not in self._built:
            try:
                self._built[text] = DefinedZone(_onsets(definition, self._until))
            except (ValueError, OverflowError, TypeError, IndexError):
                self._built[text] = None
        return self._built[text]


class Zones:
    """The zone names of one VCALENDAR. `default` is the IANA name for times that name no zone."""

    def __init__(self, calendar: Component, owner: str, definitions: Definitions) -> None:
        self._definitions = definitions
        self._defined = {
            tzids[0].value.strip().strip("/"): part
            for part in reversed(calendar.inside)  # of two with one name the first counts
            if part.kind == "VTIMEZONE" and len(tzids := part.all("TZID")) == 1
        }
        self._found: dict[str, tzinfo | None] = {}
        stated = calendar.text("X-WR-TIMEZONE")
        name = _iana_name(stated)
        self.default = name or owner
        self.default_is_unknown = bool(stated and not name)
        self.local = zone_info(self.default)

    def named(self, tzid: str) -> tzinfo | None:
        """The zone of a TZID; None for a name that means nothing here."""
        if tzid not in self._found:
            self._found[tzid] = self._find(tzid.strip())
        return self._found[tzid]

    def _find(self, tzid: str) -> tzinfo | None:
        plain = tzid.strip("/")
        if plain.upper() in _UTC_NAMES:
            return UTC
        if _known(plain):
            return zone_info(plain)
        if (definition := self._defined.get(plain)) and (zone := self._definitions.zone(definition)):
            return zone
        name = _iana_name(tzid)
        return zone_info(name) if name else None


def _iana_name(tzid: str) -> str | None:
    """The database's name for a plain, Windows or vendor's name."""
    parts = tzid.strip().strip("/").split("/")
    windows = WINDOWS_TO_OLSON.get(tzid.strip())
    candidates: Iterable[str] = ("/".join(parts), *([windows] if windows else []))
    if tzid.strip().startswith("/"):
        candidates = (*candidates, *("/".join(parts[first:]) for first in range(1, min(len(parts), 6))))
    return next((name for name in candidates if _known(name)), None)


def _known(name: str) -> bool:
    # Names of files that are no zones (and `right/…`, which counts leap seconds) are none of ours.
    if not _NAME.fullmatch(name) or name.startswith(("posix", "right/")):
        return False
    try:
        zone_info(name)
    except ValueError:
        return False
    return True


def _onsets(definition: Component, until: datetime) -> list[Onset]:
    """All changes to `until`, in order; of two at the same time the first one in the text counts."""
    found: dict[datetime, Onset] = {}
    for part in definition.inside:
        before, after = _offset(part.text("TZOFFSETFROM")), _offset(part.text("TZOFFSETTO"))
        for wall in _walls(part, before, until):
            found.setdefault(wall, Onset(wall, before, after))
    if not found:
        raise ValueError("a zone without an offset")
    return [found[wall] for wall in sorted(found)]


def _walls(part: Component, before: timedelta, until: datetime) -> list[datetime]:
    first = _local_time(part.text("DTSTART"))
    walls = [first]
    for line in part.all("RDATE"):
        walls += [_local_time(text.split("/")[0]) for text in line.value.split(",") if text.strip()]
    for line in part.all("RRULE"):
        rule = re.sub(r"\s", "", line.value).upper()
        # UNTIL in UTC wants a start that knows its offset.
        start = first.replace(tzinfo=timezone(before)) if re.search(r"UNTIL=[0-9T]+Z", rule) else first
        end = until.replace(tzinfo=start.tzinfo)
        changes = islice(rrulestr(rule, dtstart=start), MOST_CHANGES + 1)
        for wall in changes:
            if wall > end:
                break
            walls.append(wall.replace(tzinfo=None))
    if len(walls) > MOST_CHANGES:
        raise ValueError("a zone with too many changes")
    return walls


def _local_time(text: str) -> datetime:
    match = _LOCAL_TIME.fullmatch(text.strip())
    if not match:
        raise ValueError("not a local time")
    return datetime.strptime(match[1] + (match[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - wall clock of the zone that is being read


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text.strip())
    if not match:
        raise ValueError("not an offset")
    sign, hours, minutes, seconds = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    if offset >= timedelta(hours=24):
        raise ValueError("an offset of a day or more")
    return -offset if sign == "-" else offset
