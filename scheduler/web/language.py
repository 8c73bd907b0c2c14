"""The language of a request: what the address asks for, then the browser's wish, then the house's own."""

from collections.abc import Sequence

from flask import g, request

from scheduler.services import wording

FALLBACK = "en"


def use_language(offered: Sequence[str], *, wanted: str = "") -> str:
    """Choose the request's language among those offered (the first is the house's own) and keep it in `g`."""
    g.language = _matching(wanted, offered) or wording.negotiate(_accepted(), tuple(offered))
    return str(g.language)


def current_language() -> str:
    """The language chosen for this request."""
    return str(g.get("language", FALLBACK))


def gettext(message: str, **values: object) -> str:
    """The message in the request's language."""
    return wording.gettext(current_language(), message, **values)


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The message for this number in the request's language."""
    return wording.ngettext(current_language(), one, many, number, **values)


def _accepted() -> str:
    return request.headers.get("Accept-Language", "")


def _matching(wanted: str, offered: Sequence[str]) -> str:
    """The offered tag that is the wanted one, or shares its language ("fr-CA" finds "fr")."""
    exact = {tag.lower(): tag for tag in offered}
    return exact.get(wanted.lower()) or exact.get(wanted.lower().split("-")[0], "")
