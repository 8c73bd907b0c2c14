"""What is wrong with the installation, a line for each finding with what to do. Names no person.

`CHECKS` is the list: those of `GROUND` look at what the database stands on, `ROWS` at what it holds,
`RUNNING` at what works on it. The latter two wait until the schema is right.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scheduler.domain.calendars import STALE_AFTER
from scheduler.domain.errors import StoreBusy
from scheduler.services.contacts import mail_key
from scheduler.services.health import MAIL_LATE_AFTER, WORKER, WORKER_SILENT_FOR
from scheduler.services.starting import wrong_disk, wrong_schema
from scheduler.store import (
    answer_mailboxes,
    calendar_copies,
    calendars,
    heartbeats,
    inspection,
    machine,
    series,
)
from scheduler.store.database import Transaction, reading, vault_of

MAX_SKEW = 2
LEAST_FREE_BYTES = machine.LEAST_FREE_BYTES
ACCOUNT_MAILS_MATTER_FOR = 7 * 86400
MAILBOX_SILENT_FOR = 86400
SHOWN_PER_CHECK = 20


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks look at beside the database. `now` is the application's clock when `begun` was read."""

    now: int
    mounts: Path = machine.MOUNTS
    least_free_bytes: int = LEAST_FREE_BYTES
    begun: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Check:
    """Finds subjects; each makes one line, `subject: what is wrong. What to do.`"""

    name: str
    find: Callable[[Transaction, Case], Iterable[str]]
    advice: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    check: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}. {self.advice}"


def examine(
    now: int, *, mounts: Path = machine.MOUNTS, least_free_bytes: int = LEAST_FREE_BYTES
) -> list[Finding]:
    """Everything that is wrong, in the order of the checks; empty when all is well."""
    case = Case(now, mounts, least_free_bytes)
    try:
        with machine.noticing_damage(), reading() as tx:
            grounds = run(GROUND, tx, case)
            return grounds if wrong_schema(tx) else grounds + run((*ROWS, *RUNNING), tx, case)
    except machine.Damaged as damaged:
        return [Finding(DAMAGE.name, str(damaged), DAMAGE.advice)]
    except StoreBusy as busy:
        cause = str(getattr(busy.__cause__, "orig", None) or busy).strip().splitlines()[0]
        return [Finding("database", cause, "Start the database, or look at DATABASE_URL and the disk.")]


def examine_rows(tx: Transaction, now: int) -> list[Finding]:
    """What is wrong with the rows of a copy: schema, damage and contents, not this machine."""
    case = Case(now)
    problems = run((SCHEMA, DAMAGE), tx, case)
    return problems if wrong_schema(tx) else problems + run(ROWS, tx, case)


def run(checks: Iterable[Check], tx: Transaction, case: Case) -> list[Finding]:
    """The findings of some checks; of one that finds many, the first and how many more."""
    findings: list[Finding] = []
    for check in checks:
        subjects = list(check.find(tx, case))
        shown = subjects[:SHOWN_PER_CHECK]
        if len(subjects) > len(shown):
            shown.append(f"{len(subjects) - len(shown)} more of these")
        findings += [Finding(check.name, what, check.advice) for what in shown]
    return findings


