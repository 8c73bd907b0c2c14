"""Holds what was acknowledged against what is stored, and what is stored against what was delivered."""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, text

from faults.mail_server import Taken
from faults.site import Killed, Site
from faults.visitors import Journal
from scheduler.services import doctor
from scheduler.store.database import db, reading
from tests.support.core import bare_app

LIVE = "('held', 'requested', 'confirmed')"
NOTED_LATER = "worker killed before noting it"
UNANSWERED = "connection lost before the answer"
AWAY = "database away when noting it"
UNEXPLAINED = "unexplained"
NOTING_SECONDS = 20
"""A worker that lived so long after handing a mail over had the time to note it, on a busy machine too."""
AROUND_SECONDS = 5
"""Somebody who handed a mail over so shortly before or after the database was away may have met it."""


@dataclass
class Findings:
    """What a phase leaves behind. `problems` says in words what may not be."""

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    expected: int = 0
    sent: int = 0
    twice: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    overtaken: int = 0
    problems: list[str] = field(default_factory=list)


def check(site: Site, journal: Journal) -> Findings:
    """Everything so far; wait for the mails first (`drained`)."""
    found = Findings(acknowledged=len(journal.bookings))
    _check_bookings(site.database.engine, journal, found)
    _check_mails(site, found)
    found.problems += _doctors_findings(site)
    if journal.unanswered:
        found.problems.append(f"{journal.unanswered} visitors never got an answer")
    faults = {status: count for status, count in journal.answers.items() if "500" in status}
    if faults:
        found.problems.append(f"answers of 500: {faults}")
    return found


def _doctors_findings(site: Site) -> list[str]:
    """What `flask doctor` says of the rows."""
    app = bare_app(site.database.url)
    with app.app_context():
        with reading() as tx:
            findings = [str(finding) for finding in doctor.examine_rows(tx, site.clock.now())]
        db.engine.dispose()
    return findings


def _check_bookings(engine: Engine, journal: Journal, found: Findings) -> None:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.uid, a.status, a.start_at, t.slug,"
                " (SELECT count(*) FROM participants p WHERE p.appointment_id = a.id) AS people,"
                " (SELECT count(*) FROM outbox o WHERE o.appointment_id = a.id) AS mails"
                " FROM appointments a JOIN therapists t ON t.id = a.therapist_id WHERE a.status <> 'expired'"
            )
        ).all()
        overlapping = connection.execute(
            text(
                "SELECT count(*) FROM appointments a JOIN appointments b"
                " ON a.therapist_id = b.therapist_id AND a.id < b.id"
                f" WHERE a.status IN {LIVE} AND b.status IN {LIVE}"
                " AND a.busy_start < b.busy_end AND b.busy_start < a.busy_end"
            )
        ).scalar_one()
    stored = {row.uid: (row.status, row.start_at, row.slug) for row in rows}
    for one in journal.bookings:
        start = int(datetime.fromisoformat(one.start).timestamp())
        here = stored.get(one.uid)
        if here is None or (one.status != "unknown" and here != (one.status, start, one.therapist)):
            found.lost += 1
            found.problems.append(f"lost: {one} is stored as {here}")
    uids = {one.uid for one in journal.bookings}
    twice_answered = len(journal.bookings) - len(uids)
    never_answered = max(0, len(stored.keys() - uids) - journal.unanswered)
    found.doubled = overlapping + twice_answered + never_answered
    if found.doubled:
        found.problems.append(
            f"{overlapping} overlapping pairs, {twice_answered} acknowledged twice,"
            f" {never_answered} stored that nobody was told of"
        )
    half = [row.uid for row in rows if not row.people or not row.mails]
    if half:
        found.problems.append(f"half bookings: {half}")


def _check_mails(site: Site, found: Findings) -> None:
    with site.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT message_id, kind, state FROM outbox")).all()
    copies: dict[str, list[Taken]] = {}
    for mail in site.mail.taken:
        copies.setdefault(mail.message_id.strip("<>").partition("@")[0], []).append(mail)
    states = {row.message_id: row.state for row in rows if row.kind != "reminder"}
    found.overtaken = sum(state == "dropped" for state in states.values())
    found.failed = sum(state == "failed" for state in states.values())
    found.expected = len(states) - found.overtaken
    found.sent = sum(state == "sent" and key in copies for key, state in states.items())
    never_came = [key for key, state in states.items() if state == "sent" and key not in copies]
    waiting = [key for key, state in states.items() if state not in ("sent", "dropped", "failed")]
    strangers = copies.keys() - states.keys()
    for name, keys in (("noted as sent but never taken", never_came), ("still waiting", waiting)):
        if keys:
            found.problems.append(f"{len(keys)} mails {name}")
    if strangers:
        found.problems.append(f"{len(strangers)} mails of no outbox row")
    for mails in copies.values():
        for earlier in mails[:-1]:
            why = _why(earlier, site.killed)
            found.twice[why] += 1
            if why == UNEXPLAINED:
                found.problems.append(f"a mail sent twice for no known reason: {_told(earlier, site.killed)}")
    found.twice += Counter()


def _told(earlier: Taken, killed: Killed) -> str:
    """What is known of the worker that sent the first copy."""
    end = killed.workers.get(earlier.pid)
    fate = "was never killed" if end is None else f"was killed {end - earlier.at:+.1f} s from then"
    return f"its first worker, {earlier.pid}, {fate}"


def _why(earlier: Taken, killed: Killed) -> str:
    """Why there was another copy of a mail that the server had."""
    if not earlier.answered:
        return UNANSWERED
    # A worker may be dead by the moment at which the server gets to the mail that it had handed over.
    if abs(killed.workers.get(earlier.pid, -math.inf) - earlier.at) <= NOTING_SECONDS:
        return NOTED_LATER
    if _within(earlier.at, killed.database_away):
        return AWAY
    return UNEXPLAINED


def _within(moment: float, spans: Iterable[tuple[float, float]]) -> bool:
    return any(start - AROUND_SECONDS <= moment <= end + AROUND_SECONDS for start, end in spans)


def drained(site: Site, patience: float, *, wild_rounds: int = 0) -> float:
    """Wait until no mail waits, moving the clock to the next attempt; returns the seconds it took.

    Gives up when none has come to its end for `patience` seconds. The mail server keeps its
    manners for so many of these moves, and behaves from then on.
    """
    began = moved_on_at = time.monotonic()
    least: int | None = None
    weights = site.mail.weights
    site.mail.weights = weights if wild_rounds else {"ok": 1}
    while time.monotonic() - moved_on_at < patience:
        with site.database.engine.connect() as connection:
            waiting, due_at, leased = connection.execute(
                text(
                    "SELECT count(*), min(due_at), count(leased_until) FROM outbox"
                    " WHERE state = 'waiting' AND kind <> 'reminder'"
                )
            ).one()
        if not waiting:
            break
        if least is None or waiting < least:
            least, moved_on_at = waiting, time.monotonic()
        if due_at > site.clock.now() and not leased:
            site.clock.shift += due_at - site.clock.now() + 1
            wild_rounds -= 1
            if wild_rounds <= 0:
                site.mail.weights = {"ok": 1}
        time.sleep(0.1)
    site.mail.weights = {"ok": 1}
    return time.monotonic() - began
