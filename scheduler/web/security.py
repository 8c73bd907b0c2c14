"""What every answer carries and every request must pass: headers, hosts, sizes, forgery."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, g, request
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from scheduler.settings import Settings
from scheduler.web.strict_json import StrictJSON, has_odd_characters

BODY_BYTES = 64 * 1024
FORM_PARTS = 500
HSTS = "max-age=31536000; includeSubDomains"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECRETS = frozenset({"token", "hold"})
"""Names of the route arguments that are secret: in no log, in no search engine."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors "
)
_PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
_ORIGIN = re.compile(r"'self'|https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?")
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

csrf = CSRFProtect()
blueprint = Blueprint("security_pages", __name__)


def init_app(app: Flask, settings: Settings) -> None:
    """Set limits of size, trusted hosts and proxies, and guard each request and answer."""
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session it is bound to
    )
    app.json_provider_class = StrictJSON  # Flask-Security puts one of its own in place, made from this class
    app.json = StrictJSON(app)
    if settings.proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # Flask's own way to wrap it
    csrf.init_app(app)
    # Earlier than before_request: a blueprint may look a name of the address up in its own preprocessor.
    app.url_value_preprocessor(lambda _endpoint, _values: _refuse_odd_characters())
    app.before_request(_refuse_forged_forms)
    app.after_request(_add_headers)
    if not settings.is_demo:
        app.after_request(_insist_on_https)
    app.register_blueprint(blueprint)


def is_practice_side() -> bool:
    """Whether the request is for the pages behind the sign-in: the only ones with a session."""
    return request.path == "/practice" or request.path.startswith("/practice/")


@blueprint.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """What search engines may read: the demo site and the booking pages; no secret path is named."""
    lines = ("User-agent: *", "Allow: /book/", "Allow: /demo/", "Disallow: /")
    answer = Response("\n".join((*lines, "")), mimetype="text/plain")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


# ---- requests --------------------------------------------------------------


def _refuse_odd_characters() -> None:
    texts = [request.path, *request.args.keys(), *request.args.values()]
    if request.mimetype in _FORM_TYPES:
        texts += request.form.keys()
        texts += (text for key in request.form for text in request.form.getlist(key))
    if any(map(has_odd_characters, texts)):
        abort(400)


def _refuse_forged_forms() -> None:
    """Practice pages: a change needs the session's token, from a page of ours, in a form."""
    if request.method in SAFE_METHODS or not is_practice_side():
        return
    if request.mimetype and request.mimetype not in _FORM_TYPES:
        abort(415)
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin" or not _is_own_origin():
        abort(403)
    csrf.protect()


def _is_own_origin() -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


# ---- answers ---------------------------------------------------------------


def _add_headers(response: Response) -> Response:
    headers = response.headers
    ancestors = _frame_ancestors(g.get("frame_ancestors", ()))
    headers.setdefault("Content-Security-Policy", _POLICY + ancestors)
    if ancestors == "'none'":
        headers["X-Frame-Options"] = "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Permissions-Policy"] = _PERMISSIONS
    if is_practice_side():
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Cache-Control"] = "no-store"
    else:
        headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Cache-Control", "no-store")
    if not _is_indexable():
        headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _insist_on_https(response: Response) -> Response:
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


def _frame_ancestors(origins: str | Iterable[str]) -> str:
    """The sites that may frame the answer; what is no origin is left out, nothing left means none."""
    listed = origins.split() if isinstance(origins, str) else origins
    return " ".join(origin for origin in listed if _ORIGIN.fullmatch(origin)) or "'none'"


def _is_indexable() -> bool:
    secret = SECRETS & (request.view_args or {}).keys()
    return request.path.startswith(("/book/", "/demo/", "/static/")) and not secret
