"""Where somebody can turn today, in the reader's language: of a practice, or of all that are here."""

from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.domain.practice import Practice
from scheduler.services import directory, place_names


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A help line as a page shows it. `country` is named only where lines of several stand together."""

    emergency: str
    talk: str
    hours: str
    country: str = ""


def of_practice(practice: Practice, language: str) -> list[ShownLine]:
    """The practice's line; none where it names nothing."""
    line = practice.help_line
    if line is None:
        return []
    return [ShownLine(line.emergency, line.talk_in(language), line.hours_in(language))]


def of_all(practices: Iterable[Practice], language: str) -> list[ShownLine]:
    """The lines of those that are public, each once; with their countries when they are more than one."""
    found: dict[ShownLine, str] = {}
    for practice in practices:
        for line in of_practice(practice, language) if practice.published else []:
            found.setdefault(line, place_names.name(practice.country, language))
    if len(found) < 2:
        return list(found)
    return [
        ShownLine(line.emergency, line.talk, line.hours, country)
        for line, country in sorted(found.items(), key=lambda pair: (pair[1], pair[0].talk))
    ]


def everywhere() -> list[Practice]:
    """The practices of this installation whose lines may be shown."""
    return [practice for practice in directory.practices() if practice.published]
