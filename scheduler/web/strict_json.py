"""JSON as the product takes it: shallow, without doubled keys, and only text that a database can hold.

Python's parser lets lone surrogates, NUL and numbers of any size through, and
ends in a RecursionError on deep nesting; each would be a 5xx further down.
"""

import json
import re
from typing import Any

from flask.json.provider import DefaultJSONProvider

DEEPEST = 20
_ODD = re.compile("[\x00\ud800-\udfff]")
LARGEST = 2**53 - 1
"""The largest integer that every JSON program reads alike. **Source**: RFC 8259 section 6."""


class NotTaken(ValueError):
    """This JSON is not taken; the message says why."""


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON, strict about what comes in."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Read JSON. **Raises** `ValueError`, which becomes a 400."""
        return loads(s)


def loads(text: str | bytes) -> Any:
    """Read JSON. **Raises** `ValueError` (`NotTaken` where JSON itself would allow it)."""
    try:
        value = json.loads(
            text, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_without_doubled_keys
        )
    except RecursionError as error:
        raise NotTaken("nested too deeply") from error
    _check(value, DEEPEST)
    return value


def has_odd_characters(text: str) -> bool:
    """Whether a text holds what no database stores: NUL, or half of a surrogate pair."""
    return _ODD.search(text) is not None


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:
        raise NotTaken("a number is too large")
    return int(digits)


def _constant(name: str) -> float:
    raise NotTaken(f"{name} is no number")


def _without_doubled_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotTaken("a key stands twice")
    return found


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise NotTaken("nested too deeply")
    if isinstance(value, str):
        if has_odd_characters(value):
            raise NotTaken("a text holds characters that cannot be stored")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, depth - 1)
            _check(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth - 1)
