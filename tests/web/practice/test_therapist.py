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
