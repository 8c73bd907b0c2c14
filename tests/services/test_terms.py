"""What a visitor accepts about cancelling, and what becomes of the fee."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from scheduler.domain.appointment import Appointment
from scheduler.domain.cancellation import Fee, Terms
from scheduler.domain.errors import NotFound, Refused, WrongState
from scheduler.domain.practice import Approval
from scheduler.services import appointments, consents, manage, rendering, terms
from scheduler.services.rendering import Letter
from scheduler.store import appointments as store
from scheduler.store import therapists
from scheduler.store.database import transaction
from tests.services.practice_side import booked, desk_of
from tests.support.core import NOW, TORONTO, TUESDAY, WEDNESDAY, Core
from tests.support.instants import HOUR, at

DAY = 24 * HOUR
ACCEPTED: dict[str, Any] = {"consents": ["privacy", "policy"]}
UNTIL = "Tuesday 2 June, 09:00"
FREE = "Cancelling is free of charge until it begins."
LATE = WEDNESDAY - 3 * HOUR


@pytest.fixture
def fee(any_core: Core) -> Core:
    """Ada's sessions cost 60 $ when cancelled less than 24 hours before, but not in the first hour."""
    any_core.change_type("session", cancel_window=DAY, grace=HOUR, late_fee_cents=6000, currency="CAD")
    return any_core


def test_a_fee_is_accepted_before_booking(fee: Core) -> None:
    with pytest.raises(Refused) as refused:
        booked(fee, "session", WEDNESDAY)
    assert refused.value.problems == {"policy": "Please confirm that you accept the cancellation terms"}


