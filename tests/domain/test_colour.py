"""An accent chosen by a practice stays readable, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.colour import (
    DARK,
    LIGHT,
    TEXT_CONTRAST,
    Ground,
    contrast,
    luminance,
    mix,
    parse,
    readable,
)

colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
grounds = st.sampled_from([LIGHT, DARK])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#1d5a55", "#fffdf8", 7.8),
    ],
)
def test_contrast_follows_the_wcag_formula(one: str, other: str, expected: float) -> None:
    assert round(contrast(one, other), 2 if expected == 4.48 else 1) == expected
    assert contrast(one, other) == contrast(other, one)


def test_luminance_runs_from_black_to_white() -> None:
    assert luminance("#000000") == 0
    assert luminance("#ffffff") == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "#fff", "red", "#12345g", "#1234567", "١٢٣٤٥٦", "#12345\n"])
def test_only_six_hex_digits_are_a_colour(text: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        parse(text)


def test_mixing_meets_in_the_middle() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#102030", "#ffffff", 0) == "#102030"


@given(colours, grounds)
def test_every_accent_can_be_read_on_surface_and_wash_and_its_button_too(colour: str, ground: Ground) -> None:
    accent = readable(colour, ground)
    assert contrast(accent.accent, ground.surface) >= TEXT_CONTRAST
    assert contrast(accent.accent, accent.wash) >= TEXT_CONTRAST
    assert contrast(accent.on_accent, accent.accent) >= TEXT_CONTRAST
    assert contrast(accent.on_accent, accent.hover) >= TEXT_CONTRAST


@given(colours, grounds)
def test_text_stays_readable_on_the_wash_of_every_accent(colour: str, ground: Ground) -> None:
    second = "#4d5a57" if ground is LIGHT else "#adb8b3"
    wash = readable(colour, ground).wash
    assert contrast(ground.ink, wash) >= TEXT_CONTRAST
    assert contrast(second, wash) >= TEXT_CONTRAST


def test_a_colour_that_reads_well_is_left_alone() -> None:
    assert readable("#1d5a55", LIGHT).accent == "#1d5a55"
    assert readable("#8fcfc2", DARK).accent == "#8fcfc2"


def test_pale_pink_becomes_a_readable_pink() -> None:
    accent = readable("#ffc0cb", LIGHT).accent
    red, green, blue = parse(accent)
    assert accent != "#ffc0cb"
    assert red > green
    assert red > blue
