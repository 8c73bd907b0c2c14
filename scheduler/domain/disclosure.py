"""What each channel may show of an appointment.

Calendars are copied to phones, lock screens and third parties, so every level
is a choice of the practice, and the least telling one is the default.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum


class FeedLevel(StrEnum):
    """How much a calendar subscription tells, from nothing but the time to full names."""

    BUSY = "busy"
    INITIALS = "initials"
    FIRST_NAME = "first-name"
    FULL = "full"


_BETWEEN = " · "


def feed_title(level: FeedLevel, *, names: Sequence[str], busy_word: str, appointment_word: str) -> str:
    """The title of one feed entry.

    `names` are the people of the appointment in their order; an entry without
    any shows the bare word. Notes, address, phone and type never appear.
    """
    if level is FeedLevel.BUSY:
        return busy_word
    shown = [_SHOWN_NAME[level](name) for name in names]
    shown = [name for name in shown if name]
    return _BETWEEN.join([appointment_word, ", ".join(shown)]) if shown else appointment_word


def visitor_title(calendar_title: str, *, appointment_word: str) -> str:
    """The title in a person's own calendar: the practice's neutral one, else the bare word."""
    return full_name(calendar_title) or appointment_word


def full_name(name: str) -> str:
    """The name with single spaces."""
    return " ".join(name.split())


def first_name(name: str) -> str:
    """The first word that is no title ("Dr.") and no bare sign; the first word if there is none such."""
    words = name.split()
    candidates = [word for word in words if _first_letter(word) and not word.endswith(".")]
    return (candidates or words or [""])[0]


def initials(name: str) -> str:
    """First and last word as letters: `Vera Ann Visitor` gives `V. V.`, `Vera` gives `V.`."""
    letters = [letter for word in name.split() if (letter := _first_letter(word))]
    ends = letters if len(letters) < 2 else (letters[0], letters[-1])
    return " ".join(f"{letter}." for letter in ends)


def last_two_digits(phone: str) -> str:
    """The last two digits, to recognise a number by; nothing where there are fewer than six."""
    digits = [sign for sign in phone if sign.isdecimal()]
    return "".join(digits[-2:]) if len(digits) >= 6 else ""


def _first_letter(word: str) -> str:
    return next((sign.upper() for sign in word if sign.isalpha()), "")


_SHOWN_NAME: Mapping[FeedLevel, Callable[[str], str]] = {
    FeedLevel.INITIALS: initials,
    FeedLevel.FIRST_NAME: first_name,
    FeedLevel.FULL: full_name,
}
