"""Encrypted columns (AES-GCM with a key ring), look-up HMACs and token hashes.

A sealed value is `id length, key id, nonce, ciphertext`; table, column and row
id are its associated data, so a value moved to another row does not open.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Unreadable(Exception):
    """A sealed value does not open: wrong key, wrong row, or damaged."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives: its associated data."""

    table: str
    column: str
    row: str

    def encoded(self) -> bytes:
        """The associated data of the cipher."""
        return "\x1f".join((self.table, self.column, self.row)).encode()


class Vault:
    """Seals and opens personal values, and computes look-up HMACs."""

    def __init__(self, keys: Mapping[str, bytes], lookup_key: bytes) -> None:
        """`keys` in order, newest first, each of 32 bytes; `lookup_key` never changes."""
        if not keys:
            raise ValueError("at least one encryption key is needed")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = next(iter(keys))
        self._lookup_key = lookup_key

    def seal(self, value: str, place: Place) -> bytes:
        """The value, encrypted under the newest key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        key_id = self._newest.encode()
        sealed = self._ciphers[self._newest].encrypt(nonce, value.encode(), place.encoded())
        return bytes([len(key_id)]) + key_id + nonce + sealed

    def open(self, sealed: bytes, place: Place) -> str:
        """The value. **Raises** `Unreadable`."""
        try:
            end = 1 + sealed[0]
            cipher = self._ciphers[sealed[1:end].decode()]
            nonce, body = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
            return cipher.decrypt(nonce, body, place.encoded()).decode()
        except (IndexError, KeyError, UnicodeDecodeError, InvalidTag, ValueError) as error:
            raise Unreadable(f"{place.table}.{place.column} of row {place.row}") from error

    def seal_json(self, value: Any, place: Place) -> bytes:
        """A JSON value, encrypted."""
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")), place)

    def open_json(self, sealed: bytes, place: Place) -> Any:
        """The JSON value. **Raises** `Unreadable`."""
        return json.loads(self.open(sealed, place))

    def lookup(self, purpose: str, value: str) -> bytes:
        """HMAC of a normalised address or number: equal values of one purpose compare equal."""
        return hmac.digest(self._lookup_key, f"{purpose}\x1f{value}".encode(), hashlib.sha256)


def new_token() -> str:
    """256 random bits for a link: URL-safe, 43 characters."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token. SHA-256 suffices for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
