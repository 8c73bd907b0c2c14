"""However a stranger goes about it, one address gets few mails; what is repeated is told once."""

from collections import Counter
from contextlib import suppress
from itertools import count

import pytest
from sqlalchemy import text

from scheduler.domain.errors import Refused, TooMany
from scheduler.services import addressees, booking, limits, manage
from scheduler.services.booking import Booked
from scheduler.services.mail_limits import ALL, DAY, HOUR, UNCONFIRMED
from scheduler.services.notices import REMIND_BEFORE
from scheduler.store.database import transaction
from tests.support.core import NOW, TUESDAY, WEDNESDAY, Core, vera
from tests.support.instants import MINUTE, at

QUARTER = 15 * MINUTE
VICTIM = "victim@example.org"
THURSDAY_IN_BERLIN = at("2026-06-04T09:00+02:00")
NUMBERS = count(1)


def book(core: Core, start: int, *, practice: str = "demo", now: int = NOW, email: str = VICTIM) -> Booked:
    """A form from a source of its own."""
    number = next(NUMBERS)
    return booking.book(
        core.demo if practice == "demo" else core.other,
        core.kind("consultation", practice),
        start=start,
        therapist=core.therapist("ada" if practice == "demo" else "cora", practice),
        raw=vera(email=email),
        key=f"key {number}",
        source=f"198.51.100.{number}",
        now=now,
    )


def free(*booked: Booked) -> None:
    """Make room in the limits of live appointments, as the practice would; no link is opened."""
    with transaction() as tx:
        for one in booked:
            change = text("UPDATE appointments SET status = 'cancelled' WHERE id = :id")
            tx.execute(change, {"id": one.appointment.id})


def told(core: Core) -> Counter[str]:
    """How many mails of each kind there are for visitors of the demo practice."""
    return Counter(mail.kind for mail in core.mails() if mail.recipient != "therapist")


def test_the_limits_are_those_that_were_promised() -> None:
    assert UNCONFIRMED == ((3600, 6), (86400, 12))
    assert ALL == ((3600, 12), (86400, 24))


def test_the_mails_of_all_practices_are_counted_together(core: Core) -> None:
    here = [book(core, TUESDAY + step * QUARTER) for step in range(3)]
    there = [book(core, THURSDAY_IN_BERLIN + step * QUARTER, practice="other") for step in range(3)]
    free(*here, *there)
    with pytest.raises(TooMany):
        book(core, WEDNESDAY)
    assert book(core, WEDNESDAY, email="ines@example.org").status == "confirmed"
    assert book(core, WEDNESDAY + QUARTER, now=NOW + HOUR).status == "confirmed"


def test_an_address_that_is_corrected_to_and_fro_is_not_flooded(core: Core) -> None:
    hits = 0
    for number in range(10):
        token = book(core, TUESDAY + number * QUARTER, email=f"own{number}@example.org").token
        try:
            token = addressees.correct_address(token, VICTIM, now=NOW + number)
        except TooMany:
            continue
        hits += 1
        addressees.correct_address(token, f"away{number}@example.org", now=NOW + number)
    assert hits == 6


def test_however_often_it_is_tried_no_hour_and_no_day_holds_more_mails(sqlite_core: Core) -> None:
    first, hits = at("2026-06-10T09:00-04:00"), list[int]()
    moments = [*range(NOW, NOW + 2 * HOUR, 8 * MINUTE), *range(NOW + 2 * HOUR, NOW + DAY + HOUR, 70 * MINUTE)]
    for number, now in enumerate(moments):
        start = first + number % 12 * QUARTER + number // 12 * DAY
        booked = book(sqlite_core, start, now=now, email=f"own{number}@example.org")
        with suppress(TooMany):
            token = addressees.correct_address(booked.token, VICTIM, now=now)
            hits += [now, start - REMIND_BEFORE]
            addressees.correct_address(token, f"away{number}@example.org", now=now)
    for window, most in UNCONFIRMED:
        assert max(sum(low <= other < low + window for other in hits) for low in hits) == most
    assert len(hits) < len(moments)


def test_moving_to_and_fro_ends_and_leaves_the_appointment_where_it_is(core: Core) -> None:
    booked = book(core, TUESDAY)
    for step in range(1, 12):
        manage.move(booked.token, TUESDAY + step % 2 * QUARTER, now=NOW + step * MINUTE)
    with pytest.raises(TooMany):
        manage.move(booked.token, TUESDAY, now=NOW + 15 * MINUTE)
    assert told(core)["moved"] == 11
    assert manage.find(booked.token, now=NOW).appointment.start == TUESDAY + QUARTER
    assert manage.cancel(booked.token, now=NOW + 16 * MINUTE).appointment.status == "cancelled"
    assert told(core)["cancelled"] == 1


def test_somebody_who_used_the_link_goes_on_booking(core: Core) -> None:
    for step in range(8):
        booked = book(core, TUESDAY + step * QUARTER)
        manage.opened(booked.token, now=NOW)
    assert told(core)["confirmation"] == 8


def test_cancelling_is_counted_and_never_refused(core: Core) -> None:
    for step in range(6):
        manage.cancel(book(core, TUESDAY + step * QUARTER).token, now=NOW + step)
    with pytest.raises(TooMany):
        book(core, WEDNESDAY, now=NOW + MINUTE)
    assert told(core) == {"confirmation": 6, "cancelled": 6}


def test_what_is_refused_counts_for_nothing(core: Core) -> None:
    booked = [book(core, TUESDAY + step * QUARTER) for step in range(3)]
    for _ in range(9):
        with pytest.raises(TooMany):  # three live appointments are the limit
            book(core, WEDNESDAY)
    free(*booked)
    assert book(core, WEDNESDAY).status == "confirmed"


def test_what_is_done_again_is_told_once(core: Core) -> None:
    form = {
        "start": TUESDAY,
        "therapist": core.therapist("ada"),
        "raw": vera(),
        "key": "one form",
        "source": "192.0.2.1",
    }
    [first, *others] = [booking.book(core.demo, core.kind("consultation"), now=NOW, **form) for _ in range(4)]
    for _ in range(3):
        assert addressees.correct_address(first.token, vera()["email"], now=NOW + 1) == first.token
    for _ in range(3):
        manage.move(first.token, TUESDAY + QUARTER, now=NOW + 2)
    for _ in range(3):
        manage.cancel(first.token, now=NOW + 3)
    assert {one.uid for one in others} == {first.uid}
    assert told(core) == {"confirmation": 1, "moved": 1, "cancelled": 1}


def test_people_who_come_together_have_addresses_of_their_own(sqlite_core: Core) -> None:
    sqlite_core.change_type("couple", participants=4)
    others = [{"name": "Paul", "email": email} for email in (VICTIM, "Victim+2@example.org", "p@example.org")]
    with pytest.raises(Refused) as refused:
        booking.book(
            sqlite_core.demo,
            sqlite_core.kind("couple"),
            start=WEDNESDAY,
            therapist=None,
            raw=vera(participants=others),
            key="k",
            source="192.0.2.1",
            now=NOW,
        )
    assert refused.value.problems == {
        "participants.1.email": "Each person needs an email address of their own"
    }


def test_what_was_counted_is_forgotten_and_names_nobody(core: Core) -> None:
    book(core, TUESDAY)
    [(key,)] = core.all("SELECT key FROM limits")
    assert "victim" not in key
    assert limits.forget(now=NOW + DAY - 1) == 0
    assert limits.forget(now=NOW + DAY) == 1
