"""The worker and its outbox under failures: nothing lost, nothing sent twice by itself, nothing blocked."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock_time

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy import func, select, update

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.domain.leases import Watch
from scheduler.domain.local_time import local_day, start_instant
from scheduler.gateways.smtp import SecureMail
from scheduler.services import delivery, health, manage, messages
from scheduler.store import appointments, heartbeats, outbox, outbox_leases
from scheduler.store.database import reading, transaction
from scheduler.store.outbox import OutboxEntry, OutboxMail, State
from scheduler.store.tables import OutboxRow
from tests.services.mailing import ADA, DAY, HOUR, MINUTE, NOW, START, VERA, Mailing, settle
from tests.support.mail import MailServer
from tests.support.patience import PATIENCE
from tests.support.ports import free_port


@dataclass
class OddServer(MailServer):
    """A mail server that refuses some recipients for good, or says nothing for as long as it is told."""

    refused: set[str] = field(default_factory=set)
    silent: bool = False

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse those whom nobody knows."""
        if address in self.refused:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 Known"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail, once it speaks again."""
        while self.silent:
            await asyncio.sleep(0.02)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def odd() -> Iterator[OddServer]:
    """A server whose oddities tests switch on."""
    server = OddServer("localhost", free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, ready_timeout=PATIENCE)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def mailing(make_app: Callable[..., Flask], either_database: str, odd: OddServer) -> Mailing:
    """A practice on either database, whose mail goes to the odd server."""
    return settle(make_app(either_database, **odd.settings))


def waiting(mailing: Mailing) -> dict[str, OutboxEntry]:
    """The waiting mails by kind."""
    with mailing.app.app_context(), reading() as tx:
        found = outbox.entries(tx, mailing.practice.id, [State.WAITING])
    return {entry.kind: entry for entry in found if entry.kind != "reminder"}


class Onlooker:
    """A worker's watch whose ticks the test moves."""

    def __init__(self) -> None:
        self.ticks = 0.0
        self.watch = Watch(lambda: self.ticks)

    def work(self, mailing: Mailing, now: int, *, passed: float = 0, lease: int = 100) -> worker.Round:
        """A round after so many seconds that went by; what is watched all the time is looked at often."""
        for _ in range(3 if passed else 0):
            self.ticks += passed / 4
            with mailing.app.app_context(), reading() as tx:
                self.watch.over(outbox_leases.leases(tx), lease)
        self.ticks += passed / 4
        return mailing.work(now, watch=self.watch, lease=lease)


def claim(mailing: Mailing, now: int, lease: int = 100) -> OutboxEntry | None:
    """What a worker does that dies right afterwards."""
    with mailing.app.app_context(), transaction() as tx:
        return outbox_leases.claim(tx, now, lease)


def test_a_mail_that_was_put_off_comes_a_minute_later_with_the_same_message_id(
    mailing: Mailing, odd: OddServer
) -> None:
    mailing.book()
    odd.refusal = "451 Try later"
    done = mailing.work(NOW)
    message_id = waiting(mailing)["confirmation"].message_id
    odd.refusal = None
    too_early = mailing.work(NOW + MINUTE - 1)
    mailing.work(NOW + MINUTE + 7)

    assert (done.mails.waiting, done.mails.sent) == (2, 0)
    assert (too_early.mails.waiting, too_early.mails.sent) == (0, 0)
    [mail] = odd.to(VERA)
    assert mail.message["Message-ID"] == f"<{message_id}@localhost>"


def test_attempts_grow_rarer_and_end_after_three_days(
    make_app: Callable[..., Flask], any_database: str, odd: OddServer
) -> None:
    mailing = settle(make_app(any_database, **odd.settings))
    mailing.book()
    odd.refusal = "451 Try later"
    now, pauses = NOW, []
    while "confirmation" in waiting(mailing):
        before = waiting(mailing)["confirmation"].due_at
        now = max(now, before)
        mailing.work(now)
        if "confirmation" in waiting(mailing):
            pauses.append(waiting(mailing)["confirmation"].due_at - now)

    for pause, least in zip(pauses, [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, HOUR], strict=False):
        assert least <= pause <= least * 1.1 + 1
    assert 2.8 * DAY < now - NOW <= 3 * DAY
    with mailing.app.app_context():
        failed = {entry.kind: entry for entry in messages.undelivered(mailing.practice.id)}
    assert (failed["confirmation"].state, failed["confirmation"].error) == (
        State.FAILED,
        "the mail was not taken (451)",
    )


