"""The therapist's own calendars, as the practice pages see them: add, change, choose, remove, read soon.

Nothing here talks to another machine: the worker does, within seconds, and
notes how it went. See docs/decisions/0013-therapists-own-calendars.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import uuid4

from scheduler.domain.calendars import CalendarKind, OwnCalendar, ReadStatus, WhenStale, WriteStatus
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import Refused
from scheduler.domain.intervals import Interval, touching
from scheduler.domain.practice import Therapist
from scheduler.domain.text import one_line
from scheduler.gateways.http import FetchFailed, normalise
from scheduler.services import audit
from scheduler.store import calendar_copies, calendars, outside, therapists
from scheduler.store.calendars import Access
from scheduler.store.database import Transaction, reading, transaction

NAME_LIMIT = 60
ADDRESS_LIMIT = 1000
SECRET_LIMIT = 200
AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """What the therapist typed about a calendar. An empty password keeps the one that is stored."""

    name: str
    kind: CalendarKind
    address: str = field(repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    reads: bool = True
    when_stale: WhenStale = WhenStale.KEEP
    writes: bool = False
    level: FeedLevel = FeedLevel.BUSY


class OutsideBusy(NamedTuple):
    """A busy span of an outside calendar, for the therapist's own week: no title is known."""

    start: int
    end: int
    calendar: str


def listed(therapist: Therapist) -> list[OwnCalendar]:
    """The therapist's calendars, oldest first."""
    with reading() as tx:
        return calendars.of_therapists(tx, therapist.practice_id, [therapist.id])


def find(therapist: Therapist, calendar_id: str) -> tuple[OwnCalendar, list[tuple[str, str]]]:
    """A calendar, and the calendars (address, name) to choose from. **Raises** `NotFound`."""
    with reading() as tx:
        calendar = calendars.find(tx, therapist.practice_id, therapist.id, calendar_id)
        return calendar, calendars.found(tx, calendar.id)


def add(therapist: Therapist, wish: Wish, *, by: str, now: int) -> OwnCalendar:
    """A new calendar, to be read and written soon. **Raises** `Refused` with a sentence per field."""
    access = _checked(wish)
    calendar = OwnCalendar(
        id=str(uuid4()),
        practice_id=therapist.practice_id,
        therapist_id=therapist.id,
        name=one_line(wish.name),
        kind=wish.kind,
        created_at=now,
        reads=wish.reads,
        when_stale=wish.when_stale,
        due_at=now,
        writes=wish.writes,
        level=wish.level,
        write_due_at=now,
        write_status=WriteStatus.NEW if wish.writes else WriteStatus.OFF,
    )
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        if len(calendars.of_therapists(tx, therapist.practice_id, [therapist.id])) >= AT_MOST:
            raise Refused({"name": "Remove a calendar that you no longer use first"})
        calendars.add(tx, calendar, access)
        _record(tx, calendar, "calendar.add", by, now)
    return calendar


def change(therapist: Therapist, calendar_id: str, wish: Wish, *, by: str, now: int) -> OwnCalendar:
    """Another choice, address or password. An empty address keeps the stored one, and its sign-in.

    Busy times stay until a read of the new address brings others.
    **Raises** `Refused`, `NotFound`.
    """
    access = _checked(wish, keeps_address=True)
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        before = calendars.find(tx, therapist.practice_id, therapist.id, calendar_id)
        after = replace(
            before,
            name=one_line(wish.name),
            reads=wish.reads,
            when_stale=wish.when_stale,
            writes=wish.writes and before.kind is CalendarKind.CALDAV,
            level=wish.level,
        )
        if not after.writes and after.written_at is None:
            after = replace(after, write_status=WriteStatus.OFF)
        calendars.save_choice(tx, after)
        if access.address or access.password:
            stored = calendars.access(tx, after.id)
            calendars.save_access(tx, after.id, _merged(stored, access))
            if access.address not in ("", stored.address):
                after = _elsewhere(tx, after)
        after = _soon(tx, after, now)
        if not after.reads:
            outside.replace_spans(tx, after, [])
        _record(tx, after, "calendar.change", by, now)
    return after


