"""Reading the calendars that are due: fetch, understand in a confined child, store busy spans only.

No transaction is open while another machine or the child is waited for. What
an answer means for busy times is decided by `domain/calendars`.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

from scheduler.domain.calendars import (
    Found,
    OwnCalendar,
    ReadStatus,
    after_failure,
    after_found,
    after_unchanged,
    needs_warning,
)
from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import day_interval, local_day
from scheduler.gateways.http import Fetcher
from scheduler.services import account_mails
from scheduler.services.busy_times import NotUnderstood, understand
from scheduler.services.calendar_sources import NothingRead, ask
from scheduler.store import calendars, catalogue, outside, therapists
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import reading, transaction

log = logging.getLogger(__name__)

LEASE_SECONDS = 120
"""Longer than fetching and understanding may take together."""

DAYS_BEYOND = 31
"""Read further than the horizon, so that an unchanged calendar need not be read anew every day."""

DAY = 86400


def read_due(fetcher: Fetcher, clock: Callable[[], int], *, stop: Event) -> int:
    """Read every calendar that is due, one after the other, until `stop` is set; returns how many."""
    count = 0
    while not stop.is_set():
        with reading() as tx:
            if not calendars.is_reading_due(tx, now=clock()):
                break
        with transaction() as tx:
            claimed = calendars.claim_reading(tx, now=clock(), lease=LEASE_SECONDS)
        if claimed is None:
            break
        _read(*claimed, fetcher, clock)
        count += 1
    return count


def _read(calendar: OwnCalendar, lease: int, fetcher: Fetcher, clock: Callable[[], int]) -> None:
    found: Found | None = None
    offered: list[tuple[str, str]] = []
    with reading() as tx:
        stock = catalogue.by_id(tx, calendar.practice_id)
        access = calendars.access(tx, calendar.id)
        window = _window(stock, clock())
        ours = outside.issued_uids(tx, calendar.practice_id, window)
    anew = calendar.read_until is None or calendar.read_until < window[1] - (DAYS_BEYOND - 1) * DAY
    try:
        content = ask(fetcher, access, calendar, window, anew=anew)
        status = ReadStatus.OK
        if content is not None:
            busy = understand(content.text, zone=stock.practice.zone, window=window, ours=ours)
            found = Found(busy.intervals, busy.events, busy.troubled, content.etag, content.modified)
    except NothingRead as trouble:
        status, offered = trouble.status, trouble.found
    except NotUnderstood as trouble:
        status = trouble.status
    log.info("calendar %s: %s", calendar.id, status.value)
    _store(calendar, lease, status, found, offered, until=window[1], clock=clock)


def _window(stock: Catalogue, now: int) -> Interval:
    """From yesterday's midnight, so that it moves once a day, to a month beyond the farthest horizon."""
    rules, zone = stock.practice.rules, stock.practice.zone
    days = max([rules.horizon_days, *(kind.rule(rules).horizon_days for kind in stock.types)])
    today = local_day(now, zone)
    first, last = today - timedelta(days=1), today + timedelta(days=days + DAYS_BEYOND)
    return day_interval(first, zone)[0], day_interval(last, zone)[1]


def _store(
    calendar: OwnCalendar,
    lease: int,
    status: ReadStatus,
    found: Found | None,
    offered: list[tuple[str, str]],
    *,
    until: int,
    clock: Callable[[], int],
) -> None:
    """Note how the read went, unless somebody changed the calendar meanwhile."""
    now = clock()
    with transaction() as tx:
        therapists.lock(tx, calendar.therapist_id)
        if not calendars.is_leased(tx, calendar.id, lease):
            return
        known = outside.spans(tx, calendar.id)
        spans = tuple(known)
        if status is not ReadStatus.OK:
            after = after_failure(calendar, status, now=now)
        elif found is None:
            after = after_unchanged(calendar, now=now)
        else:
            after, spans = after_found(calendar, known, found, until=until, now=now)
        if spans != tuple(known):
            outside.replace_spans(tx, calendar, spans)
        if spans != tuple(known) or calendar.is_stale(now) != after.is_stale(now):
            therapists.raise_revision(tx, calendar.therapist_id, now=now)
        calendars.keep_found(tx, calendar.id, offered)
        if needs_warning(after, now=now):
            account_mails.warn_of_calendar(tx, after, now=now)
            after = replace(after, warned_at=now)
        calendars.save_reading(tx, after)
