"""Booking, and what the holder of a manage link may do with an appointment."""

from datetime import date, timedelta
from typing import Any

from flask import Response, current_app
from pydantic import BaseModel

from scheduler.clock import utcnow
from scheduler.domain.errors import AnotherRequest, NotFound, Refused, SlotTaken
from scheduler.domain.local_time import local_day, rfc3339
from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.domain.text import NOTE_LENGTH, clean
from scheduler.services import booking, directory, manage, offers
from scheduler.services.offers import Offer
from scheduler.settings import Settings
from scheduler.web import errors, limits
from scheduler.web.api import reading
from scheduler.web.api.blueprint import blueprint
from scheduler.web.api.models import AppointmentAnswer, BookedAnswer

NEARBY = 6
NEARBY_DAYS = 7


@blueprint.post("/practices/<practice>/appointments")
def book(practice: str) -> Response:
    """Book a time; the same key and content give the same answer."""
    reading.query()
    found = directory.practice(practice)
    body = reading.body()
    key = reading.idempotency_key()
    kind, therapist = _choice(found, body)
    start = reading.instant(body, "start")
    form = {name: value for name, value in body.items() if name not in ("type", "start", "therapist")}
    settings: Settings = current_app.config["SETTINGS"]
    now = utcnow()
    try:
        booked = booking.book(
            found,
            kind,
            start=start,
            therapist=therapist,
            raw=form,
            key=key,
            source=limits.source(),
            now=now,
            limited=settings.rate_limits,
        )
    except AnotherRequest:
        message = "This key was used for another booking; use a new one"
        raise Refused({reading.IDEMPOTENCY_KEY: message}) from None
    except SlotTaken as taken:
        first, last = _days_near(found, start)
        return _taken(taken, start, offers.offer(found, kind, first, last, therapist=therapist, now=now))
    return _json(_booked(booked, settings.public_url), 201)


@blueprint.get("/appointments/<token>")
def appointment(token: str) -> Response:
    """The appointment of a manage link."""
    reading.query()
    return _json(AppointmentAnswer.of(manage.find(token, now=utcnow())))


@blueprint.post("/appointments/<token>/cancel")
def cancel(token: str) -> Response:
    """Cancel; doing it again changes nothing."""
    reading.query()
    body = reading.body(optional=True)
    reading.only(body, "note")
    note = clean(reading.text(body, "note"))
    if len(note) > NOTE_LENGTH:
        raise Refused({"note": "Please keep the note below 500 characters"})
    return _json(AppointmentAnswer.of(manage.cancel(token, note=note, now=utcnow())))


@blueprint.post("/appointments/<token>/move")
def move(token: str) -> Response:
    """Another time with the same therapist."""
    reading.query()
    body = reading.body()
    reading.only(body, "start")
    start = reading.instant(body, "start")
    now = utcnow()
    try:
        return _json(AppointmentAnswer.of(manage.move(token, start, now=now, limited=limits.are_on())))
    except SlotTaken as taken:
        first, last = _days_near(manage.find(token, now=now).practice, start)
        return _taken(taken, start, manage.move_offer(token, first, last, now=now))


def _choice(practice: Practice, body: dict[str, Any]) -> tuple[AppointmentType, Therapist | None]:
    """The type and therapist that the body names. **Raises** `Refused`."""
    slug = reading.text(body, "therapist")
    try:
        kind = directory.find_type(practice, reading.text(body, "type"))
    except NotFound:
        raise Refused({"type": "Choose one of the practice's appointment types"}) from None
    try:
        return kind, directory.find_therapist(practice, slug) if slug else None
    except NotFound:
        raise Refused({"therapist": "Choose one of the practice's therapists"}) from None


def _days_near(practice: Practice, start: int) -> tuple[date, date]:
    day = local_day(start, practice.zone)
    return day - timedelta(days=1), day + timedelta(days=NEARBY_DAYS)


def _taken(taken: SlotTaken, start: int, offer: Offer) -> Response:
    """409 with the free times closest to the one wanted, in order."""
    closest = sorted(offer.starts, key=lambda other: (abs(other - start), other))[:NEARBY]
    return errors.tell(errors.answer_of(taken), slots=[rfc3339(other) for other in sorted(closest)])


def _booked(booked: booking.Booked, public_url: str) -> BookedAnswer:
    return BookedAnswer(
        uid=booked.uid,
        status=booked.status,
        start=rfc3339(booked.start),
        end=rfc3339(booked.end),
        therapist=booked.therapist.slug,
        manage_url=f"{public_url}/appointments/{booked.token}",
    )


def _json(answer: BaseModel, status: int = 200) -> Response:
    return Response(answer.model_dump_json(), status, content_type="application/json")
