"""Reading typed days, times, numbers and choices: what cannot be read becomes a problem, never an error."""

import re
from collections.abc import Callable, Sequence
from datetime import date

from flask import request

from scheduler.domain.local_time import DAY_MINUTES
from scheduler.domain.text import clean, one_line

_CLOCK = re.compile(r"([01]?[0-9]|2[0-4])[:h. ]?([0-5][0-9])?")
EARLIEST = date(2000, 1, 1)
LATEST = date(2200, 1, 1)


class Answers:
    """The fields of one POST, read one by one; `problems` collects what is wrong, by field."""

    def __init__(self) -> None:
        self.values = {name: value for name, value in request.form.items() if name != "csrf_token"}
        self.problems: dict[str, str] = {}

    def line(self, name: str, *, needed: str = "", at_most: int = 120) -> str:
        """One line of text; `needed` is the problem when it is empty."""
        return self._text(name, one_line, needed, at_most)

    def text(self, name: str, *, needed: str = "", at_most: int = 2000) -> str:
        """Several lines of text."""
        return self._text(name, clean, needed, at_most)

    def day(self, name: str, *, problem: str = "Choose the day") -> date | None:
        """A local day; None when it is missing, with the problem noted."""
        found = day_of(self.values.get(name, ""))
        if found is None:
            self.problems[name] = problem
        return found

    def minute(self, name: str, *, problem: str = "Choose the time") -> int | None:
        """Minutes of the day, from a select or typed as a clock time."""
        found = minute_of(self.values.get(name, ""))
        if found is None:
            self.problems[name] = problem
        return found

    def whole(self, name: str, low: int, high: int, *, problem: str) -> int:
        """A whole number between bounds, both included."""
        given = self.values.get(name, "").strip()
        if given.isascii() and given.isdecimal() and len(given) < 10 and low <= int(given) <= high:
            return int(given)
        self.problems[name] = problem
        return low

    def optional_whole(self, name: str, low: int, high: int, *, problem: str) -> int | None:
        """The same; None when nothing is typed."""
        if not self.values.get(name, "").strip():
            return None
        return self.whole(name, low, high, problem=problem)

    def one_of(self, name: str, allowed: Sequence[str], *, problem: str) -> str:
        """One of the offered values."""
        given = self.values.get(name, "")
        if given in allowed:
            return given
        self.problems[name] = problem
        return allowed[0]

    def some_of(self, name: str, allowed: Sequence[str]) -> list[str]:
        """The ticked ones among the offered values, in the order offered."""
        ticked = request.form.getlist(name)
        return [value for value in allowed if value in ticked]

    def _text(self, name: str, tidy: Callable[[str], str], needed: str, at_most: int) -> str:
        found = tidy(self.values.get(name, ""))
        if needed and not found:
            self.problems[name] = needed
        elif len(found) > at_most:
            self.problems[name] = "Please make this shorter"
        return found


def day_of(given: str) -> date | None:
    """`2026-06-03` as a day; None for anything else and for days far away."""
    try:
        found = date.fromisoformat(given) if len(given) == 10 else None
    except ValueError:
        return None
    return found if found and EARLIEST <= found <= LATEST else None


def minute_of(given: str) -> int | None:
    """`570`, `9:30` or `9h30` as minutes of the day, at most 1440; None for anything else."""
    given = given.strip()
    if given in ("0", "30", "60", "90") or (given.isascii() and given.isdecimal() and 2 < len(given) < 5):
        found = int(given)
        return found if found <= DAY_MINUTES else None
    matched = _CLOCK.fullmatch(given)
    if matched is None:
        return None
    found = int(matched[1]) * 60 + int(matched[2] or 0)
    return found if found <= DAY_MINUTES else None
