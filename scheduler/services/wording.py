"""Texts, dates, times and amounts in the reader's language, for pages and mails alike.

Catalogues are `.po` files, read when first needed; message keys are English.
A language that has no catalogue is written in English throughout, dates too.
Instants are UTC epoch seconds; a zone is an IANA name.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.support import NullTranslations, Translations

from scheduler.domain.local_time import is_doubled, local, local_day

SUPPORTED = ("en", "fr", "de", "es", "ru")
CATALOGUES = Path(__file__).resolve().parents[1] / "translations"

_NO_BREAK = "\u00a0"
_LOCALES = {
    "en": "en_GB",
    "fr": "fr",
    "fr-CA": "fr_CA",
    "de": "de",
    "de-AT": "de_AT",
    "de-CH": "de_CH",
    "es": "es",
    "ru": "ru",
}
"""Spanish stays Spain's: a reader from elsewhere would get 12 hours. French and German follow the country."""
_PATTERNS = {
    "en": {"long": "EEEE d MMMM y", "full": "EEEE d MMMM", "short": "EEE d MMMM", "month": "MMMM y"},
    "fr": {"long": "EEEE d MMMM y", "full": "EEEE d MMMM", "short": "EEE d MMM", "month": "MMMM y"},
    "de": {"long": "EEEE, d. MMMM y", "full": "EEEE, d. MMMM", "short": "EEE d. MMM", "month": "LLLL y"},
    "es": {
        "long": "EEEE d 'de' MMMM 'de' y",
        "full": "EEEE d 'de' MMMM",
        "short": "EEE d MMM",
        "month": "MMMM 'de' y",
    },
    "ru": {"long": "EEEE, d MMMM y", "full": "EEEE, d MMMM", "short": "EEE, d MMM", "month": "LLLL y"},
}
"""How each language writes a day; "date" and "day" are "long" and "full" without the weekday."""
_WITH_WEEKDAY = {"date": "long", "day": "full"}
_WEEKDAY = re.compile(r"^EEE+,? ")


# ---- languages -------------------------------------------------------------


def supported(language: str) -> str:
    """The language of ours that serves a BCP 47 tag: `fr` for `fr-CH`, English for all that we lack."""
    primary = language.replace("_", "-").split("-")[0].lower()
    return primary if primary in SUPPORTED else SUPPORTED[0]


def regional(language: str, country: str) -> str:
    """The tag for a language in a country: `de-AT` where it is written otherwise there, else `de`."""
    tag = f"{language}-{country}"
    return tag if tag in _LOCALES else language


def own_name(language: str) -> str:
    """What its speakers call the language: "Deutsch"."""
    return sentence(locale_of(language).get_language_name(language.split("-")[0]) or language)


def negotiate(accept_language: str, offered: Sequence[str]) -> str:
    """The tag in `offered` (not empty) that suits an `Accept-Language` header best, else the first.

    **Source** RFC 9110 section 12.5.4, RFC 4647 section 3.4.
    """
    for wanted in _by_preference(accept_language):
        for tag in offered:
            if tag.lower() == wanted:
                return tag
        for tag in offered:
            if tag.lower().split("-")[0] == wanted.split("-")[0]:
                return tag
    return offered[0]


def _by_preference(accept_language: str) -> list[str]:
    weighted = []
    for part in accept_language[:500].lower().split(","):
        tag, _, weight = part.partition(";")
        name, _, value = weight.strip().partition("=")
        try:
            quality = float(value) if name == "q" else 1.0
        except ValueError:
            continue
        if tag.strip() and quality > 0:
            weighted.append((quality, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda entry: -entry[0])]


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language)
    binary = BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return Translations(binary)


def translations(language: str) -> NullTranslations:
    """The catalogue of a language, with `gettext` and `ngettext`: what Jinja's i18n extension installs."""
    return _catalogue(supported(language))


def gettext(language: str, msgid: str, **values: object) -> str:
    """The text in the language, its `%(name)s` filled in."""
    text = translations(language).gettext(msgid)
    return text % values if values else text


def ngettext(language: str, singular: str, plural: str, number: int, **values: object) -> str:
    """The text for `number` things; `%(num)s` is the number."""
    text = translations(language).ngettext(singular, plural, number)
    return text % {"num": number, **values}


def within(text: str) -> str:
    """The text small at its start, as it stands inside a line; further capitals stay."""
    return text[:1].lower() + text[1:]


def sentence(text: str) -> str:
    """The text with a capital at its start: French days begin small, sentences do not."""
    return text[:1].upper() + text[1:]


# ---- days and times --------------------------------------------------------


def locale_of(language: str) -> Locale:
    """How the language writes dates and amounts; English with the day first and 24 hours."""
    tag = language.replace("_", "-")
    return Locale.parse(_LOCALES.get(tag) or _LOCALES[supported(tag)])


def direction(language: str) -> str:
    """Which way the language runs, for `dir`: "ltr" or "rtl"."""
    return "rtl" if locale_of(language).character_order == "right-to-left" else "ltr"


def day_text(day: date, language: str, form: str = "long") -> str:
    """A local day: `long` "Wednesday 3 June 2026", `full` without the year, `short` "Wed 3 June".

    `date` "3 June 2026" and `day` "3 June" leave the weekday out.
    """
    patterns = _PATTERNS[supported(language)]
    pattern = patterns[form] if form in patterns else _WEEKDAY.sub("", patterns[_WITH_WEEKDAY[form]])
    if supported(language) == "fr" and day.day == 1:
        pattern = re.sub(r"\bd ", "d'er' ", pattern)
    return format_date(day, pattern, locale=locale_of(language))


