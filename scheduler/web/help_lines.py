"""The help line of a page, whatever became of the request: also where no practice and no database is at hand.

The practices met last are remembered, so that a page that says "the fault is ours" still has their lines.
"""

import logging

from flask import current_app, g, request

from scheduler.domain.practice import Practice
from scheduler.services import help_lines
from scheduler.services.help_lines import ShownLine
from scheduler.web.language import current_language

_log = logging.getLogger(__name__)
_KEY = "help_lines"


def remember(practice: Practice) -> None:
    """Keep the practice for a page that cannot read it."""
    _met()[practice.slug] = practice


def here() -> list[ShownLine]:
    """The line of the page's practice, else those of all practices here; never an error."""
    practice: Practice | None = g.get("practice")
    if practice is not None and practice.help_line is not None:
        return help_lines.of_practice(practice, current_language())
    _refresh()
    met = _met()
    named = met.get(_slug_in(request.path))
    if named is not None and named.help_line is not None:
        return help_lines.of_practice(named, current_language())
    return help_lines.of_all(met.values(), current_language())


def no_reading() -> None:
    """The database does not answer: this page makes do with what is remembered."""
    g.help_lines_from_memory = True


def _refresh() -> None:
    if g.get("help_lines_from_memory"):
        return
    try:
        for known in help_lines.everywhere():
            remember(known)
    except Exception:  # the page is about something else that went wrong, and must not fail for this
        _log.warning("the help lines cannot be read", exc_info=True)


def _slug_in(path: str) -> str:
    """The practice that an address names, whether or not the rest of it leads anywhere."""
    parts = path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "book" else ""


def _met() -> dict[str, Practice]:
    met: dict[str, Practice] = current_app.extensions.setdefault(_KEY, {})
    return met
