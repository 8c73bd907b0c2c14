"""With a guard taken away, the test that is named for it fails: so it is the guard that the test proves."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import SlotTaken, WrongState
from scheduler.domain.leases import Watch
from scheduler.services import appointments as practice_appointments
from scheduler.services import booking, by_hand, holds, manage, placing, requests
from scheduler.services import limits as counters
from scheduler.store import appointment_rows, appointments, claims, limits, outbox
from scheduler.store.database import OVERLAP, Transaction, db, transaction
from scheduler.store.outbox import OutboxMail
from scheduler.store.tables import AppointmentRow, table
from scheduler.web import security
from tests import test_worker
from tests.races import test_one_limit
from tests.services import test_booking, test_races, test_requests
from tests.services.mailing import Mailing
from tests.services.practice_side import booked
from tests.store import test_overlap_guard
from tests.support.core import NOW, TUESDAY, WEDNESDAY, Core, core_on
from tests.support.instants import HOUR
from tests.web import test_limits, test_security_input

ROWS = table(AppointmentRow)
PATIENCE = 8
"""A race that nobody orders any more is lost within so many tries."""

Patch = pytest.MonkeyPatch


def fails(proof: Callable[..., None], *arguments: Any) -> None:
    """The proof runs to its assertion and fails there."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        proof(*arguments)


@pytest.fixture
def postgres_core(postgres_furnished: str) -> Iterator[Core]:
    """The core on PostgreSQL alone."""
    with core_on(postgres_furnished) as core:
        yield core


def execute(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement))


# ---- overlap ---------------------------------------------------------------------------------------

MOVED_INTO = {"start_at": 1500, "end_at": 1600, "busy_start": 1500, "busy_end": 1600}


def test_without_the_insert_trigger_an_overlap_is_stored(sqlite_core: Core) -> None:
    execute(f"DROP TRIGGER {OVERLAP}_insert")
    fails(test_overlap_guard.test_an_overlapping_insert_is_refused, sqlite_core)


def test_without_the_update_trigger_a_move_into_taken_time_is_stored(sqlite_core: Core) -> None:
    execute(f"DROP TRIGGER {OVERLAP}_update")
    fails(test_overlap_guard.test_an_update_into_taken_time_is_refused, sqlite_core, MOVED_INTO)


def test_without_the_constraint_an_overlap_is_stored(postgres_core: Core) -> None:
    execute(f"ALTER TABLE appointments DROP CONSTRAINT {OVERLAP}")
    fails(test_overlap_guard.test_an_overlapping_insert_is_refused, postgres_core)
    execute("DELETE FROM appointments")
    fails(test_overlap_guard.test_an_update_into_taken_time_is_refused, postgres_core, MOVED_INTO)


def without_the_rule(monkeypatch: Patch) -> None:
    """Every start counts as offered, and nobody waits for anybody's calendar."""
    monkeypatch.setattr(placing, "is_offered", lambda *_arguments, **_more: True)
    monkeypatch.setattr(placing, "clear", lambda *_arguments, **_more: None)


def test_the_database_alone_withstands_fifty_visitors(core: Core, monkeypatch: Patch) -> None:
    without_the_rule(monkeypatch)
    test_races.test_fifty_holds_at_once_have_one_winner(core)


def test_without_rule_and_guard_fifty_visitors_overlap(core: Core, monkeypatch: Patch) -> None:
    without_the_rule(monkeypatch)
    if db.engine.dialect.name == "sqlite":
        execute(f"DROP TRIGGER {OVERLAP}_insert")
    else:
        execute(f"ALTER TABLE appointments DROP CONSTRAINT {OVERLAP}")
    fails(test_races.test_fifty_holds_at_once_have_one_winner, core)


# ---- compare-and-swap ------------------------------------------------------------------------------


def change_whatever_is_there(tx: Transaction, before: Appointment, after: Appointment) -> None:
    """`appointments.change` by the id alone."""
    tx.execute(update(ROWS).where(ROWS.c.id == before.id).values(**appointment_rows.values(tx, after)))


def a_stale_copy_changes_nothing(core: Core, action: str) -> None:
    """Somebody read the appointment, another was faster: cancel, move or accept from the copy is refused."""
    ben = core.therapist("ben")
    asked = booked(core, "first-talk", WEDNESDAY + HOUR, "ben")
    stale = asked.appointment
    manage.cancel(asked.token, now=NOW)
    stock_kind = core.kind("first-talk")
    acts: dict[str, Callable[[Transaction], object]] = {
        "cancel": lambda tx: manage.call_off(tx, ben, stale, now=NOW),
        "move": lambda tx: manage.relocate(tx, core.demo, stock_kind, ben, stale, WEDNESDAY, now=NOW),
        "accept": lambda tx: appointments.change(tx, stale, replace(stale, status=Status.CONFIRMED)),
    }
    with pytest.raises(WrongState), transaction() as tx:
        acts[action](tx)
    assert core.all("SELECT status, sequence, start_at FROM appointments") == [("cancelled", 1, asked.start)]


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize("action", ["cancel", "move", "accept"])
def test_a_stale_copy_is_refused_by_the_comparison(core: Core, action: str, monkeypatch: Patch) -> None:
    a_stale_copy_changes_nothing(core, action)
    execute("DELETE FROM appointments")
    monkeypatch.setattr(appointments, "change", change_whatever_is_there)
    fails(a_stale_copy_changes_nothing, core, action)


# ---- idempotency, outbox ---------------------------------------------------------------------------


