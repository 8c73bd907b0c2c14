"""Words that nobody may meet where they do not belong, and a practice in which each of them is planted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.consents import NEWSLETTER
from scheduler.domain.intake import Kind, Question
from scheduler.domain.practice import AppointmentType, Mode, Practice, Therapist, TherapistMail
from scheduler.services import directory
from scheduler.store import consents, intake, schedule, therapists, types
from scheduler.store import practice as practices
from scheduler.store.database import transaction

HEALTH = ("psycho", "therap", "thérap", "trauma", "diagnos", "erstgespr", "angoisse")
"""What an appointment is about, in three languages; compared without regard to case."""

NAME, EMAIL, PHONE = "Verazwinkler Mosskanari", "kanarienvogel@visitor.example", "+1 514 555 0177"
NOTE, FAREWELL, ANSWER = "Zimtschnecke", "Quittenmus", "Hollerbusch"
PERSON = ("Verazwinkler", "Mosskanari", "kanarienvogel", "5550177", "555 0177", NOTE, FAREWELL, ANSWER)
QUESTION = "00000000-0000-4000-8000-0000000000aa"
LABEL, VIDEO, STREET = "Darmspiegelung", "https://video.example/Videokanari", "Kanarienweg 17"
OUTSIDE, OWN_CALENDAR, SECRET_PATH = "Scheidungsanwalt", "Kalenderkanari", "Adresskanari"
THERAPIST = (LABEL, "Videokanari", OUTSIDE, OWN_CALENDAR, SECRET_PATH)

_THERAPIST = re.compile(r"\btherapist\b")

FORM = {
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
    "note": NOTE,
    "mode": "phone",
    "language": "en",
    "zone": "Europe/Berlin",
    "consents": ["privacy", "policy", "newsletter"],
    "ways": ["voicemail"],
}


@dataclass
class Haystack:
    """Everything that was said to somebody or written somewhere, under the name of the place."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def add(self, place: str, text: str) -> None:
        """Note what stands there."""
        self.said.append((place, text))

    def found(self, words: Iterable[str], *places: str) -> list[tuple[str, str, str]]:
        """(word, place, text) for each word at a place whose name begins with one of `places`.

        That somebody is a therapist is no secret: the word is part of addresses.
        """
        return [
            (word, place, text)
            for place, text in self.said
            for word in words
            if place.startswith(places) and word.lower() in _THERAPIST.sub("", text.lower())
        ]


def plant(app: Flask) -> tuple[Practice, Therapist]:
    """Ada's practice, whose own words tell what it is for and whose discreet ones do not."""
    with app.app_context():
        practice = directory.practice("demo")
        ada = directory.find_therapist(practice, "ada")
        with transaction() as tx:
            practices.save(
                tx,
                replace(
                    practice,
                    name="Praxis für Psychotherapie und Trauma",
                    tagline={"en": "Trauma therapy", "fr": "Thérapie du traumatisme"},
                    sender_name="Praxis Bleu",
                    calendar_title={"en": "Appointment", "fr": "Rendez-vous"},
                    address=f"{STREET}\nMontréal",
                    newsletter=True,
                    asks_safe_contact=True,
                ),
            )
            words = dict.fromkeys(practice.languages, "News.")
            consents.keep(tx, practice.id, NEWSLETTER, 1, words, now=0)
            therapists.save(tx, replace(ada, video_link=VIDEO, mail=TherapistMail.INVITATION))
            away = TimeOff(
                str(uuid4()), TimeOffKind.BLOCK, date(2030, 3, 20), date(2030, 3, 20), 600, 720, LABEL
            )
            schedule.add_time_off(tx, ada.id, away)
            for slug in ("consultation", "intake", "session"):
                types.save(tx, _telling(types.by_slug(tx, practice.id, slug)))
            intake.add(tx, Question(QUESTION, practice.id, Kind.TEXT, {"en": "What brings the trauma?"}, {}))
        practice = directory.practice("demo")
        return practice, directory.find_therapist(practice, "ada")


def _telling(kind: AppointmentType) -> AppointmentType:
    return replace(
        kind,
        names={"en": "Psychotherapie Erstgespräch", "fr": "Thérapie de l’angoisse"},
        descriptions={"en": "Trauma and its diagnosis", "fr": "Traumatisme, diagnostic"},
        modes=(Mode.PHONE, Mode.VIDEO, Mode.IN_PERSON),
    )


def listen(app: Flask, haystack: Haystack) -> None:
    """Note of each answer its page title, and the headers that others keep or pass on."""

    def note(response: Any) -> Any:
        for name in ("Location", "ETag", "Content-Disposition", "Link"):
            if name in response.headers:
                haystack.add(f"header {name}", response.headers[name])
        if response.mimetype == "text/html":
            text = response.get_data(as_text=True)
            for before, after in (("<title>", "</title>"), ('download="', '"')):
                if before in text:
                    haystack.add(f"page {before}", text.partition(before)[2].partition(after)[0])
        return response

    app.after_request(note)


def read_all_pages(client: FlaskClient, app: Flask, *more: str) -> None:
    """Open each page of the practice side that needs no argument, and those given."""
    plain = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("practice.") and "GET" in (rule.methods or ()) and not rule.arguments
    ]
    for path in (*plain, *more):
        assert client.get(path).status_code < 500, path  # some pages are the owner's
