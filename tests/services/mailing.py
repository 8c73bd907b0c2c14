"""A practice whose mails tests read: Ada in Montréal, Vera the visitor, and a worker to be run by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from flask import Flask
from icalendar import Calendar, Event

from scheduler import worker
from scheduler.domain.availability import WeeklySpan
from scheduler.domain.practice import (
    AppointmentType,
    Approval,
    GroundRules,
    HelpLine,
    Mode,
    Practice,
    Therapist,
    TherapistMail,
)
from scheduler.services import booking
from scheduler.services.booking import Booked
from scheduler.store import practice as practices
from scheduler.store import schedule, therapists, types
from scheduler.store.database import transaction
from tests.support.mail import Received

START = 1780497000  # Wednesday 3 June 2026, 10:30 in Montréal, 16:30 in Berlin
MINUTE, HOUR, DAY = 60, 3600, 86400
NOW = START - 7 * DAY

VERA = "vera@mail.example"
ADA = "ada@demo.example"
OFFICE = "office@demo.example"


@dataclass
class Mailing:
    """One practice in an application; everything is done at an instant that the test names."""

    app: Flask
    practice: Practice
    ada: Therapist

    def kind(self, slug: str = "consultation", **changes: object) -> AppointmentType:
        """Store a type of Ada's."""
        kind = AppointmentType(
            id=str(uuid4()),
            practice_id=self.practice.id,
            slug=slug,
            names={"en": "Free first call", "fr": "Premier appel gratuit"},
            descriptions={},
            duration=15 * MINUTE,
            modes=(Mode.PHONE, Mode.VIDEO, Mode.IN_PERSON),
            therapist_ids=(self.ada.id,),
        )
        kind = replace(kind, **changes)  # type: ignore[arg-type]
        with self.app.app_context(), transaction() as tx:
            types.add(tx, kind)
        return kind

    def book(
        self, kind: AppointmentType | None = None, *, now: int = NOW, start: int = START, **form: str
    ) -> Booked:
        """Vera books by the API's way; phone is given, so that every mode goes."""
        kind = kind or self.kind()
        raw = {
            "mode": "phone",
            "name": "Vera Lindqvist",
            "email": VERA,
            "phone": "+1 514 555 0189",
            "language": "en",
            "zone": "America/Toronto",
            "consents": list(form.pop("consents", "privacy").split()),
            **form,
        }
        with self.app.app_context():
            return booking.book(
                self.practice,
                kind,
                start=start,
                therapist=None,
                raw=raw,
                key=str(uuid4()),
                source="s",
                now=now,
            )

    def by_request(self) -> AppointmentType:
        """A type that the therapist accepts first."""
        return self.kind("intake", approval=Approval.REQUEST)

    def work(self, now: int, **options: Any) -> worker.Round:
        """One round of the worker."""
        with self.app.app_context():
            return worker.run_once(self.app.config["SETTINGS"], now, **options)

    def in_context(self, action: Callable[..., object], *arguments: object, **options: object) -> object:
        """Call a service inside the application."""
        with self.app.app_context():
            return action(*arguments, **options)


def settle(app: Flask, *, mail: TherapistMail = TherapistMail.INVITATION, slug: str = "demo") -> Mailing:
    """Store the practice with its therapist, open all day on every day."""
    practice = Practice(
        id=str(uuid4()),
        slug=slug,
        name="Atelier Parole",
        tagline={},
        zone="America/Toronto",
        languages=("en", "fr"),
        country="CA",
        email="hello@demo.example",
        phone="514 555 0142",
        address="4210 rue Saint-Denis\nMontréal",
        website="",
        sender=OFFICE,
        sender_name="Atelier Parole",
        calendar_title={"en": "Appointment", "fr": "Rendez-vous"},
        privacy={},
        privacy_version=1,
        help_line=HelpLine("911", "988", {"en": "free, day and night", "fr": "gratuit, jour et nuit"}),
        embed_origins=(),
        rules=GroundRules(),
        published=True,
    )
    ada = Therapist(
        id=str(uuid4()),
        practice_id=practice.id,
        slug="ada",
        name="Ada Tremblay",
        email=ADA,
        calendar_revision=1,
        mail=mail,
        video_link="https://video.demo.example/ada",
    )
    with app.app_context(), transaction() as tx:
        practices.add(tx, practice)
        therapists.add(tx, ada, position=0, now=NOW)
        schedule.replace_weekly(tx, ada.id, [WeeklySpan(day, 480, 1200) for day in range(1, 8)])
    return Mailing(app, practice, ada)


def event(mail: Received) -> Event:
    """The one VEVENT of the mail's calendar part."""
    return calendar(mail).events[0]


def calendar(mail: Received) -> Calendar:
    """The mail's calendar part, whose METHOD is checked against that of its Content-Type."""
    [part] = [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]
    parsed = Calendar.from_ical(part.get_payload(decode=True))
    assert isinstance(parsed, Calendar)
    assert part.get_param("method") == str(parsed["METHOD"])
    return parsed


def shape(message: EmailMessage) -> list[str]:
    """Content types of the message in order, parts indented by their depth."""

    def walk(part: EmailMessage, depth: int) -> list[str]:
        found = ["  " * depth + part.get_content_type()]
        if part.is_multipart():
            for child in part.iter_parts():
                assert isinstance(child, EmailMessage)
                found += walk(child, depth + 1)
        return found

    return walk(message, 0)
