"""Names of countries and regions in the reader's language, and codes from names as people type them.

Countries come from CLDR through Babel; it has no regions, so those that grant
licences of their own stand here. **Source** ISO 3166-2:CA, ISO 3166-2:US.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from scheduler.domain.places import ELSEWHERE, country_of, has_regions
from scheduler.domain.text import folded
from scheduler.services import wording

_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_SEPARATORS = re.compile(r"[,;\n]+")
_REGIONS = {
    "en": """
CA-AB Alberta/CA-BC British Columbia/CA-MB Manitoba/CA-NB New Brunswick/CA-NL Newfoundland and Labrador
/CA-NS Nova Scotia/CA-NT Northwest Territories/CA-NU Nunavut/CA-ON Ontario/CA-PE Prince Edward Island
/CA-QC Quebec/CA-SK Saskatchewan/CA-YT Yukon/US-AL Alabama/US-AK Alaska/US-AZ Arizona/US-AR Arkansas
/US-CA California/US-CO Colorado/US-CT Connecticut/US-DE Delaware/US-DC District of Columbia
/US-FL Florida/US-GA Georgia (USA)/US-HI Hawaii/US-ID Idaho/US-IL Illinois/US-IN Indiana/US-IA Iowa
/US-KS Kansas/US-KY Kentucky/US-LA Louisiana/US-ME Maine/US-MD Maryland/US-MA Massachusetts
/US-MI Michigan/US-MN Minnesota/US-MS Mississippi/US-MO Missouri/US-MT Montana/US-NE Nebraska
/US-NV Nevada/US-NH New Hampshire/US-NJ New Jersey/US-NM New Mexico/US-NY New York/US-NC North Carolina
/US-ND North Dakota/US-OH Ohio/US-OK Oklahoma/US-OR Oregon/US-PA Pennsylvania/US-RI Rhode Island
/US-SC South Carolina/US-SD South Dakota/US-TN Tennessee/US-TX Texas/US-UT Utah/US-VT Vermont
/US-VA Virginia/US-WA Washington/US-WV West Virginia/US-WI Wisconsin/US-WY Wyoming""",
    "fr": """
CA-BC Colombie-Britannique/CA-NB Nouveau-Brunswick/CA-NL Terre-Neuve-et-Labrador/CA-NS Nouvelle-Écosse
/CA-NT Territoires du Nord-Ouest/CA-PE Île-du-Prince-Édouard/CA-QC Québec/US-CA Californie
/US-DC District de Columbia/US-FL Floride/US-GA Géorgie (États-Unis)/US-HI Hawaï/US-LA Louisiane
/US-NM Nouveau-Mexique/US-NC Caroline du Nord/US-ND Dakota du Nord/US-PA Pennsylvanie
/US-SC Caroline du Sud/US-SD Dakota du Sud/US-VA Virginie/US-WV Virginie-Occidentale""",
}


def name(place: str, language: str, *, among: Sequence[str] = ()) -> str:
    """The place in words; of a country whose regions are offered beside it (`among`), the rest."""
    if place == ELSEWHERE:
        return wording.gettext(language, "Somewhere else")
    own = wording.supported(language)
    country = _countries(own).get(country_of(place), country_of(place))
    if "-" in place:
        return _regions(own).get(place) or _regions("en").get(place) or f"{place} ({country})"
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
    for known in (wording.supported(language), *_REGIONS):
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
def _regions(language: str) -> dict[str, str]:
    pairs = (piece.strip().partition(" ") for piece in _REGIONS.get(language, "").split("/") if piece.strip())
    return {code: word for code, _, word in pairs}


@lru_cache(maxsize=8)
def _by_name(language: str) -> dict[str, str]:
    regions = _regions("en") | _regions(language)
    return {folded(word): code for code, word in (*regions.items(), *_countries(language).items())}