def test_a_refused_recipient_is_shown_to_the_practice_and_stops_nobody_else(
    mailing: Mailing, odd: OddServer
) -> None:
    mailing.book()
    odd.refused = {VERA}
    done = mailing.work(NOW)

    assert (done.mails.failed, done.mails.sent) == (1, 1)
    assert len(odd.to(ADA)) == 1
    with mailing.app.app_context():
        [failed] = messages.undelivered(mailing.practice.id)
    assert (failed.kind, failed.state, failed.attempts) == ("confirmation", State.FAILED, 1)
    assert VERA not in failed.error


def test_a_refused_mail_can_be_sent_again_once_the_address_works(mailing: Mailing, odd: OddServer) -> None:
    mailing.book()
    odd.refused = {VERA}
    mailing.work(NOW)
    odd.refused = set()
    with mailing.app.app_context():
        [failed] = messages.undelivered(mailing.practice.id)
        messages.resend(mailing.practice.id, failed.id, now=NOW + 1)
    mailing.work(NOW + 1)

    assert [mail.message["Subject"] for mail in odd.to(VERA)] == [
        "Your appointment on Wednesday 3 June, 10:30"
    ]


def test_a_server_that_falls_silent_costs_its_timeout_and_no_mail(mailing: Mailing, odd: OddServer) -> None:
    mailing.book()
    odd.silent = True
    SecureMail(mailing.app, data_timeout=0.5)
    done = mailing.work(NOW)
    assert done.mails.waiting == 2
    odd.silent = False
    SecureMail(mailing.app)
    mailing.work(NOW + 2 * MINUTE)

    assert {"confirmation", "therapist_booked"} & set(waiting(mailing)) == set()
    assert len({mail.message["Message-ID"] for mail in odd.received}) == 2


def test_a_server_that_is_away_loses_nothing(make_app: Callable[..., Flask], any_database: str) -> None:
    port = free_port()
    mailing = settle(make_app(any_database, MAIL_SERVER="localhost", MAIL_PORT=str(port)))
    mailing.book()
    done = mailing.work(NOW)

    assert (done.mails.waiting, done.mails.failed) == (2, 0)
    assert waiting(mailing)["confirmation"].error == "the mail server cannot be used (ConnectionRefusedError)"


def test_booking_does_not_wait_for_a_worker_in_conversation(mailing: Mailing, odd: OddServer) -> None:
    kind = mailing.kind()
    mailing.book(kind)
    odd.silent = True
    sending = threading.Thread(target=mailing.work, args=(NOW,))
    sending.start()
    while (
        not waiting(mailing)["confirmation"].leased_until
        and not waiting(mailing)["therapist_booked"].leased_until
    ):
        time.sleep(0.01)
    mailing.in_context(health.health, now=NOW)
    with mailing.app.app_context(), transaction() as tx:
        appointments.lapsed(tx, now=NOW)
        heartbeats.beat(tx, "another", NOW)
    assert odd.received == []  # all of that while the server kept the worker waiting
    odd.silent = False
    sending.join()

    assert len(odd.received) == 2


def test_what_a_dead_worker_held_is_taken_over_when_its_lease_ends(mailing: Mailing, odd: OddServer) -> None:
    mailing.book()
    held = claim(mailing, NOW)
    assert held is not None
    onlooker = Onlooker()

    def copies() -> int:
        return len([mail for mail in odd.received if held.message_id in mail.message["Message-ID"]])

    onlooker.work(mailing, NOW + 1)
    onlooker.work(mailing, NOW + 1000, passed=80)
    assert copies() == 0
    onlooker.work(mailing, NOW + 2, passed=60)

    assert copies() == 1
    assert len(odd.received) == 2


