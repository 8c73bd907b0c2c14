"""The database itself refuses overlapping appointments, whatever the program does: raw SQL on both."""

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError

from scheduler.domain.appointment import LIVE, Status
from scheduler.domain.errors import SlotTaken, StoreBusy
from scheduler.store.database import OVERLAP, db, reading, transaction
from scheduler.store.tables import AppointmentRow, table
from tests.support.core import NOW, SENDER, Core
from tests.support.instants import HOUR

APPOINTMENTS = table(AppointmentRow)
DONE = [status for status in Status if status not in LIVE]


def row(core: Core, start: int, end: int, **changes: Any) -> dict[str, Any]:
    """A confirmed appointment of Ada without buffers, unless changed."""
    return {
        "id": str(uuid4()),
        "practice_id": core.demo.id,
        "therapist_id": core.therapist("ada").id,
        "type_id": core.kind("consultation").id,
        "uid": str(uuid4()),
        "sequence": 0,
        "status": "confirmed",
        "start_at": start,
        "end_at": end,
        "busy_start": start,
        "busy_end": end,
        "mode": "video",
        "language": "en",
        "visitor_zone": "UTC",
        "organizer": SENDER,
        "created_at": NOW,
        "changed_at": NOW,
        "by_hand": False,
        "consents": {},
        **changes,
    }


def add(core: Core, start: int, end: int, **changes: Any) -> str:
    """Insert a row behind the program's back; its id."""
    values = row(core, start, end, **changes)
    with db.engine.begin() as connection:
        connection.execute(insert(APPOINTMENTS).values(values))
    return str(values["id"])


def change(row_id: str, **changes: Any) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(APPOINTMENTS).where(APPOINTMENTS.c.id == row_id).values(**changes))


def refused(core: Core, act: Any) -> None:
    """The act is refused by the guard, and the table stays as it was."""
    before = core.all("SELECT * FROM appointments ORDER BY id")
    with pytest.raises(IntegrityError, match=OVERLAP):
        act()
    assert core.all("SELECT * FROM appointments ORDER BY id") == before


OVERLAPPING = [(1000, 2000), (500, 1001), (1999, 3000), (1200, 1300), (0, 9000), (1000, 1001), (999, 1001)]


def test_an_overlapping_insert_is_refused(core: Core) -> None:
    for offset, status in enumerate(LIVE):
        base = offset * 10 * HOUR
        add(core, base + 1000, base + 2000, status=status)
        for other, (start, end) in product(LIVE, OVERLAPPING):
            refused(
                core, lambda low=base + start, high=base + end, new=other: add(core, low, high, status=new)
            )


def test_appointments_back_to_back_are_allowed(core: Core) -> None:
    for start, end in [(1000, 2000), (500, 1000), (2000, 3000), (0, 1)]:
        add(core, start, end)


def test_what_is_not_live_takes_no_time(core: Core) -> None:
    for status in (*DONE, "confirmed", *DONE):
        add(core, 1000, 2000, status=status)


def test_each_therapist_has_a_calendar_of_their_own(core: Core) -> None:
    add(core, 1000, 2000)
    add(core, 1000, 2000, therapist_id=core.therapist("ben").id)


@pytest.mark.parametrize(
    "changes",
    [
        {"start_at": 1500, "end_at": 1600, "busy_start": 1500, "busy_end": 1600},
        {"busy_start": 1999},
        {"start_at": 1999, "busy_start": 1999},
        {"busy_start": 0, "busy_end": 9000},
    ],
)
def test_an_update_into_taken_time_is_refused(core: Core, changes: dict[str, int]) -> None:
    add(core, 1000, 2000)
    moved = add(core, 2000, 3000)
    refused(core, lambda: change(moved, **changes))


def test_an_update_of_the_buffer_behind_is_refused(core: Core) -> None:
    first = add(core, 1000, 2000)
    add(core, 2000, 3000)
    refused(core, lambda: change(first, busy_end=2001))