def day_long(at: int, zone: str, language: str) -> str:
    """ "Wednesday 3 June 2026"."""
    return day_text(local_day(at, zone), language, "long")


def day_full(at: int, zone: str, language: str) -> str:
    """ "Wednesday 3 June"."""
    return day_text(local_day(at, zone), language, "full")


def day_short(at: int, zone: str, language: str) -> str:
    """ "Wed 3 June", for buttons only."""
    return day_text(local_day(at, zone), language, "short")


def weekday(at: int, zone: str, language: str) -> str:
    """ "Wednesday"."""
    return format_date(local_day(at, zone), "EEEE", locale=locale_of(language))


def month(day: date, language: str) -> str:
    """ "June 2026"."""
    return day_text(day, language, "month")


def clock(at: int, zone: str, language: str) -> str:
    """ "10:30"; in the doubled hour of autumn with its offset, "01:30 (UTC−4)"."""
    text = format_time(local(at, zone).time(), "short", locale=locale_of(language)).replace(" ", _NO_BREAK)
    if is_doubled(at, zone):
        return f"{text}{_NO_BREAK}({utc_offset(at, zone)})"
    return text


def time_range(start: int, end: int, zone: str, language: str) -> str:
    """ "10:30 to 10:45"."""
    return gettext(
        language, "%(start)s to %(end)s", start=clock(start, zone, language), end=clock(end, zone, language)
    )


def relative_days(at: int, now: int, zone: str, language: str) -> str:
    """How far a day lies from today in the zone: "today", "tomorrow", "in 2 days", "3 days ago"."""
    distance = (local_day(at, zone) - local_day(now, zone)).days
    if distance == 0:
        return gettext(language, "today")
    if distance == 1:
        return gettext(language, "tomorrow")
    if distance == -1:
        return gettext(language, "yesterday")
    if distance > 0:
        return ngettext(language, "in %(num)s day", "in %(num)s days", distance)
    return ngettext(language, "%(num)s day ago", "%(num)s days ago", -distance)


def zone_city(zone: str, language: str) -> str:
    """ "Berlin time", "heure de Berlin"; zones without a city keep their name."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone.removeprefix("Etc/")
    city = get_timezone_location(zone, locale=locale_of(language), return_city=True).rpartition("/")[2]
    text = gettext(language, "%(city)s time", city=city)
    return _elided(text, city) if supported(language) == "fr" else text


def zone_abbreviation(at: int, zone: str) -> str:
    """ "CEST"; where the zone has no letters of its own, the offset: "UTC−3"."""
    name = local(at, zone).tzname() or ""
    return name if name.isalpha() else utc_offset(at, zone)


def utc_offset(at: int, zone: str) -> str:
    """ "UTC−4", "UTC+5:45"."""
    offset = local(at, zone).utcoffset() or timedelta()
    sign = "−" if offset < timedelta() else "+"
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def iso_local(at: int, zone: str) -> str:
    """The local time with its offset, for `<time datetime=…>`: "2026-06-03T10:30+02:00"."""
    moment: datetime = local(at, zone)
    return moment.isoformat(timespec="minutes")


def _elided(text: str, city: str) -> str:
    """ "heure d’Athènes" and "heure du Caire", as French says them."""
    if city.startswith("Le "):
        return text.replace(f" de {city}", f" du {city[3:]}")
    if city[:1].lower() in "aàâeéèêiîïoôuùûœ":
        return text.replace(f" de {city}", f" d’{city}")
    return text


# ---- amounts and words -----------------------------------------------------


def price(cents: int, currency: str, language: str) -> str:
    """ "€90", "€92.50", "90 €": whole amounts without decimals; dollars at home are "$140"."""
    locale = _at_home(language, currency)
    amount = Decimal(cents) / 100
    if cents % 100:
        return format_currency(amount, currency, locale=locale)
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def _at_home(language: str, currency: str) -> Locale:
    """English as the country of the currency writes it; other tags name their country themselves."""
    if language == "en":
        with suppress(UnknownLocaleError):  # the euro has no country
            return Locale.parse(f"en_{currency[:2]}")
    return locale_of(language)


def duration(seconds: int, language: str) -> str:
    """ "15 minutes", "80 minutes", "24 hours", "3 days": the unit in which one would say it."""
    minutes = seconds // 60
    if minutes % 1440 == 0 and minutes > 2880:
        return ngettext(language, "%(num)s day", "%(num)s days", minutes // 1440)
    if minutes % 60 == 0 and minutes >= 120:
        return ngettext(language, "%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext(language, "%(num)s minute", "%(num)s minutes", minutes)


def mode_word(mode: str, language: str) -> str:
    """How the two meet, as a choice: "Phone call", "Video call", "In person"."""
    words = {
        "phone": gettext(language, "Phone call"),
        "video": gettext(language, "Video call"),
        "in_person": gettext(language, "In person"),
    }
    return words[mode]


def rhythm(weeks: int, language: str) -> str:
    """How often a series repeats: "every week", "every 2 weeks"."""
    return ngettext(language, "every week", "every %(num)s weeks", weeks)
