"""Errors as answers: problem+json under /api, calm plain pages elsewhere, never an inner detail.

One table says which refusal is which status. Every answer of this kind has a
number that finds its line in the log.
"""

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, json, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from scheduler.domain import errors as refusals
from scheduler.services import wording
from scheduler.web import help_lines
from scheduler.web.language import gettext, use_language

_log = logging.getLogger(__name__)
BUSY_RETRY_AFTER = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """How a kind of error is told: status, stable code, heading and one sentence on what to do."""

    status: int
    code: str
    title: str
    sentence: str


NOT_FOUND = Answer(
    404,
    "not_found",
    "We cannot find this page",
    "The link may be old, or a letter got lost. Check the address.",
)
_TAKEN = Answer(409, "slot_taken", "This time has just been taken", "Please choose another time.")
_TOO_MANY = Answer(429, "rate_limited", "That was a lot at once", "Please wait a little, then try again.")
_FAULT = Answer(
    500, "internal_error", "Something went wrong", "The fault is ours. Please try again in a few minutes."
)
_BUSY = Answer(
    503, "try_again", "We could not save this just now", "Nothing was changed. Please try again in a moment."
)
UPDATING = Answer(
    503,
    "try_again",
    "These pages are being updated",
    "Please try again in a few minutes. What is booked stays booked.",
)
_WRONG_STATE = Answer(
    409,
    "wrong_state",
    "This cannot be done any more",
    "The appointment has changed meanwhile. Please look again.",
)
_PAUSED = Answer(
    409,
    "paused",
    "No bookings just now",
    "The practice takes no bookings online at the moment. Please write or call.",
)
_CHECK = Answer(422, "validation_failed", "Please check your answers", "Go back and look at what is marked.")
_NOT_ELIGIBLE = Answer(
    409,
    "not_eligible",
    "This appointment does not fit",
    "Please choose another kind of appointment, or ask us.",
)

REFUSALS: dict[type[refusals.SchedulerError], Answer] = {
    refusals.NotFound: NOT_FOUND,
    refusals.SlotTaken: _TAKEN,
    refusals.DatesTaken: _TAKEN,
    refusals.HoldExpired: _TAKEN,
    refusals.NotEligible: _NOT_ELIGIBLE,
    refusals.TooMany: _TOO_MANY,
    refusals.WrongState: _WRONG_STATE,
    refusals.AnotherRequest: _CHECK,
    refusals.Refused: _CHECK,
    refusals.Paused: _PAUSED,
    refusals.StoreBusy: _BUSY,
}
"""Which refusal of the domain is told how."""

BAD_REQUEST = Answer(400, "bad_request", "We could not read this", "Please go back and try again.")
NOT_SIGNED_IN = Answer(
    401, "not_signed_in", "Please sign in again", "You were away for a while, so we signed you out."
)
_BY_STATUS = {
    400: BAD_REQUEST,
    401: NOT_SIGNED_IN,
    403: Answer(403, "forbidden", "This is not open to you", "Please go back to the page you came from."),
    404: NOT_FOUND,
    405: Answer(405, "method_not_allowed", "This cannot be done here", "Please go back and use the buttons."),
    413: Answer(413, "too_large", "This is too much at once", "Please send less text."),
    415: Answer(415, "unsupported_media_type", "We could not read this", "Please go back and use the form."),
    429: _TOO_MANY,
    500: _FAULT,
    503: _BUSY,
}
_FORGED = Answer(
    400,
    "form_expired",
    "This page was open for a long time",
    "Nothing was changed. Please go back, load the page again and press once more.",
)


def init_app(app: Flask) -> None:
    """Answer every error of the application."""
    app.register_error_handler(refusals.SchedulerError, _refuse)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(CSRFError, _refuse_expired_form)
    app.log_exception = _note_fault  # type: ignore[method-assign]  # Flask's own way to change it


def request_number() -> str:
    """The number of this request: shown to the person, and found in the log."""
    if "request_number" not in g:
        g.request_number = secrets.token_hex(6)
    return str(g.request_number)


def problem(answer: Answer, detail: str = "", **more: Any) -> Response:
    """An answer as problem+json, in the request's language. **Source**: RFC 9457."""
    _speak()
    body = {
        "type": "about:blank",
        "title": gettext(answer.title),
        "status": answer.status,
        "code": answer.code,
        "detail": gettext(detail or answer.sentence),
        **more,
        "number": request_number(),
    }
    return Response(json.dumps(body), answer.status, mimetype="application/problem+json")


def answer_of(error: refusals.SchedulerError) -> Answer:
    """How a refusal is told; one that the table does not know is a fault of ours."""
    return next((REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS), _FAULT)


def tell(answer: Answer, **more: Any) -> Response:
    """The answer in the form that the address asks for: problem+json, or a page."""
    return problem(answer, **more) if request.path.startswith("/api/") else _page(answer)


def _refuse(error: refusals.SchedulerError) -> ResponseReturnValue:
    answer = answer_of(error)
    if isinstance(error, refusals.StoreBusy):
        help_lines.no_reading()
    if isinstance(error, refusals.Refused):
        _speak()
        fields = [{"field": field, "message": gettext(text)} for field, text in error.problems.items()]
        return tell(answer, detail=next(iter(error.problems.values()), ""), errors=fields)
    response = tell(answer)
    if isinstance(error, refusals.TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, refusals.StoreBusy):
        response.headers["Retry-After"] = str(BUSY_RETRY_AFTER)
        _log.warning("store busy", extra={"number": request_number()})
    return response


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, refusals.SchedulerError):  # met while the session was opened or kept
        return _refuse(cause)
    if error.response is not None:
        return error.response
    known = _BY_STATUS[500 if error.code >= 500 else 400]
    response = tell(_BY_STATUS.get(error.code, Answer(error.code, known.code, known.title, known.sentence)))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _refuse_expired_form(_error: CSRFError) -> ResponseReturnValue:
    return tell(_FORGED)


def _note_fault(exc_info: Any) -> None:
    _log.error("unexpected error", exc_info=exc_info, extra={"number": request_number()})


def _page(answer: Answer) -> Response:
    """A calm page; plain text for a foreign host, or when even that cannot be made."""
    if "language" not in g:
        use_language(wording.SUPPORTED)
    title, sentence = gettext(answer.title), gettext(answer.sentence)
    plain = Response(f"{title}. {sentence}\n", answer.status, mimetype="text/plain")
    if isinstance(request.routing_exception, SecurityError):
        return plain
    try:
        page = render_template(
            "errors/error.html",
            answer=answer,
            title=title,
            sentence=sentence,
            number=request_number(),
            help_lines=None if request.path.startswith("/practice") else help_lines.here(),
        )
    except Exception:
        _log.warning("error page not rendered", exc_info=True, extra={"number": request_number()})
        return plain
    return Response(page, answer.status)


def _speak() -> None:
    if "language" not in g:
        use_language(wording.SUPPORTED, wanted=request.args.get("lang", ""))
