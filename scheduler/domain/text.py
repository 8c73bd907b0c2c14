"""Cleaning and checking what people type, before it is stored or shown.

**Source** Unicode Standard Annex 15 (NFC), UTS 39 and UAX 9 for the characters removed.
"""

import re
import unicodedata

_REMOVED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_KEPT = frozenset("\n")
_NAME_SIGNS = frozenset(" '’.-")
_ADDRESS_LIKE = re.compile(r"[^\s.]\.[^\s.]{2}|\bwww\b", re.IGNORECASE)

NAME_LENGTH = 80
NOTE_LENGTH = 500


def clean(value: str) -> str:
    """NFC text without control, direction, zero-width and unassigned characters, trimmed.

    Line breaks become plain `\\n`; `clean(clean(x)) == clean(x)`.
    """
    joined = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(
        character
        for character in joined
        if character in _KEPT or unicodedata.category(character) not in _REMOVED
    )
    return unicodedata.normalize("NFC", kept).strip()


def one_line(value: str) -> str:
    """Cleaned text on one line, runs of white space as one space."""
    return " ".join(clean(value).split())


def folded(value: str) -> str:
    """For comparing: without case, accents and the curl of apostrophes, so that "quebec" finds "Québec"."""
    split = unicodedata.normalize("NFKD", value.casefold().replace("’", "'"))
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def is_name(value: str) -> bool:
    """Whether cleaned text can be a person's name: letters, marks, spaces and `'-.’`, no web address.

    "J.R. Moss" is a name; a full stop before two letters makes mail programs draw a link.
    """
    return (
        0 < len(value) <= NAME_LENGTH
        and all(sign in _NAME_SIGNS or unicodedata.category(sign)[0] in "LM" for sign in value)
        and any(character.isalpha() for character in value)
        and _ADDRESS_LIKE.search(value) is None
    )