def age(seconds: int) -> str:
    """`3 days`, `5 hours`, `12 minutes`: the largest unit of which there are two, or one minute at least."""
    for length, unit in ((86400, "days"), (3600, "hours")):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{max(seconds, 0) // 60} minutes"


# ---- the ground ------------------------------------------------------------


def _skew(tx: Transaction, case: Case) -> Iterable[str]:
    earliest = case.now + time.monotonic() - case.begun
    theirs = machine.clock(tx)
    latest = case.now + time.monotonic() - case.begun  # a slow answer is no wrong clock
    ahead = round(theirs - min(max(theirs, earliest), latest))
    if abs(ahead) > MAX_SKEW:
        where = "ahead of" if ahead > 0 else "behind"
        yield f"the database's clock is {abs(ahead)} seconds {where} this machine's"


def _schema(tx: Transaction, _case: Case) -> Iterable[str]:
    return filter(None, [wrong_schema(tx)])


def _disk(tx: Transaction, case: Case) -> Iterable[str]:
    return filter(None, [wrong_disk(tx, case.mounts)])


def _space(tx: Transaction, case: Case) -> Iterable[str]:
    file = machine.database_file(tx)
    free = machine.free_bytes(file) if file else case.least_free_bytes
    if free < case.least_free_bytes:
        yield f"{free // 1_000_000} MB are free on the disk of the database"


def _damage(tx: Transaction, _case: Case) -> Iterable[str]:
    return machine.damage(tx)


SCHEMA = Check("schema", _schema, "The rows are looked at when the schema is right.")
DAMAGE = Check("damaged file", _damage, "Stop everything, keep the file, and restore a backup.")
GROUND = (
    Check("clock", _skew, "Let both follow one time server: notice and reminders depend on it."),
    SCHEMA,
    Check("disk", _disk, "SQLite keeps its promises on a local disk only."),
    Check("disk space", _space, "Make room: a full disk refuses bookings."),
    DAMAGE,
)


# ---- the rows --------------------------------------------------------------


def _guard(tx: Transaction, _case: Case) -> Iterable[str]:
    if not inspection.has_guard(tx):
        yield "the database does not refuse overlapping appointments"


def _overlaps(tx: Transaction, _case: Case) -> Iterable[str]:
    return (f"appointments {pair.earlier} and {pair.later} share time" for pair in inspection.overlaps(tx))


def _length(tx: Transaction, _case: Case) -> Iterable[str]:
    return (f"appointment {uid} does not end after it begins" for uid in inspection.without_length(tx))


def _narrow(tx: Transaction, _case: Case) -> Iterable[str]:
    return (f"appointment {uid} keeps less time busy than it lasts" for uid in inspection.narrow(tx))


def _nobodys(tx: Transaction, _case: Case) -> Iterable[str]:
    return (f"appointment {uid} has no visitor" for uid in inspection.without_people(tx))


def _untold(tx: Transaction, case: Case) -> Iterable[str]:
    return (f"appointment {uid} has a visitor without a mail" for uid in inspection.untold(tx, case.now))


def _series(tx: Transaction, case: Case) -> Iterable[str]:
    return (f"series {uid} {what}" for uid, what in series.broken(tx, now=case.now).items())


def _orphans(tx: Transaction, _case: Case) -> Iterable[str]:
    return (
        f"rows of {place} that point to nothing: {count}" for place, count in inspection.orphans(tx).items()
    )


def _unreadable(tx: Transaction, _case: Case) -> Iterable[str]:
    return (
        f"values of {place} that do not open: {count}" for place, count in inspection.unreadable(tx).items()
    )


def _unfound(tx: Transaction, _case: Case) -> Iterable[str]:
    vault = vault_of(tx)
    people = inspection.contacts(tx)
    lost = sum(vault.lookup("email", mail_key(address)) != lookup for address, lookup in people)
    if lost:
        yield f"visitors who are not found by their address: {lost}"


ROWS = (
    Check("overlap guard", _guard, "Restore a backup, or let a migration add the guard again."),
    Check("overlap", _overlaps, "Cancel or move one of them on the practice's week page."),
    Check("length", _length, "Cancel it and book it again by hand."),
    Check("busy time", _narrow, "Move or cancel it: others can be booked into it."),
    Check("half a booking", _nobodys, "Cancel it on the practice's week page."),
    Check("no mail", _untold, "Open it on the week page and write to the visitor."),
    Check("series", _series, "End it on the page of one of its appointments and book it again."),
    Check("orphans", _orphans, "Restore a backup, or delete these rows."),
    Check("keys", _unreadable, "Put the key they were sealed with back into SCHEDULER_ENCRYPTION_KEYS."),
    Check("lookup key", _unfound, "Put back the SCHEDULER_LOOKUP_KEY of before: it never changes."),
)


# ---- what runs -------------------------------------------------------------


def _silence(tx: Transaction, case: Case) -> Iterable[str]:
    seen = heartbeats.last_beat(tx, WORKER)
    if seen is None:
        yield "no worker ever ran"
    elif case.now - seen > WORKER_SILENT_FOR:
        yield f"the worker last ran {age(case.now - seen)} ago"


def _late(tx: Transaction, case: Case) -> Iterable[str]:
    late = inspection.late_mails(tx, before=case.now - MAIL_LATE_AFTER)
    if late:
        yield f"mails that wait: {late.count}, the oldest for {age(case.now - late.since)}"


def _failed(tx: Transaction, case: Case) -> Iterable[str]:
    failed = inspection.failed_mails(tx, case.now, since=case.now - ACCOUNT_MAILS_MATTER_FOR)
    if failed:
        yield f"mails that were refused: {failed.count}, the first {age(case.now - failed.since)} ago"


def _unheard(tx: Transaction, case: Case) -> Iterable[str]:
    for since, trouble in answer_mailboxes.unread_since(tx, tried_after=case.now - MAILBOX_SILENT_FOR):
        if case.now - since >= MAILBOX_SILENT_FOR:
            yield f"the mailbox of answers was not readable for {age(case.now - since)} ({trouble})"


def _stale(tx: Transaction, case: Case) -> Iterable[str]:
    for calendar in calendars.stale(tx, before=case.now - STALE_AFTER):
        since = case.now - calendar.stale_at + STALE_AFTER
        yield f"calendar {calendar.id} was last read {age(since)} ago ({calendar.status.value})"


def _unwritten(tx: Transaction, case: Case) -> Iterable[str]:
    for calendar, _ in calendar_copies.due(tx, now=case.now):
        if calendar.write_failures and case.now - (calendar.written_at or calendar.created_at) > STALE_AFTER:
            yield f"calendar {calendar.id} is no longer written ({calendar.write_status.value})"


RUNNING = (
    Check("worker", _silence, "Start `flask --app wsgi worker`."),
    Check("unsent mail", _late, "See that a worker runs and that MAIL_SERVER answers."),
    Check("failed mail", _failed, "The practice's mail page says why and sends them again."),
    Check("stale calendar", _stale, "Its therapist was told: the address or password may have changed."),
    Check("unwritten calendar", _unwritten, "Its therapist sees why under Calendars."),
    Check("calendar answers", _unheard, "Look at SCHEDULER_ANSWERS, its password, and the mail server."),
)

CHECKS = (*GROUND, *ROWS, *RUNNING)