def test_a_worker_that_comes_back_late_changes_nothing(mailing: Mailing) -> None:
    mailing.book()
    late = claim(mailing, NOW)
    assert late is not None
    onlooker = Onlooker()
    onlooker.work(mailing, NOW)
    onlooker.work(mailing, NOW, passed=100)
    with mailing.app.app_context(), transaction() as tx:
        assert not outbox_leases.finish(tx, late, State.FAILED, NOW + 200, error="too late")
        assert not outbox_leases.put_back(tx, late, NOW + 300, "too late")
        assert not outbox_leases.end_lease(tx, (late.id, late.attempts))
        assert outbox.find(tx, mailing.practice.id, late.id).state is State.SENT


def test_a_lease_that_another_took_over_is_watched_anew(mailing: Mailing, odd: OddServer) -> None:
    mailing.book()
    first = claim(mailing, NOW)
    assert first is not None
    onlooker = Onlooker()
    onlooker.work(mailing, NOW)
    onlooker.work(mailing, NOW, passed=90)
    with mailing.app.app_context(), transaction() as tx:
        assert outbox_leases.end_lease(tx, (first.id, first.attempts))
    again = claim(mailing, NOW)
    assert again is not None
    assert (again.id, again.attempts) == (first.id, 2)
    onlooker.work(mailing, NOW, passed=90)
    assert first.message_id not in str([mail.message["Message-ID"] for mail in odd.received])


def test_a_worker_that_is_run_now_and_then_waits_for_what_a_dead_one_held(
    mailing: Mailing, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.1)
    mailing.book(now=NOW)
    held = claim(mailing, NOW)
    with mailing.app.app_context(), time_machine.travel(NOW, tick=True):
        rounds = list(
            worker.run_once_for_all(mailing.app.config["SETTINGS"], stop=threading.Event(), lease=2)
        )

    assert held is not None
    assert [one.mails.sent for one in rounds if one.mails.sent] == [1, 1]
    assert len({mail.message["Message-ID"] for mail in odd.received}) == len(odd.received) == 2


def test_a_later_mail_does_not_overtake_the_one_on_its_way(mailing: Mailing) -> None:
    booked = mailing.book()
    first = claim(mailing, NOW)
    second = claim(mailing, NOW)
    mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW + 1)

    assert first is not None
    assert second is not None
    assert {first.kind, second.kind} == {"confirmation", "therapist_booked"}
    assert claim(mailing, NOW + 2) is None
    with mailing.app.app_context(), transaction() as tx:
        assert outbox_leases.end_lease(tx, (first.id, first.attempts))
    assert claim(mailing, NOW + 2) is not None


def test_many_workers_share_the_mails_without_sending_one_twice(mailing: Mailing, odd: OddServer) -> None:
    kind = mailing.kind(duration=15 * MINUTE)
    booked = [
        mailing.book(kind, email=f"v{i}@mail.example", phone=f"+1 514 555 01{i:02}", start=START + i * HOUR)
        for i in range(4)
    ]
    SecureMail(mailing.app, connect_timeout=PATIENCE, data_timeout=PATIENCE)
    workers = [threading.Thread(target=mailing.work, args=(NOW,)) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    assert len(booked) == 4
    ids = [mail.message["Message-ID"] for mail in odd.received]
    assert len(ids) == len(set(ids)) == 8


def test_a_row_that_cannot_be_read_stops_no_other(mailing: Mailing, odd: OddServer) -> None:
    booked = mailing.book()
    mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW)
    with mailing.app.app_context(), transaction() as tx:
        tx.execute(update(OutboxRow).where(OutboxRow.kind == "moved").values(facts_sealed=b"\x00damaged"))
    done = mailing.work(NOW)

    assert (done.mails.failed, done.mails.sent) == (1, 1)
    with mailing.app.app_context():
        [failed] = messages.undelivered(mailing.practice.id)
    assert (failed.kind, failed.error) == ("moved", "cannot be written (Unreadable)")


def test_a_mail_of_an_unknown_kind_fails_alone(mailing: Mailing, odd: OddServer) -> None:
    booked = mailing.book()
    with mailing.app.app_context(), transaction() as tx:
        tx.execute(update(OutboxRow).where(OutboxRow.kind == "confirmation").values(kind="of_soon"))
    done = mailing.work(NOW)

    assert (done.mails.failed, done.mails.sent) == (1, 1)
    assert booked.status == "confirmed"