def test_what_was_accepted_stays_whatever_the_type_says_later(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    fee.change_type("session", late_fee_cents=9000, cancel_window=2 * DAY)
    assert one.appointment.terms == Terms(DAY, HOUR, 6000, "CAD")
    assert manage.find(one.token, now=NOW).appointment.terms == Terms(DAY, HOUR, 6000, "CAD")


def test_cancelling_in_time_costs_nothing(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    cancelled = manage.cancel(one.token, now=WEDNESDAY - DAY).appointment
    assert cancelled.terms is not None
    assert cancelled.terms.fee is Fee.NONE
    with pytest.raises(WrongState):
        appointments.waive_fee(desk_of(fee, "ada"), cancelled.id, now=LATE)


def test_cancelling_late_is_possible_and_the_therapist_lets_the_fee_go(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    cancelled = manage.cancel(one.token, now=LATE).appointment
    assert cancelled.terms == Terms(DAY, HOUR, 6000, "CAD", Fee.DUE)
    desk = desk_of(fee, "ada")
    for _ in range(2):
        appointments.waive_fee(desk, cancelled.id, now=LATE)
        assert appointments.find(desk, cancelled.id).terms == Terms(DAY, HOUR, 6000, "CAD", Fee.WAIVED)
    noted = fee.all("SELECT count(*) FROM audit WHERE action = 'appointment.waive'")
    assert noted == [(1,)]
    with pytest.raises(NotFound):
        appointments.waive_fee(desk_of(fee, "cora", "other"), cancelled.id, now=LATE)


def test_no_fee_is_due_when_the_practice_cancels_or_only_a_request_was_made(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    by_practice = appointments.cancel(desk_of(fee, "ada"), one.appointment.id, now=LATE)
    fee.change_type("session", approval=Approval.REQUEST)
    asked = booked(fee, "session", WEDNESDAY + HOUR, email="v2@example.org", **ACCEPTED)
    withdrawn = manage.cancel(asked.token, now=LATE).appointment
    assert [one.terms.fee for one in (by_practice, withdrawn) if one.terms] == [Fee.NONE, Fee.NONE]


def test_moving_away_late_does_not_let_the_fee_go(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    said = terms.of_moving(one.appointment, at=LATE, language="en")
    assert said == "Moving is free of charge. Cancelling costs $60 by now, and still does after you move."
    moved = manage.move(one.token, WEDNESDAY + 5 * DAY, now=LATE).appointment
    assert moved.terms == Terms(DAY, HOUR, 6000, "CAD", given_up=WEDNESDAY)
    for at_ in (None, LATE):
        assert terms.of_appointment(moved, at=at_, zone=TORONTO, language="en") == (
            "When it was moved, cancelling was no longer free of charge: cancelling it costs $60."
        )
    cancelled = manage.cancel(one.token, now=LATE + HOUR).appointment
    assert cancelled.terms is not None
    assert cancelled.terms.fee is Fee.DUE


def test_moving_in_time_counts_from_the_new_time(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    in_time = WEDNESDAY - DAY
    assert terms.of_moving(one.appointment, at=in_time, language="en") == (
        "Moving is free of charge."
        " The new time can be cancelled free of charge until 24 hours before it begins."
    )
    moved = manage.move(one.token, WEDNESDAY + 5 * DAY, now=in_time).appointment
    assert moved.terms == Terms(DAY, HOUR, 6000, "CAD")
    cancelled = manage.cancel(one.token, now=LATE).appointment
    assert cancelled.terms == moved.terms


def test_what_the_practice_moves_counts_anew_and_a_request_has_no_terms_yet(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    manage.move(one.token, WEDNESDAY + 5 * DAY, now=LATE)
    moved = appointments.move(desk_of(fee, "ada"), one.appointment.id, WEDNESDAY + 6 * DAY, now=LATE)
    assert moved.terms == Terms(DAY, HOUR, 6000, "CAD")
    fee.change_type("session", approval=Approval.REQUEST)
    asked = booked(fee, "session", WEDNESDAY + HOUR, email="v2@example.org", **ACCEPTED)
    assert terms.of_moving(asked.appointment, at=LATE, language="en") == ""
    kept = manage.move(asked.token, WEDNESDAY + 5 * DAY + HOUR, now=NOW + HOUR).appointment
    assert kept.terms == asked.appointment.terms


def test_what_the_practice_moves_to_a_time_too_close_is_free_until_it_begins(fee: Core) -> None:
    one, desk = booked(fee, "session", WEDNESDAY + 5 * DAY, **ACCEPTED), desk_of(fee, "ada")
    moved_at = WEDNESDAY - 2 * DAY + 1
    moved = appointments.move(desk, one.appointment.id, WEDNESDAY, now=moved_at)
    assert terms.of_appointment(moved, at=LATE, zone=TORONTO, language="en") == FREE
    assert manage.find(one.token, now=LATE).appointment.terms == moved.terms
    later = appointments.move(desk, one.appointment.id, WEDNESDAY + HOUR, now=moved_at)
    assert (
        terms.of_appointment(later, at=None, zone=TORONTO, language="en") != FREE
    )  # a day is left to say no
    appointments.move(desk, one.appointment.id, WEDNESDAY, now=LATE)
    cancelled = manage.cancel(one.token, now=WEDNESDAY - 1).appointment
    assert cancelled.terms is not None
    assert cancelled.terms.fee is Fee.NONE


def test_who_then_chooses_another_time_chooses_its_terms_too(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY + 5 * DAY, **ACCEPTED)
    appointments.move(desk_of(fee, "ada"), one.appointment.id, WEDNESDAY, now=LATE)
    moved = manage.move(one.token, WEDNESDAY + 5 * DAY, now=LATE).appointment
    assert moved.terms == Terms(DAY, HOUR, 6000, "CAD")


@pytest.mark.parametrize(
    ("start", "booked_at", "read_at", "sentence"),
    [
        (WEDNESDAY, NOW, NOW, f"Cancelling is free of charge until {UNTIL}. After that it costs $60."),
        (WEDNESDAY, NOW, LATE, f"Cancelling was free of charge until {UNTIL}. Now it costs $60."),
        (WEDNESDAY, NOW, None, f"Cancelling is free of charge until {UNTIL}. After that it costs $60."),
        (TUESDAY, TUESDAY - HOUR, None, FREE),
    ],
)
def test_one_sentence_says_until_when(start: int, booked_at: int, read_at: int | None, sentence: str) -> None:
    said = terms.of_time(
        Terms(DAY, HOUR, 6000, "CAD"),
        start=start,
        booked_at=booked_at,
        at=read_at,
        zone="America/Toronto",
        language="en",
    )
    assert said == sentence


def test_a_time_too_close_says_so_and_general_terms_name_hours() -> None:
    strict = Terms(DAY, 0, 6000, "CAD")
    close: dict[str, Any] = {"start": TUESDAY, "booked_at": TUESDAY - HOUR, "at": None, "zone": TORONTO}
    assert terms.of_time(strict, **close, language="en") == "This time is close: cancelling it costs $60."
    assert terms.in_general(strict, "en") == (
        "Cancelling is free of charge until 24 hours before it begins. After that it costs $60."
    )
    assert terms.in_general(Terms(DAY, HOUR, 6000, "CAD"), "en") == (
        "Cancelling is free of charge until 24 hours before it begins, and always in the first 60 minutes"
        " after booking. Otherwise it costs $60."
    )


def test_the_confirmation_says_what_was_accepted(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    letter = Letter(
        kind="confirmation",
        language="en",
        practice=fee.demo,
        therapist=one.therapist,
        type=one.kind,
        appointment=one.appointment,
        person=one.appointment.participants[0],
        link="https://book.example/appointments/x",
        public_url="https://book.example",
        now=at("2026-06-01T08:00-04:00"),
    )
    written = rendering.write(letter)
    sentence = "Cancelling is free of charge until Tuesday 2 June, 15:00. After that it costs $60."
    assert sentence in " ".join(written.text.split())
    assert sentence in written.html


def test_a_fee_let_go_while_consent_is_taken_back_loses_neither(core: Core) -> None:
    """On PostgreSQL two transactions read the row; the second writes only after the first has."""
    core.change_type("session", cancel_window=DAY, grace=HOUR, late_fee_cents=6000, currency="CAD")
    one, desk = booked(core, "session", WEDNESDAY, **ACCEPTED), desk_of(core, "ada")
    read = manage.cancel(one.token, now=LATE).appointment
    acts = (
        lambda: appointments.waive_fee(desk, read.id, now=LATE),
        lambda: consents.take_back(one.token, now=LATE),
    )
    for act, changes in zip(acts, (taken_back(read), {"note": "typed at the same moment"}), strict=True):
        with ThreadPoolExecutor(1) as pool:
            with transaction() as tx:
                therapists.lock(tx, read.therapist_id)
                now_there = store.find(tx, core.demo.id, read.id)
                store.change(tx, now_there, replace(now_there, **changes))
                done = pool.submit(in_app(core, act))
                wait_until_somebody_waits(core)
            done.result()
    stored = appointments.find(desk, read.id)
    assert stored.terms == Terms(DAY, HOUR, 6000, "CAD", Fee.WAIVED)
    assert stored.consents["policy"].withdrawn_at == LATE
    assert stored.note == "typed at the same moment"
    with transaction() as tx, pytest.raises(WrongState):  # what was read before all that is no longer so
        store.change(tx, read, replace(read, note="overwritten"))


def taken_back(read: Appointment) -> dict[str, Any]:
    return {"consents": {**read.consents, "policy": replace(read.consents["policy"], withdrawn_at=LATE)}}


def in_app(core: Core, act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with core.app.app_context():
            act()

    return run


def wait_until_somebody_waits(core: Core) -> None:
    """SQLite lets nobody begin a change beside another; on PostgreSQL the other waits for a row."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(
        0 if core.url.startswith("sqlite") else 2000
    ):  # looked at from outside, or it never changes
        if core.all(waiting) != [(0,)]:
            return
