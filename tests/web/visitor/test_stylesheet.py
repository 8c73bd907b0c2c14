"""The contrast table of the design, computed again from the tokens: no change can lower it unseen."""

import re
from itertools import pairwise

import pytest

from scheduler.domain.colour import DARK, LIGHT, contrast
from scheduler.web.visitor.assets import STATIC

TEXT, CONTROL = 4.5, 3.0
TABLE = [
    ("ink", "surface", 14.5, 13.4, TEXT),
    ("ink", "sunken", 13.2, 14.6, TEXT),
    ("ink-2", "surface", 7.1, 8.1, TEXT),
    ("ink-2", "sunken", 6.5, 8.8, TEXT),
    ("ink-2", "wash", 6.1, 6.4, TEXT),
    ("accent", "surface", 7.8, 9.3, TEXT),
    ("accent", "wash", 6.8, 7.4, TEXT),
    ("on-accent", "accent", 7.8, 9.2, TEXT),
    ("edge", "surface", 3.8, 4.6, CONTROL),
    ("edge", "sunken", 3.4, 5.0, CONTROL),
    ("clay", "surface", 6.0, 8.0, TEXT),
    ("clay", "clay-tint", 5.1, 6.7, TEXT),
    ("ok", "ok-tint", 5.5, 7.3, TEXT),
    ("warn", "warn-tint", 6.1, 7.9, TEXT),
    ("bad", "bad-tint", 6.3, 7.1, TEXT),
    ("bad", "surface", 7.3, 8.0, TEXT),
    ("ink-2", "ok-tint", 6.1, 6.5, TEXT),
]
"""(colour, on colour, contrast in light, contrast in dark, least contrast)."""


def themes() -> list[dict[str, str]]:
    """Colour tokens of each block of the stylesheet: light, dark by preference, dark by choice."""
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root[^{]*\{([^{}]*)\}", text)
    found = [dict(re.findall(r"--bk-([\w-]+):\s*(#[0-9a-f]{6});", block)) for block in blocks]
    return [tokens for tokens in found if "surface" in tokens]


def test_both_dark_themes_are_the_same() -> None:
    light, by_preference, by_choice = themes()
    assert by_preference == by_choice
    assert light.keys() == by_choice.keys()


@pytest.mark.parametrize(("colour", "ground", "light", "dark", "least"), TABLE)
def test_the_contrast_is_what_the_design_says(
    colour: str, ground: str, light: float, dark: float, least: float
) -> None:
    for tokens, expected in zip((themes()[0], themes()[2]), (light, dark), strict=True):
        found = contrast(tokens[colour], tokens[ground])
        assert found >= least
        assert found == pytest.approx(expected, abs=0.06)


def test_the_accent_of_a_site_is_measured_on_the_grounds_of_the_stylesheet() -> None:
    for tokens, ground in zip((themes()[0], themes()[2]), (LIGHT, DARK), strict=True):
        assert (tokens["surface"], tokens["ink"]) == (ground.surface, ground.ink)
        assert tokens["on-accent"] in ground.on_accent


def test_type_and_space_follow_the_scale() -> None:
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    sizes = [float(size) for size in re.findall(r"--bk-t-\w+:\s*([\d.]+)rem", text)]
    assert [size * 16 for size in sizes] == [15, 17, 20, 26, 32]
    spaces = [float(size) * 16 for size in re.findall(r"--bk-[1-7]:\s*([\d.]+)rem", text)]
    assert spaces == [4, 8, 12, 16, 24, 32, 48]
    assert all(small < large for small, large in pairwise(spaces))


def test_no_stylesheet_knows_left_from_right() -> None:
    physical = re.compile(
        r"(?:margin|padding|border|inset)-(?:left|right)|(?:text-align|float|clear):\s*(?:left|right)\b"
        r"|(?<![-\w])(?:left|right):"
    )
    sheets = sorted((STATIC / "css").glob("*.css"))

    assert len(sheets) >= 6
    found = [
        (sheet.name, match[0]) for sheet in sheets for match in physical.finditer(sheet.read_text("utf-8"))
    ]
    assert found == []