def test_a_booking_that_is_rolled_back_leaves_no_mail(mailing: Mailing) -> None:
    booked = mailing.book()
    mail = OutboxMail(
        practice_id=mailing.practice.id,
        appointment_id=booked.appointment.id,
        recipient=outbox.THERAPIST,
        kind="therapist_moved",
        sequence=1,
        due_at=NOW,
        now=NOW,
    )

    def add_and_stumble() -> None:
        with transaction() as tx:
            outbox.add(tx, mail)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mailing.in_context(add_and_stumble)
    assert "therapist_moved" not in waiting(mailing)


def test_the_same_mail_added_twice_is_one_mail(mailing: Mailing) -> None:
    booked = mailing.book()
    again = OutboxMail(
        practice_id=mailing.practice.id,
        appointment_id=booked.appointment.id,
        recipient=outbox.THERAPIST,
        kind="therapist_booked",
        sequence=0,
        due_at=NOW,
        now=NOW + 5,
        facts={"note": "another"},
    )
    before = waiting(mailing)["therapist_booked"]
    with mailing.app.app_context(), transaction() as tx:
        outbox.add(tx, again)
        assert tx.execute(select(func.count()).select_from(OutboxRow)).scalar_one() == 3
    assert waiting(mailing)["therapist_booked"] == before


def test_a_round_ends_lapsed_requests_and_tells_the_visitor_in_the_same_round(
    mailing: Mailing, odd: OddServer
) -> None:
    mailing.book(mailing.by_request())
    mailing.work(NOW)
    done = mailing.work(NOW + 3 * DAY)

    assert done.expired == 1
    assert [mail.message["Subject"] for mail in odd.to(VERA)] == [
        "Your request for Wednesday 3 June, 10:30",
        "About your request for Wednesday 3 June, 10:30",
    ]


def test_a_running_worker_is_seen_by_the_health_page(mailing: Mailing) -> None:
    mailing.work(NOW)
    well = mailing.in_context(health.health, now=NOW + 10)
    late = mailing.in_context(health.health, now=NOW + 10 * MINUTE)

    assert isinstance(well, health.Health)
    assert isinstance(late, health.Health)
    assert well.problems == ()
    assert late.problems == ("worker silent",)


def test_the_thread_sends_and_stops_when_it_is_told(
    make_app: Callable[..., Flask], any_database: str, odd: OddServer
) -> None:
    mailing = settle(make_app(any_database, **odd.settings))
    stop = threading.Event()
    thread = worker.start_thread(mailing.app, stop)
    now = utcnow()
    soon = local_day(now, mailing.practice.zone) + timedelta(days=2)
    mailing.book(now=now, start=start_instant(datetime.combine(soon, clock_time(10)), mailing.practice.zone))
    odd.wait_for(2)
    stop.set()
    thread.join(timeout=PATIENCE)

    assert not thread.is_alive()


def test_a_round_that_fails_does_not_end_the_loop(
    make_app: Callable[..., Flask], any_database: str, odd: OddServer
) -> None:
    app = make_app(any_database, **odd.settings)
    with app.app_context(), transaction() as tx:
        tx.exec_driver_sql("ALTER TABLE heartbeats RENAME TO elsewhere")
    stop = threading.Event()
    thread = worker.start_thread(app, stop)
    time.sleep(0.5)
    with app.app_context(), transaction() as tx:
        tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO heartbeats")
    until = time.monotonic() + PATIENCE
    beat = None
    while beat is None and time.monotonic() < until:
        time.sleep(0.1)
        with app.app_context(), reading() as tx:
            beat = heartbeats.last_beat(tx, health.WORKER)
    stop.set()
    thread.join(timeout=PATIENCE)

    assert beat is not None


@pytest.mark.parametrize(
    ("attempts", "least"), [(1, 60), (2, 300), (3, 900), (4, 1800), (5, 3600), (80, 3600)]
)
def test_pauses_between_attempts_grow_with_some_jitter(attempts: int, least: int) -> None:
    delays = [delivery.retry_delay(attempts) for _ in range(50)]

    assert min(delays) >= least
    assert max(delays) <= least * 1.1
    assert len(set(delays)) > 1
