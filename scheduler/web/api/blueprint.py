"""The API's blueprint, and which of its answers scripts of any site may read."""

from flask import Blueprint, Response, request

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

OPEN = frozenset({"api.practice", "api.slots", "api.openapi"})
"""Answers without any person in them: readable from any origin, never with credentials."""

_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}


@blueprint.after_request
def let_scripts_read(response: Response) -> Response:
    """Public data, and what went wrong in asking for it, may be read from any site."""
    if request.endpoint in OPEN:
        response.headers["Access-Control-Allow-Origin"] = "*"
        if request.method == "OPTIONS":
            response.headers.update(_ALLOWED)
        else:
            response.headers["Access-Control-Expose-Headers"] = "ETag"
    return response
