"""Jinja's words: translated texts, and filters for days, times and amounts in the reader's language."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from babel.dates import get_day_names
from flask import Flask
from jinja2 import StrictUndefined

from scheduler.domain.practice import Texts, text
from scheduler.services import language_names, wording
from scheduler.web.language import current_language

_BY_INSTANT = ("day_long", "day_full", "day_short", "weekday", "clock")
_BY_VALUE = ("month", "duration", "mode_word", "zone_city", "rhythm")


def init_app(app: Flask) -> None:
    """Give every template its words; an undefined name is an error."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by Jinja's extension
    environment.filters.update(_filters())
    environment.globals["current_language"] = current_language


def weekday_names() -> list[tuple[str, str, str]]:
    """Monday to Sunday as (two letters, whole name, the usual abbreviation)."""
    locale = wording.locale_of(current_language())
    short = get_day_names("short", "stand-alone", locale)
    wide = get_day_names("wide", "stand-alone", locale)
    usual = get_day_names("abbreviated", "stand-alone", locale)
    return [
        (short[day].rstrip(".").capitalize(), wide[day], wording.sentence(usual[day].rstrip(".")))
        for day in range(7)
    ]


def own_text(texts: Texts, fallback: str = "") -> str:
    """A text that the practice wrote, in the request's language."""
    return text(texts, current_language(), fallback)


def last_digits(phone: str) -> str:
    """The last two digits of a phone number: all of it that a page shows."""
    return "".join(sign for sign in phone if sign.isdigit())[-2:]


def first_name(name: str) -> str:
    """How the pages call a therapist in a sentence."""
    return name.split()[0] if name.split() else name


def compact_json(value: object) -> str:
    """JSON for a data attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"))


def _filters() -> dict[str, Callable[..., Any]]:
    filters: dict[str, Callable[..., Any]] = {
        "relative_days": _relative_days,
        "time_range": _time_range,
        "day_of": _day_of,
        "price": lambda cents, currency: wording.price(cents, currency, current_language()),
        "own_text": own_text,
        "last_digits": last_digits,
        "first_name": first_name,
        "sentence": wording.sentence,
        "language_names": lambda tags: language_names.written(tags, current_language()),
        "within": wording.within,
        "direction": wording.direction,
        "own_name": wording.own_name,
        "compact_json": compact_json,
    }
    for name in _BY_INSTANT:
        filters[name] = _by_instant(getattr(wording, name))
    for name in _BY_VALUE:
        filters[name] = _by_value(getattr(wording, name))
    return filters


def _by_instant(write: Callable[[int, str, str], str]) -> Callable[[int, str], str]:
    return lambda at, zone: write(at, zone, current_language())


def _by_value(write: Callable[[Any, str], str]) -> Callable[[Any], str]:
    return lambda value: write(value, current_language())


def _time_range(span: tuple[int, int], zone: str) -> str:
    return wording.time_range(*span, zone, current_language())


def _relative_days(at: int, now: int, zone: str) -> str:
    return wording.relative_days(at, now, zone, current_language())


def _day_of(day: date, form: str = "long") -> str:
    return wording.day_text(day, current_language(), form)


def _gettext(message: str) -> str:
    return wording.translations(current_language()).gettext(message)


def _ngettext(one: str, many: str, number: int) -> str:
    return wording.translations(current_language()).ngettext(one, many, number)
