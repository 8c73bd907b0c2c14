"""Places and languages in words, and codes from what people type."""

import pytest

from scheduler.services import language_names, place_names


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


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_place_is_read_as_it_is_written(language: str) -> None:
    codes = ("CA-QC", "CA-PE", "US-DC", "US-GA", "GE", "DE", "CH-ZH", "US-WA")
    assert place_names.read(place_names.written(codes, language), language) == codes


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
