"""Where a client may be during a call."""

from dataclasses import replace

import pytest

from scheduler.domain.places import ELSEWHERE, asked, covers, has_regions, who_may
from scheduler.domain.practice import AppointmentType, Mode, Therapist

ADA = Therapist("ada", "p", "ada", "Ada", "ada@demo.example", 1, places=("CA-QC", "FR"))
BEN = Therapist("ben", "p", "ben", "Ben", "ben@demo.example", 1, places=("CA",))
CORA = Therapist("cora", "p", "cora", "Cora", "cora@demo.example", 1)
KIND = AppointmentType("t", "p", "call", {}, {}, 900, (Mode.IN_PERSON, Mode.VIDEO), ("ada", "ben"))


@pytest.mark.parametrize(
    ("offered", "place", "may"),
    [
        ((), "DE", True),
        ((), ELSEWHERE, True),
        (("CA-QC",), "CA-QC", True),
        (("CA",), "CA-QC", True),
        (("CA-QC",), "CA-ON", False),
        (("CA-QC",), "CA", False),
        (("CA-QC",), ELSEWHERE, False),
    ],
)
def test_a_country_covers_its_regions_and_no_place_means_anywhere(
    offered: tuple[str, ...], place: str, may: bool
) -> None:
    assert covers(offered, place) is may


def test_visitors_choose_among_the_places_of_all_who_offer_it() -> None:
    assert asked(KIND, [ADA, BEN, CORA]) == ("CA", "CA-QC", "FR")
    assert asked(replace(KIND, therapist_ids=("cora",)), [ADA, BEN, CORA]) == ()
    assert asked(replace(KIND, modes=(Mode.IN_PERSON,)), [ADA, BEN]) == ()


def test_those_may_whose_licence_covers_the_place() -> None:
    everybody = replace(KIND, therapist_ids=("ada", "ben", "cora"))
    told = {
        place: [one.slug for one in who_may(everybody, [ADA, BEN, CORA], place)] for place in ("CA-QC", "FR")
    }
    assert told == {"CA-QC": ["ada", "ben", "cora"], "FR": ["ada", "cora"]}
    assert who_may(KIND, [ADA, BEN, CORA], ELSEWHERE) == []


def test_a_country_beside_its_regions_is_the_rest_of_it() -> None:
    assert has_regions("CA", ("CA", "CA-QC"))
    assert not has_regions("CA", ("CA", "FR"))
    assert not has_regions("CA-QC", ("CA", "CA-QC"))


def test_a_profile_is_anything_beside_the_name() -> None:
    assert not ADA.has_profile
    assert not replace(ADA, approach={"en": ""}).has_profile
    assert replace(ADA, credentials={"en": "Psychologist"}).has_profile
    assert replace(ADA, spoken=("fr",)).has_profile
    assert replace(ADA, practising_since=2009).has_profile
