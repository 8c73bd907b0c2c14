"""The feed that a therapist's calendar program polls: its version first, its bytes only when asked for.

Bytes are kept per therapist, level and form, for the version they were built
from; the version is read from the database at each request, so nothing outlives
a change made by another process. See docs/decisions/0015-free-busy.md.
"""

import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from threading import Lock
from typing import Any
from uuid import UUID, uuid5

from scheduler.domain.appointment import Status
from scheduler.domain.errors import StoreBusy
from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import day_interval, local_day
from scheduler.ical.feed import feed
from scheduler.ical.freebusy import free_busy
from scheduler.services.shown import TEXTS, shown_entries
from scheduler.store import feeds
from scheduler.store.database import Transaction, memory_of, reading, transaction
from scheduler.store.feeds import FeedSource
from scheduler.store.secrets import token_hash

DAYS_BACK = 30
DAYS_AHEAD = 365
BODIES_KEPT = 32
_lock = Lock()


class Form(StrEnum):
    """What a secret address gives: the appointments as entries, or only the times that they take."""

    ENTRIES = "ics"
    TIMES = "ifb"


@dataclass(frozen=True, slots=True)
class Version:
    """Which bytes a feed has now.

    `tag` is a strong ETag without quotes; `modified_at` an instant that never
    goes back while the zone stays, and lies before the moment of asking.
    `is_settled` says that nothing more can happen within the second of
    `modified_at`, so that a date alone may vouch for the bytes.
    """

    tag: str
    modified_at: int
    is_settled: bool


@dataclass(slots=True)
class Calendar:
    """The bytes of one version of a feed, compressed when first asked for."""

    body: bytes
    _compressed: bytes = field(default=b"", repr=False)

    @property
    def compressed(self) -> bytes:
        """The body for programs that take gzip."""
        if not self._compressed:
            # The lowest level: a third more bytes than the highest, for a fifth of the time.
            self._compressed = gzip.compress(self.body, compresslevel=1, mtime=0)
        return self._compressed


def version(token: str, form: Form = Form.ENTRIES, *, now: int) -> Version:
    """The version of the feed at this secret address, in one statement. **Raises** `NotFound`.

    Notes the day of use, at most once a day.
    """
    hashed = token_hash(token)
    with reading() as tx:
        source = feeds.source(tx, hashed)
    today = datetime.fromtimestamp(now, UTC).date()
    if source.last_used != today:
        _note_use(source.subscription_id, today)
    return _version(source, form, hashed, now)


def calendar(token: str, form: Form = Form.ENTRIES, *, now: int) -> tuple[Version, Calendar]:
    """The feed and the version that these very bytes have. **Raises** `NotFound`."""
    hashed = token_hash(token)
    with reading() as tx:
        source = feeds.source(tx, hashed)
        return _version(source, form, hashed, now), _kept_or_built(tx, source, form, now)


def window(zone: str, now: int) -> Interval:
    """From 30 days back to 12 months ahead, at local midnights: it moves once a day."""
    today = local_day(now, zone)
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    return day_interval(first, zone)[0], day_interval(last, zone)[1]


def _version(source: FeedSource, form: Form, hashed: bytes, now: int) -> Version:
    digest = blake2b(hashed, digest_size=16)
    digest.update(repr((form.value, *_state(source, now))).encode())
    changed_at = _changed_at(source, now)
    return Version(tag=digest.hexdigest(), modified_at=min(changed_at, now - 1), is_settled=changed_at < now)


def _changed_at(source: FeedSource, now: int) -> int:
    """The last change of the bytes: of the calendar, or of the day and with it the window."""
    today = day_interval(local_day(now, source.zone), source.zone)[0]
    return max(source.changed_at, today)


def _state(source: FeedSource, now: int) -> tuple[Any, ...]:
    """Everything that the bytes depend on."""
    return (
        source.calendar_revision,
        source.practice_revision,
        source.level.value,
        local_day(now, source.zone),
    )


def _kept_or_built(tx: Transaction, source: FeedSource, form: Form, now: int) -> Calendar:
    key, state = (source.therapist_id, source.level, form), _state(source, now)
    with _lock:
        kept: OrderedDict[Any, tuple[Any, Calendar]] = memory_of(tx).setdefault("feeds", OrderedDict())
        if key in kept and kept[key][0] == state:
            kept.move_to_end(key)
            return kept[key][1]
    built = Calendar(_BUILDERS[form](tx, source, now))
    with _lock:
        kept[key] = (state, built)
        while len(kept) > BODIES_KEPT:
            kept.popitem(last=False)
    return built


def _entries(tx: Transaction, source: FeedSource, now: int) -> bytes:
    shown = window(source.zone, now)
    entries = shown_entries(tx, source.therapist_id, source.level, source.language, shown)
    return feed(entries, name=source.name, zone=source.zone, texts=TEXTS)


def _times(tx: Transaction, source: FeedSource, now: int) -> bytes:
    """The same at every level, and of our own appointments only: other calendars are not ours to publish."""
    shown = window(source.zone, now)
    rows = feeds.entries(tx, source.therapist_id, shown)
    requested = Status.REQUESTED.value
    return free_busy(
        [(row.start_at, row.end_at) for row in rows if row.status != requested],
        [(row.start_at, row.end_at) for row in rows if row.status == requested],
        window=shown,
        uid=str(uuid5(UUID(source.therapist_id), "times")),
        dtstamp=_changed_at(source, now),
    )


_BUILDERS = {Form.ENTRIES: _entries, Form.TIMES: _times}


def _note_use(subscription_id: str, today: date) -> None:
    try:
        with transaction() as tx:
            feeds.mark_used(tx, subscription_id, today)
    except StoreBusy:
        return  # the calendar matters more than the note; the next poll writes it
