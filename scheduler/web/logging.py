"""The log: one JSON object a line, made of listed fields only, so that no person and no secret link gets in.

A message is written as its template; values go in only under the names below.
Of an error the kind and the places in the code are written, never its text,
which may quote what somebody typed.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from time import perf_counter

from flask import Flask, Response, g, request
from flask_security import current_user

from scheduler.settings import Settings
from scheduler.web.errors import request_number
from scheduler.web.security import is_practice_side

FIELDS = ("method", "route", "status", "milliseconds", "number", "user", "uid", "kind", "outcome", "count")
"""Every field that a log line may carry beside time, level, place, event and error."""

_QUIET = ("werkzeug", "waitress", "flask_wtf.csrf", "flask-limiter", "sqlalchemy", "urllib3")
_request_log = logging.getLogger("scheduler.request")


class Handler(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """Writes our lines; a class of its own, so that a second application does not add a second one."""


class JSONFormatter(logging.Formatter):
    """A record as one line of JSON with allowed fields only."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": str(record.msg),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line, default=str)


def init_app(app: Flask, settings: Settings) -> None:
    """Write the log to standard error, and one line for each request."""
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, Handler)]:
        root.removeHandler(old)
    handler = Handler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    root.addHandler(handler)
    logging.getLogger("scheduler").setLevel(logging.WARNING if settings.is_demo else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    app.before_request(_start)
    app.after_request(_note)


def _start() -> None:
    g.started = perf_counter()


def _note(response: Response) -> Response:
    if not _request_log.isEnabledFor(logging.INFO):
        return response
    fields: dict[str, object] = {
        "method": request.method if request.url_rule else "-",
        "route": request.url_rule.rule if request.url_rule else "-",
        "status": response.status_code,
        "milliseconds": round((perf_counter() - g.get("started", perf_counter())) * 1000, 1),
        "number": request_number(),
    }
    if is_practice_side() and current_user.is_authenticated:
        fields["user"] = current_user.account.id
    _request_log.info("request", extra=fields)
    return response
