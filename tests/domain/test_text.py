"""What people type, cleaned and checked."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.text import clean, is_name, one_line

REMOVED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
anything = st.text(st.characters(codec=None), max_size=40)


@given(anything)
def test_cleaning_twice_changes_nothing_more(value: str) -> None:
    assert clean(clean(value)) == clean(value)
    assert one_line(one_line(value)) == one_line(value)


@given(anything)
def test_cleaned_text_has_nothing_invisible_in_it(value: str) -> None:
    left = {unicodedata.category(character) for character in clean(value) if character != "\n"}
    assert left & REMOVED == set()
    assert unicodedata.is_normalized("NFC", clean(value))


@given(anything)
def test_one_line_has_no_break_and_no_double_space(value: str) -> None:
    assert one_line(value) == " ".join(one_line(value).split())
    assert "\n" not in one_line(value)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  Vera\tMoss ", "Vera Moss"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("e\u0301te\u0301", "été"),
        ("Ve\u200bra\u202e\ufeff", "Vera"),
        ("a\u2028b\u2029c\x00d\x85e", "abcde"),
        ("\ud800Vera", "Vera"),
        ("", ""),
    ],
)
def test_text_is_cleaned(typed: str, expected: str) -> None:
    assert clean(typed) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Vera",
        "Vera Moss",
        "O’Neill-Brown",
        "D'Arcy",
        "J.R. Moss",
        "Dr. Zoë Ångström",
        "Nguyễn Văn Ánh",
        "अनिता शर्मा",
        "สมชาย",
        "李小龍",
        "יעל",
        "Żółć",
        "X",
        "a" * 80,
    ],
)
def test_names_of_people_are_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 81,
        "-",
        "...",
        "Vera1",
        "Vera_Moss",
        "vera@example.org",
        "evil.example",
        "t.co",
        "www",
        "see www here",
        "https://evil",
        "<b>Vera</b>",
        "Vera; Moss",
        "Vera\nMoss",
        "win 100€",
        "😀",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    assert not is_name(text)
