"""Dates, times, zones and amounts as people write them."""

from datetime import date

import pytest

from scheduler.services import wording

MONTREAL, BERLIN = "America/Toronto", "Europe/Berlin"
JUNE_3 = 1780475400  # 2026-06-03T08:30:00Z: 10:30 in Berlin, 04:30 in Montréal
FIRST_0130, SECOND_0130 = 1793511000, 1793514600  # 1 November 2026 in Montréal, before and after the change
DAY = 86400


@pytest.mark.parametrize(
    ("form", "language", "expected"),
    [
        (wording.day_long, "en", "Wednesday 3 June 2026"),
        (wording.day_full, "en", "Wednesday 3 June"),
        (wording.day_short, "en", "Wed 3 June"),
        (wording.day_long, "fr", "mercredi 3 juin 2026"),
        (wording.day_full, "fr", "mercredi 3 juin"),
        (wording.day_short, "fr", "mer. 3 juin"),
        (wording.weekday, "en", "Wednesday"),
        (wording.weekday, "fr", "mercredi"),
        (wording.clock, "en", "10:30"),
        (wording.clock, "fr", "10:30"),
        (wording.clock, "fr-CA", "10\u00a0h\u00a030"),
    ],
)
def test_a_day_and_a_time_are_written_like_this(form: object, language: str, expected: str) -> None:
    assert callable(form)
    assert form(JUNE_3, BERLIN, language) == expected


def test_the_first_of_a_month_is_ordinal_in_french() -> None:
    assert wording.day_text(date(2026, 6, 1), "fr") == "lundi 1er juin 2026"
    assert wording.day_text(date(2026, 6, 1), "en") == "Monday 1 June 2026"
    assert wording.day_text(date(2026, 6, 11), "fr", "full") == "jeudi 11 juin"


def test_the_zone_decides_the_day() -> None:
    late = 1780538400  # 2026-06-04T02:00:00Z
    assert wording.day_full(late, MONTREAL, "en") == "Wednesday 3 June"
    assert wording.day_full(late, BERLIN, "en") == "Thursday 4 June"


def test_a_span_reads_from_its_start_to_its_end() -> None:
    assert wording.time_range(JUNE_3, JUNE_3 + 900, BERLIN, "en") == "10:30 to 10:45"
    assert wording.time_range(JUNE_3, JUNE_3 + 900, BERLIN, "fr") == "de 10:30 à 10:45"


def test_both_times_of_the_doubled_hour_carry_their_offset() -> None:
    assert wording.clock(FIRST_0130, MONTREAL, "en") == "01:30\u00a0(UTC−4)"
    assert wording.clock(SECOND_0130, MONTREAL, "en") == "01:30\u00a0(UTC−5)"
    assert wording.clock(SECOND_0130 + 3600, MONTREAL, "en") == "02:30"


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [
        (-2, "2 days ago", "il y a 2 jours"),
        (-1, "yesterday", "hier"),
        (0, "today", "aujourd’hui"),
        (1, "tomorrow", "demain"),
        (2, "in 2 days", "dans 2 jours"),
    ],
)
def test_distances_count_local_days(days: int, english: str, french: str) -> None:
    at = JUNE_3 + days * DAY
    assert wording.relative_days(at, JUNE_3, BERLIN, "en") == english
    assert wording.relative_days(at, JUNE_3, BERLIN, "fr") == french


def test_tomorrow_begins_at_local_midnight() -> None:
    evening = 1780523100  # 2026-06-03T21:45:00Z: 23:45 in Berlin
    assert wording.relative_days(evening + 1800, evening, BERLIN, "en") == "tomorrow"
    assert wording.relative_days(evening + 1800, evening, MONTREAL, "en") == "today"


@pytest.mark.parametrize(
    ("zone", "english", "french"),
    [
        (BERLIN, "Berlin time", "heure de Berlin"),
        ("Europe/Athens", "Athens time", "heure d’Athènes"),
        ("Africa/Cairo", "Cairo time", "heure du Caire"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time", "heure de Buenos Aires"),
        ("UTC", "UTC", "UTC"),
        ("Etc/GMT+3", "GMT+3", "GMT+3"),
    ],
)
def test_a_zone_is_named_by_its_city(zone: str, english: str, french: str) -> None:
    assert wording.zone_city(zone, "en") == english
    assert wording.zone_city(zone, "fr") == french


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (BERLIN, "CEST"),
        (MONTREAL, "EDT"),
        ("America/Sao_Paulo", "UTC−3"),
        ("Asia/Kathmandu", "UTC+5:45"),
        ("Australia/Lord_Howe", "UTC+10:30"),
    ],
)
def test_a_zone_without_letters_is_told_by_its_offset(zone: str, expected: str) -> None:
    assert wording.zone_abbreviation(JUNE_3, zone) == expected


