"""The OpenAPI document says what the API does, and the API does what it says."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response as Answer
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DOCUMENT = "/api/v1/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def test_the_document_names_every_route(demo_app: Flask, demo_client: FlaskClient) -> None:
    document = demo_client.get(DOCUMENT).json
    described = {
        (path, method.upper()) for path, operations in document["paths"].items() for method in operations
    }
    routes = {
        (rule.rule.removeprefix("/api/v1").replace("<kind>", "<type>"), method)
        for rule in demo_app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.rule != DOCUMENT
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == {(path.replace("<", "{").replace(">", "}"), method) for path, method in routes}


def test_the_document_is_kept_by_who_has_it(demo_client: FlaskClient) -> None:
    first = demo_client.get(DOCUMENT)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = demo_client.get(DOCUMENT, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_answers_to_strangers_have_no_place_for_a_person(demo_client: FlaskClient) -> None:
    shapes = demo_client.get(DOCUMENT).json["components"]["schemas"]
    for name in ("PracticeAnswer", "TypeAnswer", "SlotsAnswer", "AppointmentAnswer"):
        assert shapes[name]["additionalProperties"] is False
        assert not {"email", "phone", "note", "participants_names"} & set(shapes[name]["properties"])


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["practice", "slots", "book", "appointment", "cancel", "move"])
def test_whatever_is_sent_the_answer_is_as_described(
    demo_app: Flask, book: Callable[..., Any], operation: str
) -> None:
    token = book().json["manage_url"].rpartition("/")[2]
    known = {"practice": "demo", "type": "consultation", "token": token}
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, demo_app)
    found = next(
        each.ok() for each in schema.get_all_operations() if each.ok().label.endswith(PATHS[operation])
    )
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    cases = st.one_of([found.as_strategy(generation_mode=mode) for mode in modes])

    @settings(
        max_examples=40,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real=st.booleans())
    def conforms(case: schemathesis.Case, real: bool) -> None:
        if real:
            case.path_parameters = {name: known[name] for name in case.path_parameters}
        answer: Answer = case.call()
        case.validate_response(answer, checks=CHECKS)

    conforms()


PATHS = {
    "practice": "practices/{practice}",
    "slots": "/slots",
    "book": "{practice}/appointments",
    "appointment": "appointments/{token}",
    "cancel": "/cancel",
    "move": "/move",
}
