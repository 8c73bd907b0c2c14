"""Calendar feeds: GET and HEAD of `/feeds/{token}.ics`, and of `/feeds/{token}.ifb` for the mere times.

**Source** RFC 9110 sections 8.8.3, 13.1.2, 13.2.2 and 15.4.5; RFC 5545 section 8.1.
"""

from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from scheduler.clock import utcnow
from scheduler.services import feeds
from scheduler.services.feeds import Form, Version

blueprint = Blueprint("feeds", __name__)

_PACKED = "-gzip"
"""Ending of the tag of compressed bytes: a strong tag stands for one sequence of bytes."""


_FILES = {Form.ENTRIES: "calendar.ics", Form.TIMES: "freebusy.ifb"}


@blueprint.get("/feeds/<token>.ics", provide_automatic_options=False)
def show(token: str) -> Response:
    """The calendar, or 304 when the program has it already. **Raises** `NotFound`."""
    return _answer(token, Form.ENTRIES)


@blueprint.get("/feeds/<token>.ifb", provide_automatic_options=False)
def show_times(token: str) -> Response:
    """When the therapist has appointments, or 304. **Raises** `NotFound`."""
    return _answer(token, Form.TIMES)


def _answer(token: str, form: Form) -> Response:
    now = utcnow()
    packed = request.accept_encodings.quality("gzip") > 0
    version = feeds.version(token, form, now=now)
    if _has_it(version):
        return _with_headers(_Unchanged(status=304), version, packed=packed)
    version, calendar = feeds.calendar(token, form, now=now)
    response = Response(
        calendar.compressed if packed else calendar.body, content_type="text/calendar; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'inline; filename="{_FILES[form]}"'
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return _with_headers(response, version, packed=packed)


class _Unchanged(Response):
    """A 304 with its Last-Modified, which Werkzeug takes for a description of the missing body."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """The headers as sent."""
        headers = super().get_wsgi_headers(environ)
        headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


def _has_it(version: Version) -> bool:
    if "If-None-Match" in request.headers:
        known = request.if_none_match
        return known.contains_weak(version.tag) or known.contains_weak(version.tag + _PACKED)
    # Only the very date that we gave: one that is merely later is no proof of anything.
    since = request.if_modified_since
    return since is not None and version.is_settled and int(since.timestamp()) == version.modified_at


def _with_headers(response: Response, version: Version, *, packed: bool) -> Response:
    headers = response.headers
    headers["ETag"] = f'"{version.tag}{_PACKED if packed else ""}"'
    headers["Last-Modified"] = http_date(version.modified_at)
    headers["Cache-Control"] = "private, no-cache"
    headers["Vary"] = "Accept-Encoding"
    return response
