"""How many statements an answer costs, and that what is remembered is read anew when it changed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.practice import AppointmentType
from scheduler.services import booking, manage, offers
from scheduler.store import appointments, catalogue, types
from scheduler.store.catalogue import Catalogue
from scheduler.store.database import Transaction, db, reading, transaction
from tests.support.core import NOW, SOURCE, TUESDAY, Core, day, somebody
from tests.support.instants import HOUR, MINUTE

Counter = Callable[[Callable[[], object]], int]


@pytest.fixture
def count() -> Iterator[Counter]:
    """Count the statements of a call; BEGIN and SET belong to the transaction and are not counted."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SET ")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)

    def counted(act: Callable[[], object]) -> int:
        seen.clear()
        act()
        return len(seen)

    yield counted
    event.remove(db.engine, "before_cursor_execute", note)


def book(core: Core, number: int, kind: AppointmentType) -> booking.Booked:
    return booking.book(
        core.demo,
        kind,
        start=TUESDAY + (number % 12) * 15 * MINUTE + (number // 12) * 24 * HOUR,
        therapist=core.therapist("ada"),
        raw=somebody(number),
        key=str(number),
        source=SOURCE,
        now=NOW,
        limited=False,
    )


@pytest.fixture
def counting_core(core: Core) -> Core:
    """The core, its engine made before statements are counted."""
    return core


def test_an_offer_after_a_booking_costs_two_statements_and_one_when_remembered(
    counting_core: Core, count: Counter
) -> None:
    core = counting_core
    kind = core.kind("consultation")
    ask = lambda: offers.offer(core.demo, kind, day("2026-06-02"), day("2026-06-30"), therapist=None, now=NOW)  # noqa: E731
    ask()
    for bookings in (1, 30):
        for number in range(0 if bookings == 1 else 1, bookings):
            book(core, number, kind)
        assert count(ask) == 2
        assert count(ask) == 1


def test_a_list_costs_the_same_for_one_and_for_thirty(counting_core: Core, count: Counter) -> None:
    core = counting_core
    kind, ada = core.kind("consultation"), core.therapist("ada")

    def week() -> None:
        with reading() as tx:
            appointments.between(tx, core.demo.id, [ada.id], (NOW, NOW + 14 * 24 * HOUR))

    def confirmed() -> None:
        with reading() as tx:
            appointments.with_status(tx, core.demo.id, ["confirmed"])

    token = book(core, 0, kind).token
    costs = [count(week), count(confirmed), count(lambda: manage.find(token, now=NOW))]
    for number in range(1, 30):
        book(core, number, kind)
    assert [count(week), count(confirmed), count(lambda: manage.find(token, now=NOW))] == costs
    assert costs == [2, 2, 4]


def test_the_catalogue_is_read_again_when_its_revision_rises(core: Core, count: Counter) -> None:
    def read() -> Catalogue:
        with reading() as tx:
            return catalogue.by_slug(tx, "demo")

    first = read()
    assert count(read) == 1
    book(core, 0, core.kind("consultation"))
    assert count(read) == 1
    after_booking = read()
    ada = core.therapist("ada").id
    assert (after_booking.types, after_booking.revisions[ada]) == (first.types, first.revisions[ada] + 1)
    core.change_type("session", names={"en": "Talk"})
    assert [dict(kind.names) for kind in read().types if kind.slug == "session"] == [{"en": "Talk"}]
    core.open_weekly("ada", WeeklySpan(7, 600, 660))
    assert read().hours[ada].weekly == (WeeklySpan(7, 600, 660),)
    core.change_practice(name="Another")
    assert read().practice.name == "Another"


def test_a_type_that_the_caller_read_earlier_is_not_believed(core: Core) -> None:
    from_here = core.kind("consultation")
    core.change_type("consultation", enabled=False)
    with reading() as tx:
        assert types.find(tx, core.demo.id, from_here.id).enabled is False
    answer = offers.offer(core.demo, from_here, day("2026-06-02"), day("2026-06-02"), therapist=None, now=NOW)
    assert answer.starts == ()


def test_a_booking_raises_the_revision_of_its_therapist_alone(core: Core) -> None:
    def revisions() -> dict[str, tuple[int, int]]:
        rows = core.all("SELECT slug, calendar_revision, hours_revision FROM therapists")
        return {slug: (calendar, hours) for slug, calendar, hours in rows}

    before = revisions()
    book(core, 0, core.kind("consultation"))
    after = revisions()
    assert after == {**before, "ada": (before["ada"][0] + 1, before["ada"][1])}


def test_sqlite_finds_taken_time_by_the_index_of_live_appointments(sqlite_core: Core) -> None:
    def plan(tx: Transaction, statement: str) -> str:
        return " ".join(str(row[-1]) for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))

    with transaction() as tx:
        found = plan(
            tx,
            "SELECT busy_start FROM appointments"
            " WHERE appointments.status IN ('held', 'requested', 'confirmed')"
            " AND therapist_id IN ('a', 'b') AND busy_end > 5 AND busy_start < 9",
        )
    assert "ix_appointments_live" in found
    assert sqlite_core.demo.slug == "demo"
