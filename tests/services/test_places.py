"""A call is booked where the therapist may see people, and nothing is kept in the clear."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.domain.errors import NotEligible, Refused
from scheduler.services import booking, eligible_places
from scheduler.services.booking import Booked
from scheduler.store import therapists
from scheduler.store.database import transaction
from tests.services.practice_side import booked
from tests.support.core import NOW, SOURCE, TUESDAY, Core, vera


@pytest.fixture
def licensed(any_core: Core) -> Core:
    """Ada sees people in Quebec and Ben in Ontario; both offer the consultation."""
    with transaction() as tx:
        for slug, places in (("ada", ("CA-QC",)), ("ben", ("CA-ON",))):
            therapists.save(tx, replace(any_core.therapist(slug), places=places))
    return any_core


def with_anybody(core: Core, **form: Any) -> Booked:
    return booking.book(
        core.demo,
        core.kind("consultation"),
        start=TUESDAY,
        therapist=None,
        raw=vera(**form),
        key=str(form),
        source=SOURCE,
        now=NOW,
    )


def test_a_call_needs_one_of_the_places_offered(licensed: Core) -> None:
    assert eligible_places.asked(licensed.demo, licensed.kind("consultation")) == ("CA-ON", "CA-QC")
    for wrong in ("", "DE", "Quebec"):
        with pytest.raises(Refused) as refused:
            booked(licensed, "consultation", TUESDAY, place=wrong)
        assert refused.value.problems == {"place": "Tell us where you will be during the session"}


@pytest.mark.parametrize("place", ["CA-ON", "elsewhere"])
def test_a_therapist_without_a_licence_there_is_not_booked(licensed: Core, place: str) -> None:
    with pytest.raises(NotEligible):
        booked(licensed, "consultation", TUESDAY, place=place)
    assert licensed.all("SELECT count(*) FROM appointments") == [(0,)]


def test_anybody_means_somebody_who_may(licensed: Core) -> None:
    assert with_anybody(licensed, place="CA-ON").therapist.slug == "ben"
    with pytest.raises(NotEligible):
        with_anybody(licensed, place="elsewhere")


def test_the_place_is_kept_sealed_with_the_person(licensed: Core) -> None:
    one = booked(licensed, "consultation", TUESDAY, place="CA-QC")
    assert one.appointment.participants[0].extras == {"place": "CA-QC"}
    found = booking.find_booked(licensed.demo, one.token, now=NOW)
    assert found.appointment.participants[0].extras == {"place": "CA-QC"}
    [(sealed,)] = licensed.all("SELECT extras_sealed FROM participants")
    assert b"QC" not in bytes(sealed)


def test_in_person_nobody_is_asked(licensed: Core) -> None:
    licensed.change_type("consultation", modes=("in_person", "video"))
    one = booked(licensed, "consultation", TUESDAY, mode="in_person", place="elsewhere")
    assert one.appointment.participants[0].extras == {}