def choose(therapist: Therapist, calendar_id: str, address: str, *, by: str, now: int) -> None:
    """Take one of the calendars that the server offers. **Raises** `Refused`, `NotFound`."""
    with transaction() as tx:
        calendar = calendars.find(tx, therapist.practice_id, therapist.id, calendar_id)
        if address not in [known for known, _ in calendars.found(tx, calendar.id)]:
            raise Refused({"address": "Choose one of the calendars"})
        stored = calendars.access(tx, calendar.id)
        calendars.save_access(tx, calendar.id, replace(stored, address=address))
        calendars.keep_found(tx, calendar.id, [])
        _soon(tx, _elsewhere(tx, calendar), now)
        _record(tx, calendar, "calendar.choose", by, now)


def remove(therapist: Therapist, calendar_id: str, *, by: str, now: int) -> None:
    """Forget the calendar; its busy times are free again. **Raises** `NotFound`.

    What was written into it stays there: only the worker could take it out.
    """
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        calendar = calendars.find(tx, therapist.practice_id, therapist.id, calendar_id)
        calendars.remove(tx, calendar.id)
        _record(tx, calendar, "calendar.remove", by, now)


def read_soon(therapist: Therapist, calendar_id: str, *, now: int) -> None:
    """Let the worker read and write it in its next round. **Raises** `NotFound`."""
    with transaction() as tx:
        _soon(tx, calendars.find(tx, therapist.practice_id, therapist.id, calendar_id), now)


def believe_empty(therapist: Therapist, calendar_id: str, *, by: str, now: int) -> None:
    """The therapist says that the calendar is really empty: free its times now. **Raises** `NotFound`."""
    with transaction() as tx:
        therapists.raise_revision(tx, therapist.id, now=now)
        calendar = calendars.find(tx, therapist.practice_id, therapist.id, calendar_id)
        if calendar.status is ReadStatus.EMPTY:
            outside.replace_spans(tx, calendar, [])
            _soon(tx, calendar, now)
            _record(tx, calendar, "calendar.believe_empty", by, now)


def busy_between(practice_id: str, people: Sequence[Therapist], window: Interval) -> list[OutsideBusy]:
    """What the therapists' own calendars block within the window, by start."""
    with reading() as tx:
        return sorted(
            OutsideBusy(start, end, calendar.name)
            for calendar in calendars.of_therapists(tx, practice_id, [one.id for one in people])
            for start, end in touching(outside.spans(tx, calendar.id), window)
        )


def _elsewhere(tx: Transaction, calendar: OwnCalendar) -> OwnCalendar:
    """At another address nothing is known of what is there; what we wrote stays at the old one."""
    calendar_copies.forget_all(tx, calendar.id)
    return replace(calendar, read_until=None)


def _soon(tx: Transaction, calendar: OwnCalendar, now: int) -> OwnCalendar:
    """Due now, whatever is known of it: no validator may answer that nothing changed."""
    asked = replace(calendar, due_at=now, etag="", modified="", write_due_at=now, written_state="")
    calendars.save_reading(tx, asked)
    calendars.save_writing(tx, asked)
    return asked


def _checked(wish: Wish, *, keeps_address: bool = False) -> Access:
    problems = {}
    name = one_line(wish.name)
    if not name:
        problems["name"] = "Give it a name, so that you recognise it later"
    elif len(name) > NAME_LIMIT:
        problems["name"] = "Use a shorter name"
    address = "".join(wish.address.split())
    if address or not keeps_address:
        try:
            address = normalise(address) if len(address) <= ADDRESS_LIMIT else ""
        except FetchFailed:
            address = ""
        if not address:
            problems["address"] = "Give the whole address, as it begins: https:// or webcal://"
    signs_in = wish.kind is CalendarKind.CALDAV and bool(address or not keeps_address)
    if signs_in and not (wish.username and wish.password):
        problems["password"] = "Give the user name and an app password"  # noqa: S105 - a sentence, no password
    if max(len(wish.username), len(wish.password)) > SECRET_LIMIT:
        problems["password"] = "Use a shorter name or password"  # noqa: S105 - a sentence, no password
    if not (wish.reads or wish.writes):
        problems["reads"] = "Choose at least one: it blocks time, or appointments are written into it"
    if problems:
        raise Refused(problems)
    return Access(address, wish.username.strip(), wish.password)


def _merged(stored: Access, given: Access) -> Access:
    """The new access; what was left empty stays, but no password goes to an address it was not given for."""
    if given.address and given.address != stored.address:
        return given
    return Access(stored.address, given.username or stored.username, given.password or stored.password)


def _record(tx: Transaction, calendar: OwnCalendar, action: str, by: str, now: int) -> None:
    audit.note(tx, action, actor=by, now=now, practice_id=calendar.practice_id, object_id=calendar.id)
