"""A practice's colour, made readable: contrast, and the accent moved in lightness until it can be read."""

import colorsys
import re
from dataclasses import dataclass

TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0
_STEP = 0.01
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a theme paints on: `darker` says in which direction an accent must move to be read."""

    surface: str
    ink: str
    on_accent: tuple[str, ...]
    wash_share: float
    darker: bool


LIGHT = Ground("#fffdf8", "#1c2b2a", ("#fffdf8", "#0d2420"), 0.11, darker=True)
DARK = Ground("#17211f", "#ece7dc", ("#0d2420", "#fffdf8"), 0.14, darker=False)


@dataclass(frozen=True, slots=True)
class Accent:
    """The four colours that an accent replaces."""

    accent: str
    hover: str
    wash: str
    on_accent: str


def parse(colour: str) -> Rgb:
    """`#rrggbb` or `rrggbb` as red, green, blue from 0 to 255. **Raises** `ValueError`."""
    match = _HEX.fullmatch(colour)
    if match is None:
        raise ValueError(f"not a colour: {colour!r}")
    digits = match[1]
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def luminance(colour: str) -> float:
    """Relative luminance from 0 to 1. **Source** WCAG 2.2, definition of relative luminance."""
    red, green, blue = (_linear(value / 255) for value in parse(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio from 1 to 21. **Source** WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` in it."""
    pairs = zip(parse(colour), parse(other), strict=True)
    return _hex(tuple(round(a + (b - a) * share) for a, b in pairs))


def readable(colour: str, ground: Ground) -> Accent:
    """The accent nearest in lightness to `colour` that reaches 4.5:1 on surface and on wash.

    The wash is made of the accent itself, so both move together.
    """
    red, green, blue = (value / 255 for value in parse(colour))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    step = -_STEP if ground.darker else _STEP
    while True:
        accent = _hex(tuple(round(value * 255) for value in colorsys.hls_to_rgb(hue, lightness, saturation)))
        wash = mix(ground.surface, accent, ground.wash_share)
        if min(contrast(accent, ground.surface), contrast(accent, wash)) >= TEXT_CONTRAST:
            break
        lightness = min(1.0, max(0.0, lightness + step))
    on_accent = max(ground.on_accent, key=lambda candidate: contrast(candidate, accent))
    return Accent(accent, _hover(accent, on_accent, ground), wash, on_accent)


def _hover(accent: str, on_accent: str, ground: Ground) -> str:
    """A little nearer to the ink, as long as the text on it stays readable."""
    nearer = mix(accent, ground.ink, 0.25)
    return nearer if contrast(nearer, on_accent) >= TEXT_CONTRAST else accent


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _hex(rgb: tuple[int, ...]) -> str:
    return "#" + "".join(f"{value:02x}" for value in rgb)
