"""Refuses requests while the program does not fit its database; once it does, it is out of the way.

People read a calm page in their language, made without the database: no practice is known, so the help
line is the general one. Programs get problem+json under /api/, and a plain sentence elsewhere.
"""

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, g, json
from werkzeug.wrappers import Request, Response

from scheduler.domain.errors import StoreBusy
from scheduler.services import starting, wording
from scheduler.web.errors import UPDATING
from scheduler.web.language import gettext

_log = logging.getLogger(__name__)
RETRY_AFTER = 60
SENTENCE = "These pages are being updated. Please try again in a few minutes.\n"
ALIVE = "/healthz"
STATIC = "/static/"
"""The page's stylesheets: they need no database."""
PROBES = ("/readyz", "/metrics")
_SHEETS = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"


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
        """Answer 503 in the form that is asked for, or pass the request on."""
        path = environ.get("PATH_INFO", "")
        if path == ALIVE or path.startswith(STATIC):
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
        with self.app.app_context():
            answer = self._refusal(Request(environ, populate_request=False))
        return answer(environ, start_response)

    def _refusal(self, request: Request) -> Response:
        """What whoever asks can read. Needs an application context; a request's would open a session."""
        wanted = f"{request.args.get('lang', '')[:20]},{request.headers.get('Accept-Language', '')}"
        g.language = wording.negotiate(wanted, wording.SUPPORTED)
        if request.path.startswith("/api/"):
            return _answer(_problem(), "application/problem+json")
        if _is_for_programs(request.path):
            return _answer(SENTENCE, "text/plain")
        page = _answer(self._page(request), "text/html", policy=_SHEETS)
        page.vary.add("Accept-Language")
        if not request.path.startswith(
            "/book/"
        ):  # there the frame of a website shows it, and it has no button
            page.headers["Content-Security-Policy"] += "; frame-ancestors 'none'"
        return page

    def _page(self, request: Request) -> str:
        addresses = self.app.url_map.bind("localhost", script_name=request.root_path or "/")
        return self.app.jinja_env.get_template("errors/updating.html").render(
            url_for=lambda endpoint, **values: addresses.build(endpoint, values),
            title=gettext(UPDATING.title),
            sentence=gettext(UPDATING.sentence),
            can_look_again=request.method == "GET",
            help_lines=None if request.path.startswith("/practice") else [],
        )


def _is_for_programs(path: str) -> bool:
    """Whether no person reads the answer: feeds and other files, probes."""
    return path.startswith("/feeds/") or path in PROBES or "." in path.rpartition("/")[2]


def _problem() -> str:
    """**Source**: RFC 9457."""
    return json.dumps(
        {
            "type": "about:blank",
            "title": gettext(UPDATING.title),
            "status": UPDATING.status,
            "code": UPDATING.code,
            "detail": gettext(UPDATING.sentence),
        }
    )


def _answer(body: str, mimetype: str, *, policy: str = "default-src 'none'") -> Response:
    headers = {
        "Retry-After": str(RETRY_AFTER),
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(body, UPDATING.status, headers, mimetype=mimetype)
