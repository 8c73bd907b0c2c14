"""The page of one therapist: what is set there reaches mails and visitors, and nobody else's is touched."""

from flask import Flask

from scheduler.domain.practice import TherapistMail
from scheduler.services import directory
from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person, problems

PAGE = "/practice/settings/therapist"
FIELDS = {
    "name": "Ada T. Tremblay",
    "email": "ada.office@demo.example",
    "mail": "notice",
    "video_link": "https://video.demo.example/room?x=1",
}


def test_a_therapist_sets_name_notices_and_video_room(demo_app: Flask) -> None:
    ada = Person(demo_app, ADA)
    page = ada.done(PAGE, **FIELDS)
    assert 'value="https://video.demo.example/room?x=1"' in page
    with demo_app.app_context():
        saved = directory.find_therapist(directory.practice("demo"), "ada")
    assert (saved.name, saved.email, saved.mail, saved.video_link) == (
        "Ada T. Tremblay",
        "ada.office@demo.example",
        TherapistMail.NOTICE,
        "https://video.demo.example/room?x=1",
    )


def test_wrong_answers_are_told_at_their_fields_and_change_nothing(demo_app: Flask) -> None:
    ada = Person(demo_app, ADA)
    bad = {"name": " ", "email": "ada@", "mail": "notice", "video_link": "javascript:alert(1)"}
    answer = ada.send(PAGE, **bad)
    assert answer.status_code == 422
    assert problems(answer) == [
        "name: Give the name that clients read",
        "email: Check the email address: the part after @ is missing",
        "video_link: Give a whole address that begins with https://",
    ]
    with demo_app.app_context():
        assert directory.find_therapist(directory.practice("demo"), "ada").name == "Ada Tremblay"


def test_an_owner_sets_each_therapist_and_a_therapist_only_the_own(demo_app: Flask) -> None:
    owner = Person(demo_app, OWNER)
    owner.done(f"{PAGE}?therapist=ben", **{**FIELDS, "name": "Ben O. Okafor"})
    with demo_app.app_context():
        practice = directory.practice("demo")
        assert directory.find_therapist(practice, "ben").name == "Ben O. Okafor"
        assert directory.find_therapist(practice, "ada").name == "Ada Tremblay"
    ada = Person(demo_app, ADA)
    assert ada.send(f"{PAGE}?therapist=ben", **FIELDS).status_code == 404


def test_a_profile_and_places_are_typed_in_words_and_read_by_visitors(demo_app: Flask) -> None:
    ada = Person(demo_app, ADA)
    words = {
        "credentials-en": "Psychologist, member of the Ordre",
        "approach-en": "Calm and direct.",
        "approach-fr": "Calme et directe.",
        "spoken": "french, English",
        "practising_since": "2009",
        "places": "quebec, France",
    }
    page = ada.done(PAGE, **FIELDS, **words)
    assert 'value="French, English"' in page
    assert 'value="Quebec, France"' in page
    with demo_app.app_context():
        saved = directory.find_therapist(directory.practice("demo"), "ada")
    assert (saved.spoken, saved.practising_since, saved.places) == (("fr", "en"), 2009, ("CA-QC", "FR"))
    assert saved.approach == {"en": "Calm and direct.", "fr": "Calme et directe."}
    visitor = demo_app.test_client(use_cookies=False)
    for address in ("/book/demo/", "/book/demo/consultation?therapist=ada"):
        shown = visitor.get(address).text
        assert "Psychologist, member of the Ordre" in shown
        assert "Speaks French, English" in shown
        assert "In practice since 2009" in shown
    french = visitor.get("/book/demo/?lang=fr").text
    assert "Calme et directe." in french


def test_unknown_places_languages_and_years_are_told_at_their_fields(demo_app: Flask) -> None:
    wrong = {"spoken": "Klingonese", "practising_since": "1066", "places": "Atlantis"}
    answer = Person(demo_app, ADA).send(PAGE, **FIELDS, **wrong)
    assert problems(answer) == [
        "spoken: Write languages with commas between them, for example: English, French",
        "practising_since: Give the year, for example 2009",
        "places: Write countries, Canadian provinces or US states, with commas between",
    ]
