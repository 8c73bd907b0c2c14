"""A practice where nothing is free, where times open later, and the secret links of those who wait."""

from sqlalchemy import text

from scheduler.clock import utcnow
from scheduler.domain.availability import WeeklySpan
from scheduler.domain.waitlist import State
from scheduler.services import directory, turns
from scheduler.store import schedule, therapists, waiting
from scheduler.store.database import reading, transaction

EVENING = (18 * 60, 19 * 60)


def close_everything() -> None:
    """No therapist of the demo practice has hours."""
    with transaction() as tx:
        tx.execute(text("DELETE FROM extra_hours"))
        for person in directory.therapists(directory.practice("demo")):
            schedule.replace_weekly(tx, person.id, [])
            therapists.raise_revision(tx, person.id, now=utcnow())


def open_evenings(slug: str = "ada") -> None:
    """An hour every evening, and the worker's errand has seen it."""
    with transaction() as tx:
        person = directory.find_therapist(directory.practice("demo"), slug)
        schedule.replace_weekly(tx, person.id, [WeeklySpan(weekday, *EVENING) for weekday in range(1, 8)])
        therapists.raise_revision(tx, person.id, now=utcnow())
    turns.tend(now=utcnow())


def links() -> dict[str, str]:
    """The path of the mailed link by name."""
    with reading() as tx:
        entries = waiting.of_practice(tx, directory.practice("demo").id, tuple(State))
        return {entry.name: f"/waiting/{waiting.token(tx, entry.id)}" for entry in entries}