def test_without_the_key_the_same_form_is_another_booking(core: Core, monkeypatch: Patch) -> None:
    monkeypatch.setattr(claims, "answered", lambda *_arguments, **_more: None)
    monkeypatch.setattr(claims, "remember", lambda *_arguments, **_more: None)
    with pytest.raises((AssertionError, SlotTaken)):
        test_booking.test_the_same_form_again_gets_the_same_answer_and_no_second_mail(core)
    assert core.all("SELECT count(*) FROM idempotency_keys") == [(0,)]


def test_without_the_lease_another_worker_sends_what_is_on_its_way(
    mailing: Mailing, odd: test_worker.OddServer, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(Watch, "over", lambda _watch, leases, _length: list(leases))
    fails(test_worker.test_what_a_dead_worker_held_is_taken_over_when_its_lease_ends, mailing, odd)


def test_without_the_unique_key_one_mail_is_two(mailing: Mailing, monkeypatch: Patch) -> None:
    add = outbox.add

    def as_if_new(tx: Transaction, mail: OutboxMail) -> None:
        add(tx, replace(mail, occasion=str(uuid4())))

    monkeypatch.setattr(outbox, "add", as_if_new)
    fails(test_worker.test_the_same_mail_added_twice_is_one_mail, mailing)


# ---- whose it is -----------------------------------------------------------------------------------


def find_anybodys(tx: Transaction, _practice_id: str, appointment_id: str) -> Appointment:
    """`appointments.find` without the practice."""
    return appointments._one(tx, select(ROWS).where(ROWS.c.id == appointment_id))


def another_practice_cannot_touch_it(core: Core) -> None:
    """The demo practice's appointment is none of the other practice's."""
    row_id = booked(core, "consultation", TUESDAY).appointment.id
    for act in (
        lambda: by_hand.cancel(core.other, row_id, by="cora", now=NOW),
        lambda: by_hand.move(core.other, row_id, TUESDAY + HOUR, by="cora", now=NOW),
    ):
        with pytest.raises(Exception, match="no such appointment"):
            act()
    assert core.all("SELECT status FROM appointments") == [("confirmed",)]


def test_without_the_practice_filter_another_practice_reaches_it(core: Core, monkeypatch: Patch) -> None:
    another_practice_cannot_touch_it(core)
    execute("DELETE FROM appointments")
    monkeypatch.setattr(appointments, "find", find_anybodys)
    fails(another_practice_cannot_touch_it, core)


def test_without_the_owners_filter_a_colleague_answers(core: Core, monkeypatch: Patch) -> None:
    """Neither the practice nor the therapist is asked for."""
    monkeypatch.setattr(appointments, "find", find_anybodys)
    monkeypatch.setattr(practice_appointments, "find_in", lambda tx, _desk, row: find_anybodys(tx, "", row))
    monkeypatch.setattr(requests, "find_in", lambda tx, _desk, row: find_anybodys(tx, "", row))
    fails(test_requests.test_ada_neither_sees_nor_answers_what_waits_for_ben, core)


# ---- forgery and limits ----------------------------------------------------------------------------


def test_without_the_token_check_a_forged_form_is_taken(demo_app: Flask, monkeypatch: Patch) -> None:
    monkeypatch.setattr(security.csrf, "protect", lambda: None)
    fails(test_security_input.test_a_change_needs_the_token_of_this_very_session, demo_app)


def test_without_the_origin_check_a_change_comes_from_anywhere(demo_app: Flask, monkeypatch: Patch) -> None:
    monkeypatch.setattr(security, "_is_own_origin", lambda: True)
    fails(test_security_input.test_a_change_comes_from_a_page_of_ours, demo_app, {"Origin": "null"}, 403)


def test_without_the_limit_one_source_books_on(core: Core, monkeypatch: Patch) -> None:
    monkeypatch.setattr(booking, "_check_limits", lambda *_arguments: None)
    fails(test_one_limit.test_one_source_books_twenty_an_hour_however_many_forms_it_sends_at_once, core)


def test_without_the_limit_of_holds_one_source_holds_on(core: Core, monkeypatch: Patch) -> None:
    monkeypatch.setattr(holds, "_check_holds", lambda *_arguments: None)
    fails(test_one_limit.test_one_source_holds_three_times_however_many_it_presses_at_once, core)


@pytest.mark.slow
def test_without_taking_turns_a_limit_is_overrun(postgres_core: Core, monkeypatch: Patch) -> None:
    monkeypatch.setattr(limits, "take_turns", lambda *_arguments: None)
    for _ in range(PATIENCE):
        try:
            test_one_limit.test_one_source_books_twenty_an_hour_however_many_forms_it_sends_at_once(
                postgres_core
            )
        except AssertionError:
            return
        for name in ("appointments", "consultation_claims"):
            execute(f"DELETE FROM {name}")
    pytest.fail("the limit held without an order")


@pytest.mark.slow
def test_without_taking_turns_a_practice_holds_more_than_sixty(
    postgres_core: Core, monkeypatch: Patch
) -> None:
    take_turns = limits.take_turns
    monkeypatch.setattr(limits, "take_turns", lambda tx, *who: take_turns(tx, *who[:1]))
    for _ in range(PATIENCE):
        try:
            test_one_limit.test_a_practice_holds_sixty_times_however_many_visitors_press_at_once(
                postgres_core
            )
        except AssertionError:
            return
        execute("DELETE FROM appointments")
        execute("UPDATE therapists SET active = false, slug = id WHERE slug LIKE 't%'")
    pytest.fail("the ceiling held without an order")


def test_without_counting_the_number_of_attempts_is_endless(app: Flask, monkeypatch: Patch) -> None:
    monkeypatch.setattr(counters.store, "add", lambda *_arguments, **_more: (0, NOW))
    fails(test_limits.test_what_is_too_much_is_refused_with_the_seconds_to_wait, app)
