"""The view parameters of a visitor's page: checked against lists and patterns, carried along on links."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from scheduler.domain.local_time import known_zones

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,2}")
_ACCENT = re.compile(r"#?[0-9a-fA-F]{6}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_KEY = re.compile(r"[A-Za-z0-9_-]{20,64}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_EMBEDS = {"1": "inline", "inline": "inline", "popup": "popup"}


@dataclass(frozen=True, slots=True)
class ViewParameters:
    """What the host page, or the visitor, chose; an empty text is the default. What does not fit is lost.

    `key` is the secret of a type for existing clients.
    """

    lang: str = ""
    tz: str = ""
    embed: str = ""
    theme: str = ""
    accent: str = ""
    radius: str = ""
    headings: str = ""
    ref: str = ""
    therapist: str = ""
    key: str = ""

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "ViewParameters":
        """The parameters of a query string."""
        return cls(**{name: check(arguments.get(name, "")) for name, check in _CHECKS.items()})

    def query(self, **others: object) -> dict[str, object]:
        """Everything that differs from the default, as query arguments; of `others`, `None` drops a name."""
        chosen = {name: value for name, value in asdict(self).items() if value and name not in others}
        return {name: value for name, value in others.items() if value is not None} | chosen


def _one_of(*values: str) -> Callable[[str], str]:
    return lambda text: text if text in values else ""


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    return lambda text: text if pattern.fullmatch(text) else ""


def _zone(text: str) -> str:
    return text if text in known_zones() else ""


def _accent(text: str) -> str:
    return text.removeprefix("#").lower() if _ACCENT.fullmatch(text) else ""


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "lang": _matching(_LANGUAGE),
    "tz": _zone,
    "embed": lambda text: _EMBEDS.get(text, ""),
    "theme": _one_of("light", "dark"),
    "accent": _accent,
    "radius": _one_of("square", "round"),
    "headings": _one_of("sans"),
    "ref": _matching(_WORD),
    "therapist": _matching(_SLUG),
    "key": _matching(_KEY),
}
