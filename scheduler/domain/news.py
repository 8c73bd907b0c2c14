"""Somebody on a practice's list for news, apart from every appointment."""

from dataclasses import dataclass

CONFIRM_WITHIN = 7 * 86400
"""Seconds after which an address that nobody confirmed is forgotten."""

ASK_AGAIN_AFTER = 3600
"""Seconds between two mails that ask the same address."""


@dataclass(frozen=True, slots=True)
class Reader:
    """An address; it counts from `confirmed_at` on. `text_version` is of the words that were agreed to."""

    id: str
    practice_id: str
    email: str
    language: str
    text_version: int
    asked_at: int
    confirmed_at: int | None = None
