"""Fifty accents as a practice might send them: what we serve for each can be read, counted anew."""

import random
import re

import pytest

from tests.support.contrast import contrast
from tests.web.visitor.walking import Visitor

READABLE = (
    ("--bk-accent", "--bk-surface"),
    ("--bk-accent", "--bk-wash"),
    ("--bk-on-accent", "--bk-accent"),
    ("--bk-on-accent", "--bk-accent-hover"),
    ("--bk-ink", "--bk-wash"),
    ("--bk-ink-2", "--bk-wash"),
)
_TOKEN = re.compile(r"(--bk-[a-z0-9-]+):\s*(#[0-9a-f]{6})")


@pytest.fixture
def house(vera: Visitor) -> tuple[dict[str, str], dict[str, str]]:
    """The colours of the served stylesheet, light and dark."""
    address = re.findall(r'<link rel="stylesheet" href="([^"]+)"', vera.open("/book/demo/").source)[0]
    sheet = vera.client.get(address).text
    light, dark = sheet.split("prefers-color-scheme: dark", 1)
    return colours(light), colours(light) | colours(dark.split("}", 1)[0])


def colours(sheet: str) -> dict[str, str]:
    """The colour tokens of a piece of stylesheet."""
    return dict(_TOKEN.findall(sheet))


def test_fifty_random_accents_can_be_read_in_light_and_dark(
    vera: Visitor, house: tuple[dict[str, str], dict[str, str]]
) -> None:
    some = random.Random(2026)
    for _ in range(50):
        accent = f"{some.randrange(0x1000000):06x}"
        blocks = re.findall(r"\{(--bk-[^{}]+)\}", vera.client.get(f"/theme/{accent}.css").text)
        assert len(blocks) == 3
        light, by_device, by_choice = map(colours, blocks)
        assert by_device == by_choice
        assert set(light) == {"--bk-accent", "--bk-accent-hover", "--bk-wash", "--bk-on-accent"}
        for own, given in zip(house, (light, by_device), strict=True):
            shown = own | given
            weak = [pair for pair in READABLE if contrast(shown[pair[0]], shown[pair[1]]) < 4.5]
            assert not weak, (accent, shown)
