"""Refuses requests while the program does not fit its database; once it does, it is out of the way."""

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from werkzeug.wrappers import Response

from scheduler.domain.errors import StoreBusy
from scheduler.services import starting

_log = logging.getLogger(__name__)
RETRY_AFTER = 60
SENTENCE = "These pages are being updated. Please try again in a few minutes.\n"
ALIVE = "/healthz"


def init_app(app: Flask) -> None:
    """Put the gate before everything else; the last step of making the application."""
    app.wsgi_app = Gate(app)  # type: ignore[method-assign]  # Flask's own way to wrap it


class Gate:
    """Looks at the database at the first request, and again until it is found right."""

    def __init__(self, app: Flask) -> None:
        """Stand before what answers `app`'s requests now."""
        self.app = app
        self.behind = app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 503 in a plain sentence, or pass the request on."""
        if environ.get("PATH_INFO") == ALIVE:
            return self.behind(environ, start_response)
        try:
            with self.app.app_context():
                reason = starting.obstacle()
        except StoreBusy:  # the pages say so themselves
            return self.behind(environ, start_response)
        if not reason:
            self.app.wsgi_app = self.behind  # type: ignore[method-assign]  # Flask's own way to wrap it
            return self.behind(environ, start_response)
        _log.error("requests are refused: " + reason)
        return _refusal()(environ, start_response)


def _refusal() -> Response:
    headers = {
        "Retry-After": str(RETRY_AFTER),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(SENTENCE, 503, headers, mimetype="text/plain")
