"""New passwords: long enough, and not what everybody tries first."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from scheduler.domain.errors import Refused
from scheduler.services.accounts import check_password, hash_password, normalised_password


@pytest.mark.parametrize(
    "plain",
    [
        "tulip anchor mosaic",
        "summer-dragon-orange-monday",
        "wkfy3hznq0vb",
        "Ein alter Baum steht dort",
        ("k9,Zr(u4Lm?b" * 11)[:128],
        "пароль не такой простой",
    ],
)
def test_a_few_words_or_twelve_odd_signs_will_do(plain: str) -> None:
    check_password(plain, "Ada Laurent", "ada@demo.example")


@pytest.mark.parametrize("plain", ["", "short", "elevensigns", "z9" * 65])
def test_a_password_has_12_to_128_characters(plain: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_password(plain)
    assert refusal.value.problems == {"password": "Use 12 to 128 characters. A few words in a row are fine"}


@pytest.mark.parametrize(
    "plain",
    [
        "passwordpassword",
        "Password2024!",
        "P4ssw0rd2024",
        "qwertyuiop12",
        "123456789012",
        "abcdefghijklm",
        "aaaaaaaaaaaaaa",
        "abababababab",
        "Montreal2026!",
        "iloveyou12345",
        "therapist-2026",
        "AdaLaurent2024",
        "laurent-1987!",
    ],
)
def test_what_everybody_tries_first_is_refused(plain: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_password(plain, "Ada Laurent", "ada@demo.example")
    assert list(refusal.value.problems) == ["password"]


def test_a_password_is_kept_as_argon2id_with_current_parameters() -> None:
    hashed = hash_password("tulip anchor mosaic")
    parameters = extract_parameters(hashed)
    assert (parameters.type, parameters.memory_cost, parameters.time_cost) == (Type.ID, 19456, 2)
    assert PasswordHasher().verify(hashed, "tulip anchor mosaic")
    assert hashed != hash_password("tulip anchor mosaic")


def test_letters_that_keyboards_write_in_two_ways_are_one_password() -> None:
    assert normalised_password("cafe\u0301 au lait") == normalised_password("caf\u00e9 au lait")
