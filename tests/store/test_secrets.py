"""Sealed values, look-up keys and tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.store.secrets import Place, Unreadable, Vault, new_token, token_hash

OLD, NEW, LOOKUP = bytes(range(32)), bytes(range(1, 33)), bytes(range(32, 64))
VAULT = Vault({"old": OLD}, LOOKUP)
HERE = Place("participants", "name", "row-1")


@given(st.text(max_size=200))
def test_a_sealed_value_opens_in_its_place(value: str) -> None:
    assert VAULT.open(VAULT.seal(value, HERE), HERE) == value


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("participants", "name", "row-2"),
        Place("participants", "email", "row-1"),
        Place("appointments", "name", "row-1"),
        Place("participantsname", "", "row-1"),
    ],
)
def test_a_sealed_value_moved_elsewhere_does_not_open(elsewhere: Place) -> None:
    sealed = VAULT.seal("Vera", HERE)
    with pytest.raises(Unreadable) as unreadable:
        VAULT.open(sealed, elsewhere)
    assert "Vera" not in str(unreadable.value)


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_damaged_value_does_not_open(position: int, change: int) -> None:
    sealed = bytearray(VAULT.seal("Vera Moss", HERE))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(Unreadable):
        VAULT.open(bytes(sealed), HERE)


@pytest.mark.parametrize("sealed", [b"", b"\x03", b"\x03old", b"\x00", b"\xff" * 40, b"\x03old" + bytes(5)])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(Unreadable):
        VAULT.open(sealed, HERE)


def test_the_same_value_is_never_sealed_alike() -> None:
    assert len({VAULT.seal("Vera", HERE) for _ in range(50)}) == 50


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    sealed = VAULT.seal("Vera", HERE)
    rotated = Vault({"new": NEW, "old": OLD}, LOOKUP)
    assert rotated.open(sealed, HERE) == "Vera"
    fresh = rotated.seal("Vera", HERE)
    assert fresh[: 1 + 3] == b"\x03new"
    with pytest.raises(Unreadable):
        VAULT.open(fresh, HERE)
    assert Vault({"new": NEW}, LOOKUP).open(fresh, HERE) == "Vera"
    with pytest.raises(Unreadable):
        Vault({"new": NEW}, LOOKUP).open(sealed, HERE)


@pytest.mark.parametrize("key_id", ["1", "2026-06", "k" * 60])
def test_a_key_id_may_have_any_usual_length(key_id: str) -> None:
    vault = Vault({key_id: OLD}, LOOKUP)
    assert vault.open(vault.seal("Vera", HERE), HERE) == "Vera"


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Vault({}, LOOKUP)


def test_a_json_value_comes_back_as_it_was() -> None:
    value = {"note": "Grüße", "old_start": 1780000000, "nothing": None}
    assert VAULT.open_json(VAULT.seal_json(value, HERE), HERE) == value


def test_look_ups_compare_within_one_purpose_and_survive_a_rotation() -> None:
    rotated = Vault({"new": NEW}, LOOKUP)
    found = VAULT.lookup("email", "vera@example.org")
    assert found == rotated.lookup("email", "vera@example.org")
    assert (
        len({found, VAULT.lookup("phone", "vera@example.org"), VAULT.lookup("email", "ines@example.org")})
        == 3
    )
    assert found != Vault({"old": OLD}, NEW).lookup("email", "vera@example.org")
    assert len(found) == 32


def test_tokens_are_long_random_and_url_safe() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    assert {len(token_hash(token)) for token in tokens} == {32}
    assert all(token.replace("-", "").replace("_", "").isalnum() and token.isascii() for token in tokens)
