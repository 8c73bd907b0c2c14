"""What each channel may show of an appointment."""

import pytest

from scheduler.domain.disclosure import (
    FeedLevel,
    feed_title,
    first_name,
    full_name,
    initials,
    last_two_digits,
    visitor_title,
)

HEALTH_WORDS = (
    "therap", "psych", "diagnos", "depress", "anxi", "angst", "trauma", "couns", "consult", "intake",
    "patient", "client", "santé", "health", "praxis", "clinic", "séance", "session",
)  # fmt: skip


def title(level: FeedLevel, *names: str) -> str:
    return feed_title(level, names=names, busy_word="Busy", appointment_word="Appointment")


def test_the_lowest_level_says_nothing_but_busy() -> None:
    assert title(FeedLevel.BUSY, "Vera Visitor", "Victor Visitor") == "Busy"


def test_initials_name_two_people_in_their_order() -> None:
    assert title(FeedLevel.INITIALS, "Vera Visitor", "Émile Zola") == "Appointment · V. V., É. Z."


def test_the_first_name_level_shows_no_family_name() -> None:
    assert title(FeedLevel.FIRST_NAME, "Vera Visitor") == "Appointment · Vera"


def test_the_full_level_shows_the_name_with_single_spaces() -> None:
    assert title(FeedLevel.FULL, " Vera  Visitor\n") == "Appointment · Vera Visitor"


@pytest.mark.parametrize("level", [FeedLevel.INITIALS, FeedLevel.FIRST_NAME, FeedLevel.FULL])
@pytest.mark.parametrize("names", [(), ("",), ("  ",)])
def test_without_a_name_the_bare_word_stands(level: FeedLevel, names: tuple[str, ...]) -> None:
    assert title(level, *names) == "Appointment"


def test_each_level_tells_no_more_than_the_next() -> None:
    shown = [title(level, "Vera Ann Visitor") for level in FeedLevel]
    assert shown == ["Busy", "Appointment · V. V.", "Appointment · Vera", "Appointment · Vera Ann Visitor"]


def test_the_names_of_the_levels_are_those_of_the_contract() -> None:
    assert [level.value for level in FeedLevel] == ["busy", "initials", "first-name", "full"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Vera", "V."),
        ("vera ann visitor", "V. V."),
        ("Jean-Luc d'Été", "J. D."),
        ("(Vera) 'Visitor'", "V. V."),
        ("王 小明", "王. 小."),
        ("123 !", ""),
        ("", ""),
    ],
)
def test_initials_are_the_first_letters_of_the_first_and_the_last_word(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Vera Visitor", "Vera"),
        ("Dr. Vera Visitor", "Vera"),
        ("Prof. Dr.", "Prof."),
        ("Jean-Luc Été", "Jean-Luc"),
        ("- Vera", "Vera"),
        ("", ""),
    ],
)
def test_a_first_name_is_no_title(name: str, expected: str) -> None:
    assert first_name(name) == expected


def test_a_full_name_is_one_line() -> None:
    assert full_name("Vera\r\nVisitor") == "Vera Visitor"


def test_the_practice_chooses_the_title_in_a_visitors_calendar() -> None:
    assert visitor_title("Coffee with Ada", appointment_word="Appointment") == "Coffee with Ada"


def test_without_a_chosen_title_the_visitors_calendar_shows_a_neutral_word() -> None:
    shown = visitor_title(" ", appointment_word="Appointment")
    assert shown == "Appointment"
    assert [word for word in HEALTH_WORDS if word in shown.lower()] == []


@pytest.mark.parametrize(
    ("phone", "expected"), [("+1 514 555 01 23", "23"), ("(514) 555-0199", "99"), ("12345", ""), ("", "")]
)
def test_a_phone_number_is_recognised_by_its_last_two_digits(phone: str, expected: str) -> None:
    assert last_two_digits(phone) == expected
