"""What a practice offers, for programs."""

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from scheduler.domain.intake import Asked, Kind
from scheduler.web.api.models import TherapistAnswer
from tests.support.core import person, practice_named
from tests.web.api.conftest import PRACTICE, fields_of, problem_of
from tests.web.visitor.asking import ask


def test_a_practice_tells_what_it_offers(demo_client: FlaskClient) -> None:
    answer = demo_client.get(PRACTICE).json
    assert {key: answer[key] for key in ("slug", "zone", "language", "languages")} == {
        "slug": "demo",
        "zone": "America/Toronto",
        "language": "en",
        "languages": ["en", "fr"],
    }
    silent = {"credentials": "", "approach": "", "languages": [], "practising_since": None}
    assert answer["therapists"] == [
        {"slug": "ada", "name": "Ada Tremblay", **silent},
        {"slug": "ben", "name": "Ben Okafor", **silent},
    ]
    assert [kind["slug"] for kind in answer["types"]] == ["consultation", "intake", "session", "couple"]
    assert answer["types"][0] == {
        "slug": "consultation",
        "name": "Free first call",
        "description": "We find out together if we are a good fit. You do not need to prepare anything.",
        "duration_minutes": 15,
        "modes": ["phone", "video"],
        "approval": "instant",
        "price": None,
        "participants": 1,
        "therapists": ["ada", "ben"],
        "consents": ["privacy"],
        "questions": [],
        "places": [],
        "policy": "",
        "cancellation": None,
    }


def test_a_type_with_a_fee_names_price_and_consents(demo_client: FlaskClient) -> None:
    couple = demo_client.get(PRACTICE).json["types"][3]
    assert couple["price"] == {"cents": 18000, "currency": "CAD"}
    assert (couple["participants"], couple["therapists"]) == (2, ["ada"])
    assert couple["consents"] == ["privacy", "policy"]
    assert couple["policy"]


def test_texts_come_in_the_language_asked_for(demo_client: FlaskClient) -> None:
    french = demo_client.get(f"{PRACTICE}?lang=fr").json
    assert (french["language"], french["types"][0]["name"]) == ("fr", "Premier appel gratuit")
    accepting = demo_client.get(PRACTICE, headers={"Accept-Language": "fr-CH, en;q=0.5"})
    assert accepting.json == french
    assert accepting.headers["Vary"] == "Accept-Language"


def test_what_a_therapist_tells_comes_in_the_language_asked_for() -> None:
    ada = replace(
        person(practice_named("demo", "America/Toronto", "CA"), "ada"),
        credentials={"en": "Psychologist, OPQ", "fr": "Psychologue, OPQ"},
        approach={"en": "Calm and direct."},
        spoken=("en", "fr"),
        practising_since=2009,
    )
    assert TherapistAnswer.of(ada, "fr").model_dump() == {
        "slug": "ada",
        "name": ada.name,
        "credentials": "Psychologue, OPQ",
        "approach": "Calm and direct.",
        "languages": ["en", "fr"],
        "practising_since": 2009,
    }


def test_a_practice_is_not_sent_twice(demo_client: FlaskClient) -> None:
    tag = demo_client.get(PRACTICE).headers["ETag"]
    assert demo_client.get(PRACTICE, headers={"If-None-Match": tag}).status_code == 304
    assert demo_client.get(f"{PRACTICE}?lang=fr", headers={"If-None-Match": tag}).status_code == 200


def test_nothing_private_is_told(demo_client: FlaskClient) -> None:
    text = demo_client.get(PRACTICE).get_data(as_text=True)
    assert "ada@" not in text
    assert "video_link" not in text


def test_an_unknown_practice_is_404(demo_client: FlaskClient) -> None:
    assert problem_of(demo_client.get("/api/v1/practices/nobody"))["code"] == "not_found"


def test_an_unknown_question_is_refused(demo_client: FlaskClient) -> None:
    assert fields_of(demo_client.get(f"{PRACTICE}?verbose=1")) == ["verbose"]


def test_a_type_tells_what_the_practice_asks_on_the_way(demo_app: Flask) -> None:
    choices = {"en": ["By bus", "On foot"], "fr": ["En bus", "À pied"]}
    way = ask(demo_app, kind=Kind.CHOICE, choices=choices, asked=Asked.BOOKING, type_slug="session")
    ask(demo_app)
    types = demo_app.test_client().get(f"{PRACTICE}?lang=fr").json["types"]
    assert {kind["slug"]: kind["questions"] for kind in types if kind["questions"]} == {
        "session": [
            {
                "id": way.id,
                "kind": "choice",
                "question": "Quelle porte vous convient ?",
                "purpose": "Pour ouvrir la bonne.",
                "choices": ["En bus", "À pied"],
                "required": False,
            }
        ]
    }
