"""`/api/v1/openapi.json`: the API described by the very models it answers with.

**Source** OpenAPI Specification 3.1.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any

from flask import Response, json, request
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from scheduler.domain.text import NOTE_LENGTH
from scheduler.services.offers import MOST_DAYS
from scheduler.web.api import models
from scheduler.web.api.blueprint import blueprint
from scheduler.web.api.reading import DAY, IDEMPOTENCY_KEY, KEY

VERSION = "1.0"

_SHAPES: tuple[tuple[type[BaseModel], JsonSchemaMode], ...] = (
    (models.PracticeAnswer, "serialization"),
    (models.SlotsAnswer, "serialization"),
    (models.BookingRequest, "validation"),
    (models.BookedAnswer, "serialization"),
    (models.AppointmentAnswer, "serialization"),
    (models.CancelRequest, "validation"),
    (models.MoveRequest, "validation"),
    (models.Problem, "validation"),
)
_PROBLEMS = {
    400: "The address or the body cannot be read, or the body is no JSON that we take",
    404: "There is no such thing",
    409: "Not possible as things stand: `slot_taken`, `not_eligible`, `wrong_state` or `paused`",
    413: "The body is larger than 64 kB",
    415: "The body is not `application/json`",
    422: "Something sent cannot be taken; `errors` says what",
    429: "Too many attempts; `Retry-After` says how many seconds to wait",
    503: "Nothing was changed; try again after `Retry-After` seconds",
}
_RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait"}}
_TAG = {"ETag": {"schema": {"type": "string"}, "description": "Strong; send it back as If-None-Match"}}


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The description of this API."""
    text, tag = _document()
    headers = {"ETag": f'"{tag}"', "Cache-Control": "public, max-age=3600"}
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=headers)
    return Response(text, headers=headers, content_type="application/json")


@lru_cache(maxsize=1)
def _document() -> tuple[bytes, str]:
    text = json.dumps(document(), indent=1).encode()
    return text, blake2b(text, digest_size=12).hexdigest()


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    _, definitions = models_json_schema(_SHAPES, ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Calm Scheduler",
            "version": VERSION,
            "description": "Free times and booking for visitors. Errors are problem+json with a stable "
            "`code`; their texts follow `lang`, the body's `language` or Accept-Language (English, French).",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": _paths(),
        "components": {"schemas": definitions["$defs"]},
    }


def _paths() -> dict[str, Any]:
    practice, token = _path("practice", "Slug of the practice"), _path("token", "From the manage link")
    key = _parameter(
        IDEMPOTENCY_KEY,
        "header",
        {"type": "string", "pattern": KEY},
        "A random value for each booking; sent again with the same body it gives the same answer",
        required=True,
    )
    return {
        "/practices/{practice}": _read(
            "practice", "What a practice offers", models.PracticeAnswer, [practice], kept=True
        ),
        "/practices/{practice}/types/{type}/slots": _read(
            "slots",
            f"Free times of local days of the practice, at most {MOST_DAYS}",
            models.SlotsAnswer,
            [practice, _path("type", "Slug of the appointment type"), *_slot_query()],
            409,
            kept=True,
        ),
        "/practices/{practice}/appointments": _send(
            "book", "Book a time", models.BookingRequest, models.BookedAnswer, [practice, key], status=201
        ),
        "/appointments/{token}": _read(
            "appointment", "See an appointment", models.AppointmentAnswer, [token], 429
        ),
        "/appointments/{token}/cancel": _send(
            "cancel",
            f"Cancel; again changes nothing. The note has at most {NOTE_LENGTH} characters",
            models.CancelRequest,
            models.AppointmentAnswer,
            [token],
            optional=True,
        ),
        "/appointments/{token}/move": _send(
            "move", "Another time, same therapist", models.MoveRequest, models.AppointmentAnswer, [token]
        ),
    }


def _slot_query() -> list[dict[str, Any]]:
    day = {"type": "string", "format": "date", "pattern": DAY}
    return [
        _parameter("from", "query", day, "First local day", required=True),
        _parameter("to", "query", day, "Last local day, included", required=True),
        _parameter("therapist", "query", {"type": "string"}, "Slug; left out for any"),
        _parameter("therapists", "query", {"enum": ["0", "1"]}, "1 adds who is free at each time"),
    ]


def _read(
    name: str,
    summary: str,
    answer: type[BaseModel],
    parameters: list[dict[str, Any]],
    *problems: int,
    kept: bool = False,
) -> dict[str, Any]:
    answers = {"200": _answer(answer, _TAG if kept else {}), **_told(400, 404, 422, *problems, 503)}
    if kept:
        answers["304"] = {"description": "You have it already", "headers": _TAG}
    return {"get": _operation(name, summary, parameters, answers)}


def _send(
    name: str,
    summary: str,
    sent: type[BaseModel],
    answer: type[BaseModel],
    parameters: list[dict[str, Any]],
    *,
    status: int = 200,
    optional: bool = False,
) -> dict[str, Any]:
    answers = {str(status): _answer(answer, {}), **_told(*_PROBLEMS)}
    operation = _operation(name, summary, parameters, answers)
    operation["requestBody"] = {
        "required": not optional,
        "content": {"application/json": {"schema": _ref(sent)}},
    }
    return {"post": operation}


def _operation(
    name: str, summary: str, parameters: list[dict[str, Any]], answers: dict[str, Any]
) -> dict[str, Any]:
    language = _parameter("lang", "query", {"type": "string"}, "Language of the texts, such as fr")
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*parameters, language],
        "responses": answers,
    }


def _answer(model: type[BaseModel], headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": "Done",
        "headers": headers,
        "content": {"application/json": {"schema": _ref(model)}},
    }


def _told(*statuses: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _ref(models.Problem)}}
    return {
        str(status): {
            "description": _PROBLEMS[status],
            "content": content,
            "headers": _RETRY if status in (429, 503) else {},
        }
        for status in statuses
    }


def _path(name: str, meaning: str) -> dict[str, Any]:
    return _parameter(name, "path", {"type": "string", "minLength": 1}, meaning, required=True)


def _parameter(
    name: str, place: str, schema: dict[str, Any], meaning: str, *, required: bool = False
) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema, "description": meaning}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
