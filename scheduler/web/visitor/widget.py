"""What a practice's website loads from us: the loader with its windows, and the stylesheet of its accent."""

from functools import lru_cache

from flask import Response, abort, make_response, render_template

from scheduler.domain import colour
from scheduler.web.visitor import assets
from scheduler.web.visitor.blueprint import blueprint

_TEN_MINUTES = "public, max-age=600"
_A_DAY = "public, max-age=86400"


@blueprint.get("/embed.js")
def loader() -> Response:
    """The loader, at the one address that websites know for ever."""
    return _for_websites("embed.js")


@blueprint.get("/embed-window.js")
def windows() -> Response:
    """What the loader fetches for popups and floating buttons, and only for them."""
    return _for_websites("embed-window.js")


@blueprint.get("/theme/<accent>.css")
def theme(accent: str) -> Response:
    """The accent as a stylesheet, moved in lightness until it can be read."""
    try:
        sheet = accent_sheet(accent.lower())
    except ValueError:
        abort(404)
    answer = make_response(sheet)
    answer.content_type = "text/css; charset=utf-8"
    answer.headers["Cache-Control"] = _A_DAY
    return answer


@lru_cache(maxsize=256)
def accent_sheet(accent: str) -> str:
    """The stylesheet of an accent (`rrggbb`). **Raises** `ValueError`."""
    if len(accent) != 6:
        raise ValueError(accent)
    return render_template(
        "visitor/theme.css",
        light=colour.readable(accent, colour.LIGHT),
        dark=colour.readable(accent, colour.DARK),
    )


def _for_websites(name: str) -> Response:
    answer = assets.serve(name, _TEN_MINUTES)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