@pytest.mark.parametrize(
    ("cents", "currency", "language", "expected"),
    [
        (9000, "EUR", "en", "€90"),
        (9250, "EUR", "en", "€92.50"),
        (9000, "EUR", "fr", "90\u00a0€"),
        (9250, "EUR", "fr", "92,50\u00a0€"),
        (14000, "CAD", "fr-CA", "140\u00a0$"),
        (14000, "CAD", "en", "$140"),
        (14000, "GBP", "en", "£140"),
        (14000, "CHF", "en", "CHF\u00a0140"),
        (14000, "CAD", "de", "140\u00a0CA$"),
    ],
)
def test_whole_amounts_have_no_decimals(cents: int, currency: str, language: str, expected: str) -> None:
    assert wording.price(cents, currency, language) == expected


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (60, "1 minute", "1 minute"),
        (900, "15 minutes", "15 minutes"),
        (3600, "60 minutes", "60 minutes"),
        (4800, "80 minutes", "80 minutes"),
        (7200, "2 hours", "2 heures"),
        (86400, "24 hours", "24 heures"),
        (172800, "48 hours", "48 heures"),
        (3 * DAY, "3 days", "3 jours"),
    ],
)
def test_durations_are_told_as_one_would_say_them(seconds: int, english: str, french: str) -> None:
    assert wording.duration(seconds, "en") == english
    assert wording.duration(seconds, "fr") == french


def test_months_and_modes_have_names() -> None:
    assert (wording.month(date(2026, 8, 1), "en"), wording.month(date(2026, 8, 1), "fr")) == (
        "August 2026",
        "août 2026",
    )
    assert [wording.mode_word(mode, "en") for mode in ("phone", "video", "in_person")] == [
        "Phone call",
        "Video call",
        "In person",
    ]
    assert wording.mode_word("in_person", "fr") == "En personne"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-US,en;q=0.9", "en"),
        ("de,fr;q=0.5,en;q=0.7", "en"),
        ("FR", "fr"),
        ("en;q=0, fr", "fr"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        ("fr;q=much, en;q=0.1", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_readers_languages_choose_among_those_offered(header: str, expected: str) -> None:
    assert wording.negotiate(header, ("en", "fr")) == expected


def test_the_first_language_offered_is_the_fallback() -> None:
    assert wording.negotiate("ja", ("fr", "en")) == "fr"
    assert wording.negotiate("fr", ("en", "fr-CA")) == "fr-CA"


def test_a_language_without_catalogue_is_english_throughout() -> None:
    assert wording.supported("ja") == "en"
    assert wording.supported("fr-CH") == "fr"
    assert wording.day_long(JUNE_3, BERLIN, "ja") == "Wednesday 3 June 2026"
    assert wording.gettext("ja", "tomorrow") == "tomorrow"


@pytest.mark.parametrize(
    ("language", "long", "full", "day", "month", "first"),
    [
        ("de", "Mittwoch, 3. Juni 2026", "Mittwoch, 3. Juni", "3. Juni", "Juni 2026", "Montag, 1. Juni"),
        (
            "es-MX",
            "miércoles 3 de junio de 2026",
            "miércoles 3 de junio",
            "3 de junio",
            "junio de 2026",
            "lunes 1 de junio",
        ),
        ("ru", "среда, 3 июня 2026", "среда, 3 июня", "3 июня", "июнь 2026", "понедельник, 1 июня"),
    ],
)
def test_days_are_written_as_each_language_does(
    language: str, long: str, full: str, day: str, month: str, first: str
) -> None:
    third = date(2026, 6, 3)

    assert wording.day_text(third, language) == long
    assert wording.day_text(third, language, "full") == full
    assert wording.day_text(third, language, "day") == day
    assert wording.day_text(third, language, "date") == long.replace(full, day)
    assert wording.month(third, language) == month
    assert wording.day_text(date(2026, 6, 1), language, "full") == first


@pytest.mark.parametrize("language", ["en", "fr", "de", "de-AT", "es", "es-MX", "es-US", "ru"])
def test_clocks_have_24_hours_in_every_language(language: str) -> None:
    assert wording.clock(JUNE_3 + 6 * 3600, BERLIN, language) == "16:30"


def test_a_language_of_a_country_is_one_that_is_written_otherwise_there() -> None:
    assert [wording.regional("de", country) for country in ("DE", "AT", "CH")] == ["de", "de-AT", "de-CH"]
    assert [wording.regional("es", country) for country in ("ES", "MX")] == ["es", "es"]
    assert [wording.own_name(language) for language in wording.SUPPORTED] == [
        "English",
        "Français",
        "Deutsch",
        "Español",
        "Русский",
    ]


def test_german_amounts_follow_the_country() -> None:
    assert wording.price(9000, "EUR", "de") == "90\u00a0€"
    assert wording.price(9000, "EUR", "de-AT") == "€\u00a090"


def test_values_fill_the_translated_text() -> None:
    assert wording.gettext("fr", "Phone call: %(therapist)s calls you.", therapist="Ada") == (
        "Appel téléphonique\u00a0: Ada vous appelle."
    )
    assert wording.ngettext("fr", "%(num)s free time", "%(num)s free times", 0) == "0 horaire libre"
    assert wording.ngettext("en", "%(num)s free time", "%(num)s free times", 0) == "0 free times"


def test_sentences_begin_with_a_capital() -> None:
    assert wording.sentence("élément de phrase") == "Élément de phrase"
    assert wording.sentence("") == ""


def test_a_local_time_for_machines_has_its_offset() -> None:
    assert wording.iso_local(JUNE_3, BERLIN) == "2026-06-03T10:30+02:00"
