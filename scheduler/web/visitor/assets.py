"""Stylesheets and scripts of the pages: files of `static/` joined, at an address that names their content.

No build step: a bundle is read once, and its address changes whenever a file
does, so that browsers may keep it for ever. Comments and indents of scripts are
for readers of the source and stay behind.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Response, abort, request, url_for

from scheduler.web.visitor.blueprint import blueprint

STATIC = Path(__file__).resolve().parents[2] / "static"
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_FOR_READERS = re.compile(rb"^[ \t]*//.*\n|^[ \t]+", re.MULTILINE)
BUNDLES = {
    "visitor.css": ("css/tokens.css", "css/base.css", "css/visitor.css"),
    "demo.css": ("css/demo.css",),
    "embed.js": ("embed.js",),
    "embed-window.js": ("embed-window.js",),
    "visitor.js": tuple(f"js/{name}.js" for name in ("frame", "zone", "month", "keep", "step", "focus")),
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Joined files, and the word that stands for their content."""

    plain: bytes
    packed: bytes
    version: str


@cache
def bundle(name: str) -> Bundle:
    """The files of a bundle, joined in order. **Raises** `KeyError`."""
    plain = b"\n".join((STATIC / path).read_bytes() for path in BUNDLES[name])
    if name.endswith(".js"):
        plain = _FOR_READERS.sub(b"", plain)
    return Bundle(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:12])


@blueprint.app_template_global()
def asset_url(name: str) -> str:
    """The address of a bundle, good until its content changes."""
    return url_for("visitor.asset", version=bundle(name).version, name=name)


@blueprint.get("/assets/<version>/<name>")
def asset(version: str, name: str) -> Response:
    """A bundle; another version's address gets today's content, to be asked for again."""
    if name not in BUNDLES:
        abort(404)
    return serve(name, _FOREVER if version == bundle(name).version else "no-cache")


def serve(name: str, cache: str) -> Response:
    """A bundle, packed where the browser takes that, with this `Cache-Control`. **Raises** `KeyError`."""
    found = bundle(name)
    packed = bool(request.accept_encodings["gzip"])
    answer = Response(found.packed if packed else found.plain, content_type=_TYPES[name.rpartition(".")[2]])
    answer.headers["Cache-Control"] = cache
    answer.vary.add("Accept-Encoding")
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.set_etag(f"{found.version}{'-gzip' if packed else ''}")
    return answer.make_conditional(request)  # type: ignore[return-value]  # it answers itself, a Flask Response
