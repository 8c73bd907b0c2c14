"""Places and languages in words, and codes from what people type."""

import pytest

from scheduler.services import language_names, place_names, wording
from scheduler.services.region_names import REGIONS


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("Quebec, ontario", ("CA-QC", "CA-ON")),
        ("Québec; Allemagne\nUS-NY", ("CA-QC", "DE", "US-NY")),
        ("Georgia, Georgia (USA)", ("GE", "US-GA")),
        ("CH-ZH, CH-ZH (Switzerland)", ("CH-ZH",)),
        (" , ", ()),
        ("Atlantis", None),
        ("XX", None),
        ("ca-qc", None),
    ],
)
def test_places_are_typed_as_names_or_codes(typed: str, codes: tuple[str, ...] | None) -> None:
    assert place_names.read(typed, "en") == codes


@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "ru"])
def test_every_place_is_read_as_it_is_written(language: str) -> None:
    codes = ("CA-QC", "CA-PE", "US-DC", "US-GA", "GE", "DE", "CH-ZH", "US-WA")
    assert place_names.read(place_names.written(codes, language), language) == codes


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("fr", ["Québec", "Virginie-Occidentale", "Ontario"]),
        ("de", ["Québec", "West Virginia", "Ontario"]),
        ("es", ["Quebec", "Virginia Occidental", "Ontario"]),
        ("ru", ["Квебек", "Западная Виргиния", "Онтарио"]),
    ],
)
def test_regions_have_names_in_every_language(language: str, names: list[str]) -> None:
    assert [place_names.name(code, language) for code in ("CA-QC", "US-WV", "CA-ON")] == names


def test_region_names_are_of_known_regions_and_no_two_are_alike() -> None:
    known = place_names.regions("en")
    assert (len(known), set(REGIONS)) == (13 + 51, set(wording.SUPPORTED))
    for language in REGIONS:
        named = {**known, **place_names.regions(language)}
        assert named.keys() == known.keys(), language
        assert len(set(named.values())) == len(known), language
    assert place_names.regions("ru").keys() == known.keys()


def test_a_visitor_chooses_by_name_and_last_is_somewhere_else() -> None:
    assert place_names.choices(("CA", "CA-QC", "DE"), "en") == [
        ("CA", "Canada, elsewhere"),
        ("DE", "Germany"),
        ("CA-QC", "Quebec"),
        ("elsewhere", "Somewhere else"),
    ]


def test_spoken_languages_are_typed_in_any_language_of_ours() -> None:
    assert language_names.read("english, Français, Inuktitut", "en") == ("en", "fr", "iu")
    assert language_names.read("Klingonese", "en") is None
    assert language_names.written(("en", "fr"), "fr") == "Anglais, Français"
