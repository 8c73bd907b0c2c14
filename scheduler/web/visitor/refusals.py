"""What a visitor reads when something cannot be done: never a bare number, always what to do now."""

import logging

from flask import g, render_template, request
from werkzeug.exceptions import HTTPException

from scheduler.domain.errors import NotFound, Paused, StoreBusy, TooMany, WrongState
from scheduler.services import directory
from scheduler.web import help_lines
from scheduler.web.errors import BUSY_RETRY_AFTER, request_number
from scheduler.web.visitor.answers import FIELDS, INSTEAD, KEY, QUESTION
from scheduler.web.visitor.blueprint import blueprint, enter_practice

_log = logging.getLogger(__name__)
Page = tuple[str, int] | tuple[str, int, dict[str, str]]
_KEPT = (*FIELDS, KEY, "form_token", "action", "start", "date", "day", "part")
_KEPT_PREFIXES = (QUESTION, INSTEAD)


@blueprint.errorhandler(NotFound)
@blueprint.errorhandler(404)
def not_found(error: Exception) -> Page:
    """A link that leads nowhere, or no longer; of one that is over the practice is still known."""
    if isinstance(error, NotFound) and error.practice_id and g.practice is None:
        enter_practice(directory.of_id(error.practice_id).practice)
    return render_template("visitor/old_link.html"), 404


@blueprint.errorhandler(Paused)
def paused(error: Paused) -> Page:
    """The practice takes no bookings now."""
    return render_template("visitor/paused.html", until=error.until), 503


@blueprint.errorhandler(TooMany)
@blueprint.errorhandler(429)
def too_many(error: TooMany | HTTPException) -> Page:
    """One answer for every limit."""
    wait = error.retry_after if isinstance(error, TooMany) else 3600
    return render_template("visitor/too_many.html"), 429, {"Retry-After": str(wait)}


@blueprint.errorhandler(WrongState)
def wrong_state(error: WrongState) -> Page:
    """The appointment was changed meanwhile."""
    return render_template("visitor/old_link.html"), 409


@blueprint.errorhandler(StoreBusy)
@blueprint.errorhandler(500)
def our_fault(error: Exception) -> Page:
    """The fault is ours: the same form once more, with the same key, so that nothing is booked twice."""
    names = [name for name in request.form if name in _KEPT or name.startswith(_KEPT_PREFIXES)]
    if isinstance(error, StoreBusy):
        help_lines.no_reading()
    fields = [(name, value) for name in names for value in request.form.getlist(name)]
    page = render_template("visitor/fault.html", fields=fields, number=request_number())
    if not isinstance(error, StoreBusy):
        return page, 500
    _log.warning("store busy", extra={"number": request_number()})
    return page, 503, {"Retry-After": str(BUSY_RETRY_AFTER)}
