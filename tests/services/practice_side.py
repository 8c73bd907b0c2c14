"""The desks of the cast, and an appointment of Vera's, for tests of the practice's use cases."""

from typing import Any

from scheduler.domain.staff import Role, Staff
from scheduler.services import booking
from scheduler.services import desk as desks
from scheduler.services.booking import Booked
from scheduler.services.desk import Desk
from tests.support.core import NOW, SOURCE, Core, vera


def desk_of(core: Core, slug: str, practice: str = "demo") -> Desk:
    """The desk of a therapist."""
    whose = core.therapist(slug, practice)
    return desks.of_staff(Staff(f"user-{slug}", whose.practice_id, whose.id, Role.THERAPIST, whose.name))


def owner_desk(core: Core) -> Desk:
    """The desk of the demo practice's owner, who sees no clients."""
    return desks.of_staff(Staff("user-owner", core.demo.id, None, Role.OWNER, "Olive"))


def booked(core: Core, slug: str, start: int, whose: str = "ada", *, now: int = NOW, **form: Any) -> Booked:
    """Vera books."""
    therapist = core.therapist(whose)
    key = f"{slug}-{start}-{whose}-{form.get('email')}"
    raw = vera(**form)
    return booking.book(
        core.demo, core.kind(slug), start=start, therapist=therapist, raw=raw, key=key, source=SOURCE, now=now
    )
