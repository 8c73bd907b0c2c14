"""A calendar of the therapist's own: how reading it went, what that means for busy times, when to try again.

A calendar that cannot be read, or of which a part cannot be understood, never
frees time: what was busy stays busy until a good read says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.intervals import Interval, merge

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

READ_EVERY = 15 * MINUTE
RETRY_AFTER = (5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR)
"""Seconds until the next attempt after so many failures in a row; then always the last."""

STALE_AFTER = DAY
"""Without a good read for so long, what is known of a calendar is out of date."""

WARN_AFTER_FAILURES = 2
BELIEVE_EMPTY_AFTER = DAY
WARN_AGAIN_AFTER = 7 * DAY


class CalendarKind(StrEnum):
    """How a calendar is reached."""

    ICS = "ics"
    CALDAV = "caldav"


class ReadStatus(StrEnum):
    """How the last read ended; classes only, never content."""

    NEW = "new"
    OK = "ok"
    CHOOSE = "choose"
    EMPTY = "empty"
    TROUBLED = "troubled"
    NOT_ALLOWED = "not_allowed"
    NO_ANSWER = "no_answer"
    SIGN_IN = "sign_in"
    GONE = "gone"
    SERVER_TROUBLE = "server_trouble"
    NOT_A_CALENDAR = "not_a_calendar"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    REFUSED = "refused"


class WriteStatus(StrEnum):
    """How the last writing of appointments ended."""

    OFF = "off"
    NEW = "new"
    OK = "ok"
    NOT_ALLOWED = "not_allowed"
    NO_ANSWER = "no_answer"
    SIGN_IN = "sign_in"
    GONE = "gone"
    SERVER_TROUBLE = "server_trouble"


class WhenStale(StrEnum):
    """What happens to the offered times once a calendar is out of date."""

    KEEP = "keep"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """A calendar as it stands, without address and password. Instants; `read_at` is the last good read."""

    id: str
    practice_id: str
    therapist_id: str
    name: str
    kind: CalendarKind
    created_at: int
    reads: bool = True
    when_stale: WhenStale = WhenStale.KEEP
    due_at: int = 0
    tried_at: int | None = None
    read_at: int | None = None
    failures: int = 0
    status: ReadStatus = ReadStatus.NEW
    troubled_events: int = 0
    empty_since: int | None = None
    read_until: int | None = None
    etag: str = ""
    modified: str = ""
    warned_at: int | None = None
    writes: bool = False
    level: FeedLevel = FeedLevel.BUSY
    write_due_at: int = 0
    written_at: int | None = None
    written_state: str = ""
    write_failures: int = 0
    write_status: WriteStatus = WriteStatus.OFF

    @property
    def stale_at(self) -> int:
        """From when on its busy times are out of date, if nothing good is read until then."""
        return (self.created_at if self.read_at is None else self.read_at) + STALE_AFTER

    def is_stale(self, now: int) -> bool:
        """Whether its busy times are out of date."""
        return self.reads and self.stale_at <= now


@dataclass(frozen=True, slots=True)
class Found:
    """What a read brought: merged busy spans, how many entries there were and how many could not be read."""

    spans: tuple[Interval, ...]
    events: int
    troubled: int = 0
    etag: str = ""
    modified: str = ""


def after_found(
    before: OwnCalendar, known: Sequence[Interval], found: Found, *, until: int, now: int
) -> tuple[OwnCalendar, tuple[Interval, ...]]:
    """The calendar and its busy spans after an answer that was a calendar, good up to the instant `until`.

    An empty one is believed when it is still empty a day later; of one that could
    be read in part only, what was known before stays busy too.
    """
    tried = replace(before, tried_at=now, troubled_events=found.troubled)
    if found.troubled:
        failures = before.failures + 1
        spans = tuple(merge([*known, *found.spans]))
        kept = replace(tried, status=ReadStatus.TROUBLED, failures=failures, empty_since=None)
        return replace(kept, due_at=now + READ_EVERY, etag="", modified=""), spans
    if not found.events and known:
        since = before.empty_since if before.empty_since is not None else now
        if now - since < BELIEVE_EMPTY_AFTER:
            due_at = min(now + READ_EVERY, since + BELIEVE_EMPTY_AFTER)
            return replace(tried, status=ReadStatus.EMPTY, empty_since=since, due_at=due_at), tuple(known)
    return (
        replace(
            tried,
            status=ReadStatus.OK,
            read_at=now,
            read_until=until,
            failures=0,
            empty_since=None,
            warned_at=None,
            due_at=now + READ_EVERY,
            etag=found.etag,
            modified=found.modified,
        ),
        found.spans,
    )


def after_unchanged(before: OwnCalendar, *, now: int) -> OwnCalendar:
    """The calendar after the answer that nothing has changed since the last good read."""
    return replace(
        before,
        status=ReadStatus.OK,
        tried_at=now,
        read_at=now,
        failures=0,
        warned_at=None,
        due_at=now + READ_EVERY,
    )


def after_failure(before: OwnCalendar, status: ReadStatus, *, now: int) -> OwnCalendar:
    """The calendar after a read that brought nothing; its busy spans stay as they are."""
    pause = RETRY_AFTER[min(before.failures, len(RETRY_AFTER) - 1)]
    failed = replace(before, status=status, tried_at=now, failures=before.failures + 1, empty_since=None)
    return replace(failed, due_at=now + pause)


def needs_warning(calendar: OwnCalendar, *, now: int) -> bool:
    """Whether to write to the therapist: out of date after several failures, and no mail this week."""
    is_broken = calendar.failures >= WARN_AFTER_FAILURES and calendar.is_stale(now)
    return is_broken and (calendar.warned_at is None or now - calendar.warned_at >= WARN_AGAIN_AFTER)
