"""What somebody was shown or agreed to: which version of which text, in which language, when, what for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PRIVACY, POLICY, NEWSLETTER = "privacy", "policy", "newsletter"


class Purpose(StrEnum):
    """What a text was put before somebody for. A notice is shown, the others are agreed to."""

    NOTICE = "notice"
    TERMS = "terms"
    NEWS = "news"


PURPOSES = {PRIVACY: Purpose.NOTICE, POLICY: Purpose.TERMS, NEWSLETTER: Purpose.NEWS}


@dataclass(frozen=True, slots=True)
class Consent:
    """One record. `said` is the sentence about the time itself, as it stood beside the box."""

    version: int
    language: str
    at: int
    purpose: Purpose
    said: str = ""
    withdrawn_at: int | None = None


def text_key(key: str, type_id: str) -> str:
    """Under which key the text is kept: terms belong to an appointment type, all else to the practice."""
    return f"{key}:{type_id}" if key == POLICY else key


def to_stored(consents: Mapping[str, Consent]) -> dict[str, dict[str, Any]]:
    """Records by key as plain values."""
    return {
        key: {
            "version": one.version,
            "language": one.language,
            "at": one.at,
            "purpose": one.purpose.value,
            **({"said": one.said} if one.said else {}),
            **({} if one.withdrawn_at is None else {"withdrawn_at": one.withdrawn_at}),
        }
        for key, one in consents.items()
    }


def from_stored(values: Mapping[str, Any], *, language: str, at: int) -> dict[str, Consent]:
    """The records of plain values. Appointments of before kept the version alone; the rest is the given."""
    return {
        key: Consent(one, language, at, PURPOSES.get(key, Purpose.TERMS))
        if isinstance(one, int)
        else Consent(**{**one, "purpose": Purpose(one["purpose"])})
        for key, one in values.items()
    }
