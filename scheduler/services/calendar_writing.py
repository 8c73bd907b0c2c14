"""Writing appointments into the therapists' own calendars: what differs is put, changed or taken out.

An entry is found by its UID, changed only in the version that we know, and
noted as soon as the server has it, so a worker that dies in between leaves at
most one to be found again. Entries that are not ours are never touched.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from threading import Event

from scheduler.domain.calendars import RETRY_AFTER, OwnCalendar, WriteStatus
from scheduler.gateways.caldav import CalDav, DavFailed, DavTrouble
from scheduler.gateways.http import Fetcher, FetchFailed, FetchTrouble
from scheduler.services.own_entries import OwnEntry, own_entries
from scheduler.store import calendar_copies, calendars
from scheduler.store.calendar_copies import Copy
from scheduler.store.database import reading, transaction

log = logging.getLogger(__name__)

LEASE_SECONDS = 300
_FETCH_TROUBLE = {
    FetchTrouble.NOT_ALLOWED: WriteStatus.NOT_ALLOWED,
    FetchTrouble.NO_ANSWER: WriteStatus.NO_ANSWER,
    FetchTrouble.TOO_SLOW: WriteStatus.NO_ANSWER,
}
_DAV_TROUBLE = {
    DavTrouble.SIGN_IN: WriteStatus.SIGN_IN,
    DavTrouble.DENIED: WriteStatus.SIGN_IN,
    DavTrouble.GONE: WriteStatus.GONE,
    DavTrouble.NOT_A_CALENDAR: WriteStatus.GONE,
}


class Stopped(Exception):
    """The calendar cannot be written now; `status` says of which class the trouble is."""

    def __init__(self, status: WriteStatus) -> None:
        super().__init__(status.value)
        self.status = status


def write_due(fetcher: Fetcher, clock: Callable[[], int], *, stop: Event) -> int:
    """Bring every calendar that is out of date up to date, one after the other; returns how many.

    Looking whether one is costs a statement for all of them, and no write.
    """
    with reading() as tx:
        due = calendar_copies.due(tx, now=clock())
    count = 0
    for calendar, state in due:
        is_current = calendar.write_status is WriteStatus.OK and calendar.written_state == state
        if stop.is_set() or (calendar.writes and is_current):
            continue
        with transaction() as tx:
            lease = calendar_copies.claim(tx, calendar.id, now=clock(), lease=LEASE_SECONDS)
        if lease is not None:
            _write(calendar, state, lease, fetcher, clock, stop)
            count += 1
    return count


def _write(
    calendar: OwnCalendar,
    state: str,
    lease: int,
    fetcher: Fetcher,
    clock: Callable[[], int],
    stop: Event,
) -> None:
    now = clock()
    with reading() as tx:
        wanted = own_entries(tx, calendar, now=now) if calendar.writes else []
        known = calendar_copies.of_calendar(tx, calendar.id)
        access = calendars.access(tx, calendar.id)
    try:
        server = CalDav(fetcher, access.address, (access.username, access.password))
        status = _Writer(server, calendar.id, known, lease).bring(wanted, now=now, stop=stop)
    except Stopped as stopped:
        status = stopped.status
    except FetchFailed as failed:
        status = _FETCH_TROUBLE.get(failed.status, WriteStatus.SERVER_TROUBLE)
    log.info("calendar %s written: %s", calendar.id, status.value)
    _store(calendar, lease, status, state, clock())


def _store(calendar: OwnCalendar, lease: int, status: WriteStatus, state: str, now: int) -> None:
    if status is WriteStatus.OK:
        after = replace(calendar, written_at=now, written_state=state, write_failures=0, write_due_at=now)
    elif status is WriteStatus.NEW:  # the worker was stopped: whoever runs next goes on at once
        after = replace(calendar, write_due_at=now)
    else:
        pause = RETRY_AFTER[min(calendar.write_failures, len(RETRY_AFTER) - 1)]
        after = replace(calendar, write_failures=calendar.write_failures + 1, write_due_at=now + pause)
    after = replace(after, write_status=status if calendar.writes else WriteStatus.OFF)
    with transaction() as tx:
        if calendar_copies.is_leased(tx, calendar.id, lease):
            calendars.save_writing(tx, after)


class _Writer:
    """One calendar on its server, and what we know of our entries there."""

    def __init__(self, server: CalDav, calendar_id: str, known: Mapping[str, Copy], lease: int) -> None:
        self._server = server
        self._calendar_id = calendar_id
        self._known = known
        self._lease = lease

    def bring(self, wanted: Sequence[OwnEntry], *, now: int, stop: Event) -> WriteStatus:
        """Take out, put and change until the calendar shows what is wanted.

        An entry that the server refuses does not keep the others from being written.
        **Raises** `Stopped`, `FetchFailed`.
        """
        uids = {entry.uid for entry in wanted}
        steps: list[Callable[[], object]] = []
        if wanted and not self._known:
            steps.append(self._server.tag)  # what is no calendar may take entries too, and show them nowhere
        steps += [partial(self._take_out, copy, now) for uid, copy in self._known.items() if uid not in uids]
        steps += [partial(self._put, entry) for entry in wanted]
        status = WriteStatus.OK
        for step in steps:
            if stop.is_set():
                return WriteStatus.NEW
            try:
                step()
            except DavFailed as failed:
                status = _DAV_TROUBLE.get(failed.status, WriteStatus.SERVER_TROUBLE)
                if status is not WriteStatus.SERVER_TROUBLE:
                    raise Stopped(status) from None
        return status

    def _put(self, entry: OwnEntry) -> None:
        copy = self._known.get(entry.uid)
        fingerprint = blake2b(entry.text, digest_size=16).digest()
        if copy and copy.fingerprint == fingerprint:
            return
        path = copy.path if copy else f"{entry.uid}.ics"
        try:
            etag = self._server.put(path, entry.text, etag=copy.etag if copy else "")
        except DavFailed as failed:
            if failed.status is DavTrouble.CONFLICT or (failed.status is DavTrouble.GONE and copy):
                etag = self._put_over(path, entry)
            else:
                raise
        with transaction() as tx:
            if not calendar_copies.is_leased(tx, self._calendar_id, self._lease):
                raise Stopped(WriteStatus.NEW)
            calendar_copies.keep(tx, self._calendar_id, Copy(entry.uid, path, etag, fingerprint, entry.end))

    def _put_over(self, path: str, entry: OwnEntry) -> str:
        """In place of a version that we did not know, or of one that somebody deleted."""
        try:
            version = self._our_version(path, entry.uid)
        except DavFailed as failed:
            if failed.status is not DavTrouble.GONE:
                raise
            version = ""
        return self._server.put(path, entry.text, etag=version)

    def _take_out(self, copy: Copy, now: int) -> None:
        if copy.end > now:  # what is over stays: it is the therapist's memory
            try:
                self._server.delete(copy.path, etag=copy.etag or self._our_version(copy.path, copy.uid))
            except DavFailed as failed:
                if failed.status is DavTrouble.CONFLICT:
                    self._server.delete(copy.path, etag=self._our_version(copy.path, copy.uid))
                elif failed.status is not DavTrouble.GONE:
                    raise
        with transaction() as tx:
            calendar_copies.forget(tx, self._calendar_id, [copy.uid])

    def _our_version(self, path: str, uid: str) -> str:
        """The ETag of what lies there now. **Raises** `DavFailed` also when that is not our entry."""
        text, etag = self._server.entry(path)
        if f"UID:{uid}" not in text.decode(errors="replace").splitlines() or not etag:
            raise DavFailed(DavTrouble.SERVER_TROUBLE)
        return etag
