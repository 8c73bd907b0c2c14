"""Three readers of calendar text that share nothing: what does a text tell, at which instants?"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import recurring_ical_events
from icalendar import Calendar

from scheduler.domain.intervals import Interval
from tests.ical.libical import load_events

FROM, UNTIL = (2026, 1, 1), (2031, 1, 1)


class Told(NamedTuple):
    """An event, its times by the original start that names each; not whole if it is one date of a series."""

    uid: str
    is_whole: bool
    dates: dict[int, Interval]

    @property
    def spans(self) -> list[Interval]:
        """The times, in order."""
        return sorted(self.dates.values())


Judge = Callable[[Sequence[bytes]], list[list[Told]]]


def thunderbird(node: Callable[..., Any]) -> Judge:
    """ical.js: one process for all texts."""

    def read(texts: Sequence[bytes]) -> list[list[Told]]:
        found = node("read.mjs", {"texts": [text.decode() for text in texts]})
        return [
            [
                Told(
                    one["uid"],
                    one["whole"],
                    {original: (start, end) for original, start, end in one["dates"]},
                )
                for one in told
            ]
            for told in found
        ]

    return read


def evolution(texts: Sequence[bytes]) -> list[list[Told]]:
    """libical, without any zone but those in the text."""
    return [_by_libical(text) for text in texts]


def _by_libical(text: bytes) -> list[Told]:
    found: dict[str, Told] = {}
    for uid, span, times in load_events(text):
        if isinstance(times, list):
            found[uid] = Told(uid, True, {start: (start, end) for start, end in times})
        else:
            known = found.setdefault(uid, Told(uid, False, {}))
            assert not known.is_whole or times in known.dates
            known.dates[times] = span
    return list(found.values())


def icalendar(texts: Sequence[bytes]) -> list[list[Told]]:
    """icalendar with recurring-ical-events, which go by the tz database."""
    return [_by_icalendar(text) for text in texts]


def _by_icalendar(text: bytes) -> list[Told]:
    calendar = Calendar.from_ical(text)
    events = calendar.walk("VEVENT")
    masters = {str(one["UID"]): one for one in events if "RECURRENCE-ID" not in one}
    repeating = {uid for uid, one in masters.items() if "RRULE" in one}
    found = {uid: Told(uid, True, {}) for uid in masters}
    for one in events:
        uid = str(one["UID"])
        if uid not in repeating:
            original = _at(one["RECURRENCE-ID"].dt) if uid not in masters else _at(one.start)
            found.setdefault(uid, Told(uid, False, {})).dates[original] = (_at(one.start), _at(one.end))
    for one in recurring_ical_events.of(calendar).between(FROM, UNTIL) if repeating else ():
        uid = str(one["UID"])
        if uid in repeating:
            found[uid].dates[_at(one["RECURRENCE-ID"].dt)] = (_at(one.start), _at(one.end))
    return list(found.values())


def _at(time: date) -> int:
    assert isinstance(time, datetime)
    assert time.tzinfo is not None
    return int(time.astimezone(UTC).timestamp())
