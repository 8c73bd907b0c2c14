"""The loops beside the web server: due mail, lapsed holds and requests, sweeps; and errands outside.

Any number of workers may run; what one has taken no other takes. Stopping
one, even in the middle of a mail, loses nothing: the others watch its lease.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from flask import Flask, current_app

from scheduler.clock import utcnow
from scheduler.domain.errors import StoreBusy
from scheduler.domain.leases import Watch
from scheduler.gateways.http import Fetcher
from scheduler.gateways.smtp import SecureMail
from scheduler.services import (
    account_mails,
    accounts,
    answer_mailbox,
    answers,
    audit,
    calendar_reading,
    calendar_writing,
    delivery,
    holds,
    limits,
    newsletter,
    offering,
    resets,
    starting,
    turns,
)
from scheduler.services.delivery import Counts
from scheduler.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0
SWEEP_EVERY = 3600
TURNS_EVERY = 60
FETCHER_LIFE = 3600
"""Seconds after which the machine's certificate authorities are read again: they may have been renewed."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    mails: Counts
    expired: int

    def __str__(self) -> str:
        mails = self.mails
        return (
            f"sent {mails.sent}, preview {mails.preview}, dropped {mails.dropped}, failed {mails.failed}, "
            f"waiting {mails.waiting}, expired {self.expired}"
        )


def run_once(
    settings: Settings,
    now: int,
    *,
    clock: Callable[[], int] | None = None,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    lease: int = delivery.LEASE_SECONDS,
) -> Round:
    """End what has lapsed and send all that is due. Expects an application context.

    Without a clock the round goes on from `now`. A worker keeps one `watch` over all its rounds:
    what another took and did not give back within `lease` seconds under its eyes, it sends.
    """
    delivery.note_running(now)
    expired = holds.expire_lapsed(now)
    resets.answer(now=now)
    stop = stop or threading.Event()
    mails = delivery.send_due(
        settings,
        _server(settings),
        clock or _clock_from(now),
        watch=watch or Watch(time.monotonic),
        stop=stop,
        lease=lease,
    )
    return Round(mails, expired)


def look_outside(settings: Settings, clock: Callable[[], int], *, stop: threading.Event) -> None:
    """Ask other people's servers: calendars to read, calendars to write, answers in the mailbox.

    Each may take its time, so this goes on beside the mails, and one that fails keeps no other.
    """
    fetcher = _fetcher(settings.calendar_hosts_allowed, int(time.monotonic() // FETCHER_LIFE))
    for errand in (
        lambda: calendar_reading.read_due(fetcher, clock, stop=stop),
        lambda: calendar_writing.write_due(fetcher, clock, stop=stop),
        lambda: answer_mailbox.read_due(settings, clock, stop=stop),
    ):
        try:
            errand()
        except StoreBusy as busy:
            log.warning("the database is busy, the next round tries again: %s", busy)
        except Exception:
            log.exception("an errand of the worker failed")


def run_once_for_all(
    settings: Settings, *, stop: threading.Event, lease: int = delivery.LEASE_SECONDS
) -> Iterator[Round]:
    """A round, and more of them as long as somebody's lease may turn out to be over: then nothing is left.

    For those who start a worker now and then: it cannot know of a mail on its way whether its
    worker lives, unless it stays and watches.
    """
    watch, until = Watch(time.monotonic), time.monotonic() + 2 * lease
    look_outside(settings, utcnow, stop=stop)
    turns.tend(now=utcnow())
    yield run_once(settings, utcnow(), clock=utcnow, watch=watch, stop=stop, lease=lease)
    while delivery.some_are_on_their_way() and time.monotonic() < until and not stop.wait(PAUSE_SECONDS):
        yield run_once(settings, utcnow(), clock=utcnow, watch=watch, stop=stop, lease=lease)


def run_forever(app: Flask, stop: threading.Event) -> str:
    """Rounds with short pauses until `stop` is set. No error of a round ends the loop.

    Only a database that this program does not fit ends it, at the start or after
    somebody has migrated: why is logged and returned, else the answer is empty.
    """
    swept_at = tended_at = 0
    has_begun = False
    watch = Watch(time.monotonic)
    beside = threading.Thread(target=_look_outside_forever, args=(app, stop), name="outside", daemon=True)
    while not stop.is_set():
        now = utcnow()
        with app.app_context():
            try:
                reason = starting.obstacle(thorough=not has_begun)
                if reason:
                    log.error("the worker stops: " + reason)  # noqa: G003 - the log writes no arguments
                    stop.set()
                    return reason
                if not has_begun:
                    beside.start()
                has_begun = True
                if not 0 <= now - tended_at < TURNS_EVERY:
                    tended_at = now  # first, so that an errand that fails delays the mails by one round
                    turns.tend(now=now)
                run_once(app.config["SETTINGS"], now, clock=utcnow, watch=watch, stop=stop)
                if not 0 <= now - swept_at < SWEEP_EVERY:
                    sweep(now)
                    swept_at = now
            except StoreBusy as busy:
                log.warning("the database is busy, the next round tries again: %s", busy)
            except Exception:
                log.exception("a round of the worker failed")
        stop.wait(PAUSE_SECONDS)
    return ""


def _look_outside_forever(app: Flask, stop: threading.Event) -> None:
    while not stop.wait(PAUSE_SECONDS):
        with app.app_context():
            look_outside(app.config["SETTINGS"], utcnow, stop=stop)


def start_thread(app: Flask, stop: threading.Event) -> threading.Thread:
    """The loop in a thread of the web server's process, for one-process installations and the demo."""
    thread = threading.Thread(target=run_forever, args=(app, stop), name="worker", daemon=True)
    thread.start()
    return thread


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT let the present mail end, then stop the loop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


def sweep(now: int) -> None:
    """Forget what is past its term: answers on dead holds, sessions, links, mails, counters, audit lines."""
    holds.forget_answers(now=now)
    accounts.forget_sessions(now=now)
    resets.forget(now=now)
    account_mails.forget(now=now)
    limits.forget(now=now)
    audit.forget(now=now)
    answers.forget(now=now)
    turns.forget(now=now)
    offering.forget(now=now)
    newsletter.forget(now=now)


@lru_cache(maxsize=1)
def _fetcher(allowed: tuple[str, ...], _age: int) -> Fetcher:
    """Kept over the rounds: reading the machine's certificate authorities takes longer than a round."""
    return Fetcher(allowed=allowed)


def _server(settings: Settings) -> SecureMail | None:
    if settings.mail_server is None:
        return None
    return cast(SecureMail, current_app.extensions["mail"])


def _clock_from(now: int) -> Callable[[], int]:
    """A clock that shows `now` and goes on from there."""
    begun = time.monotonic()
    return lambda: now + int(time.monotonic() - begun)