def test_an_update_to_another_therapist_is_refused(core: Core) -> None:
    add(core, 1000, 2000)
    other = add(core, 1500, 2500, therapist_id=core.therapist("ben").id)
    refused(core, lambda: change(other, therapist_id=core.therapist("ada").id))


def test_coming_back_to_life_over_another_is_refused(core: Core) -> None:
    gone = [add(core, 1000, 2000, status=status) for status in DONE]
    add(core, 1500, 2500)
    for row_id, live in product(gone, LIVE):
        refused(core, lambda row_id=row_id, live=live: change(row_id, status=live))


def test_a_new_id_does_not_slip_through(core: Core) -> None:
    add(core, 1000, 2000)
    other = add(core, 2000, 3000)
    refused(core, lambda: change(other, id=str(uuid4()), busy_start=1999))


def test_a_change_that_touches_nobody_is_allowed(core: Core) -> None:
    first = add(core, 1000, 2000)
    add(core, 2000, 3000)
    change(first, start_at=900, busy_start=800)
    change(first, status="requested")
    change(first, status="cancelled", busy_end=2500)


def test_one_statement_with_two_overlapping_rows_stores_neither(core: Core) -> None:
    def both() -> None:
        with db.engine.begin() as connection:
            connection.execute(insert(APPOINTMENTS).values([row(core, 1000, 2000), row(core, 1500, 2500)]))

    refused(core, both)


@pytest.mark.parametrize(
    ("start", "end", "changes"),
    [
        (2000, 2000, {}),
        (2000, 1000, {"busy_start": 1000, "busy_end": 2000}),
        (1000, 2000, {"busy_start": 1001}),
    ],
)
def test_an_appointment_lasts_some_time_within_its_buffers(
    core: Core, start: int, end: int, changes: dict[str, int]
) -> None:
    with pytest.raises(IntegrityError) as refused_by:
        add(core, start, end, **changes)
    assert OVERLAP not in str(refused_by.value)


def test_the_program_calls_an_overlap_taken_and_nothing_else(core: Core) -> None:
    first = row(core, 1000, 2000)
    with transaction() as tx:
        tx.execute(insert(APPOINTMENTS).values(first))
    with pytest.raises(SlotTaken), transaction() as tx:
        tx.execute(insert(APPOINTMENTS).values(row(core, 1500, 2500)))
    with pytest.raises(StoreBusy), transaction() as tx:
        tx.execute(insert(APPOINTMENTS).values(row(core, 5 * HOUR, 6 * HOUR, uid=first["uid"])))
    with pytest.raises(IntegrityError), transaction() as tx:
        tx.execute(insert(APPOINTMENTS).values(row(core, 5 * HOUR, 5 * HOUR)))


def test_the_guard_and_the_program_mean_the_same_by_live(core: Core) -> None:
    with reading() as tx:
        if tx.dialect.name == "sqlite":
            query = (
                f"SELECT sql FROM sqlite_master WHERE name LIKE '{OVERLAP}%' OR name = 'ix_appointments_live'"
            )
        else:
            query = (
                f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{OVERLAP}' "
                "UNION ALL SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_appointments_live'"
            )
        texts = [str(text_) for (text_,) in tx.execute(text(query))]
    assert len(texts) == (3 if core.url.startswith("sqlite") else 2)
    for found in texts:
        assert {status for status in Status if f"'{status}'" in found} == set(LIVE)


def test_without_the_guard_the_overlap_would_be_stored(core: Core) -> None:
    """The tests above look at the guard and not at something else that happens to refuse."""
    with db.engine.begin() as connection:
        if core.url.startswith("sqlite"):
            connection.execute(text(f"DROP TRIGGER {OVERLAP}_insert"))
        else:
            connection.execute(text(f"ALTER TABLE appointments DROP CONSTRAINT {OVERLAP}"))
    add(core, 1000, 2000)
    add(core, 1500, 2500)
    assert core.all("SELECT count(*) FROM appointments") == [(2,)]
