"""Names of countries and regions in the reader's language, and codes from names as people type them.

Countries come from CLDR through Babel; it has no regions, so those that grant
licences of their own stand in `region_names`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from scheduler.domain.places import ELSEWHERE, country_of, has_regions
from scheduler.domain.text import folded
from scheduler.services import wording
from scheduler.services.region_names import REGIONS

_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_SEPARATORS = re.compile(r"[,;\n]+")


def name(place: str, language: str, *, among: Sequence[str] = ()) -> str:
    """The place in words; of a country whose regions are offered beside it (`among`), the rest."""
    if place == ELSEWHERE:
        return wording.gettext(language, "Somewhere else")
    own = wording.supported(language)
    country = _countries(own).get(country_of(place), country_of(place))
    if "-" in place:
        return regions(own).get(place) or regions("en").get(place) or f"{place} ({country})"
    if has_regions(place, among):
        return wording.gettext(language, "%(country)s, elsewhere", country=country)
    return country


def choices(places: Sequence[str], language: str) -> list[tuple[str, str]]:
    """(code, name) of the places by name, and last "Somewhere else"."""
    named = [(place, name(place, language, among=places)) for place in places]
    return [*sorted(named, key=lambda pair: folded(pair[1])), (ELSEWHERE, name(ELSEWHERE, language))]


def written(places: Iterable[str], language: str) -> str:
    """The places as a line to be changed and read again by `read`."""
    return ", ".join(name(place, language) for place in places)


def read(line: str, language: str) -> tuple[str, ...] | None:
    """The codes of places typed as names or codes with commas between; None where one is unknown."""
    found = [_code(piece.strip(), language) for piece in _SEPARATORS.split(line) if piece.strip()]
    if not all(found):
        return None
    return tuple(dict.fromkeys(found))


def _code(typed: str, language: str) -> str:
    if _CODE.fullmatch(typed):
        return typed if country_of(typed) in _countries("en") else ""
    for known in (wording.supported(language), *REGIONS):
        found = _by_name(known).get(folded(typed))
        if found:
            return found
    matched = re.match(r"([A-Z]{2}-[A-Z0-9]{1,3}) \(", typed)  # as `name` writes a region it has no word for
    return matched[1] if matched and country_of(matched[1]) in _countries("en") else ""


@lru_cache(maxsize=8)
def _countries(language: str) -> dict[str, str]:
    territories = wording.locale_of(language).territories
    return {code: str(word) for code, word in territories.items() if len(code) == 2 and code.isalpha()}


@lru_cache(maxsize=8)
def regions(language: str) -> dict[str, str]:
    """Code -> name of the regions that have a name of their own in the language."""
    pairs = (piece.strip().partition(" ") for piece in REGIONS.get(language, "").split("/") if piece.strip())
    return {code: word for code, _, word in pairs}


@lru_cache(maxsize=8)
def _by_name(language: str) -> dict[str, str]:
    known = regions("en") | regions(language)
    return {folded(word): code for code, word in (*known.items(), *_countries(language).items())}
