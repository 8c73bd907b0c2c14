"""One appointment: added by hand, seen, moved, cancelled; a known contact is answered kindly."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.appointment import Appointment, Participant, Status
from scheduler.domain.cancellation import Fee
from scheduler.domain.errors import Refused, SlotTaken, WrongState
from scheduler.domain.local_time import local, local_day
from scheduler.services import appointments, consents, intake, place_names, safe_contact
from scheduler.web.language import current_language
from scheduler.web.practice import answers as calendar_answers
from scheduler.web.practice import by_hand, series, speech
from scheduler.web.practice.forms import Answers, day_of
from scheduler.web.practice.shell import blueprint, desk, now, say, therapist, to


@blueprint.get("/appointments/new")
def new_appointment() -> str:
    """The form for an appointment agreed by phone or in the room."""
    day = day_of(request.args.get("day", "")) or local_day(now(), desk().practice.zone)
    first = by_hand.kinds()[0].slug if by_hand.kinds() else ""
    values = {"day": day.isoformat(), "time": "10:00", "type": first, "language": desk().practice.language}
    usual = {"mode": "in_person", "notify": "1", "repeat": by_hand.ONCE, "dates": "10"}
    return by_hand.page({**values, **usual}, {})


@blueprint.post("/appointments/new")
def add_appointment() -> ResponseReturnValue:
    """Add it under the same guard as every booking; what is typed is kept when it cannot be."""
    answers = Answers()
    typed = by_hand.read(answers)
    if typed is not None and typed.weeks is not None:
        return series.look(typed, answers)
    if typed is not None:
        try:
            added = appointments.add(
                desk(), typed.kind, therapist(), typed.start, typed.raw, notify=typed.notify, now=now()
            )
        except SlotTaken:
            answers.problems["time"] = by_hand.TAKEN
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Added: %(name)s, %(day)s, %(time)s.", **_spoken(added))
            return to("appointment", appointment_id=added.id)
    return by_hand.page(answers.values, answers.problems), by_hand.status(answers)


@blueprint.get("/appointments/<appointment_id>")
def appointment(appointment_id: str) -> str:
    """Who, when, how, and what can be done."""
    found = appointments.look_at(desk(), appointment_id, now=now())
    return render_template(
        "practice/appointment.html",
        here="calendar",
        one=found,
        kind=desk().type_of_id(found.type_id),
        whose=desk().therapist_of_id(found.therapist_id),
        is_open=found.status in (Status.REQUESTED, Status.CONFIRMED) and not found.is_over(now()),
        heading=speech.person(found),
        week=local_day(found.start, desk().practice.zone),
        **_repeating(found),
        answers=calendar_answers.about(found),
        free_until=_free_until(found),
        safe={who.id: safe_contact.said(who) for who in found.participants},
        agreed=consents.of_appointment(found),
        told=intake.told(desk(), found, current_language()),
        places={who.id: place_names.name(who.extras["place"], current_language()) for who in _told(found)},
    )


@blueprint.post("/appointments/<appointment_id>/cancel")
def cancel(appointment_id: str) -> Response:
    """Cancel, and tell everybody by mail."""
    try:
        cancelled = appointments.cancel(desk(), appointment_id, now=now())
    except WrongState:
        say("This appointment has begun or was changed meanwhile. Nothing was cancelled.", "warn")
    else:
        say("Cancelled: %(name)s, %(day)s, %(time)s. A mail is on its way.", **_spoken(cancelled))
    return to("appointment", appointment_id=appointment_id)


@blueprint.get("/appointments/<appointment_id>/move")
def move(appointment_id: str) -> str:
    """The form for another time."""
    found = appointments.find(desk(), appointment_id)
    wall = local(found.start, desk().practice.zone)
    return _move_form(found, {"day": wall.date().isoformat(), "time": f"{wall:%H:%M}"}, {})


@blueprint.post("/appointments/<appointment_id>/move")
def save_move(appointment_id: str) -> ResponseReturnValue:
    """Move it under the same guard; a time that is taken changes nothing."""
    found = appointments.find(desk(), appointment_id)
    answers = Answers()
    start = by_hand.read_start(answers)
    if start is not None and not answers.problems:
        try:
            moved = appointments.move(desk(), appointment_id, start, now=now())
        except SlotTaken:
            answers.problems["time"] = by_hand.TAKEN
        except Refused as refused:
            answers.problems.update(refused.problems)
        except WrongState:
            say("This appointment has begun or was changed meanwhile. Nothing was moved.", "warn")
            return to("appointment", appointment_id=appointment_id)
        else:
            say("Moved to %(day)s, %(time)s. A mail is on its way.", **_spoken(moved))
            return to("appointment", appointment_id=appointment_id)
    return _move_form(found, answers.values, answers.problems), by_hand.status(answers)


@blueprint.post("/appointments/<appointment_id>/waive")
def waive_fee(appointment_id: str) -> Response:
    """Let the late fee go."""
    try:
        appointments.waive_fee(desk(), appointment_id, now=now())
    except WrongState:
        say("No fee is due for this appointment.", "warn")
    else:
        say("You let the late fee go.")
    return to("appointment", appointment_id=appointment_id)


@blueprint.post("/appointments/<appointment_id>/answer")
def answer_known(appointment_id: str) -> Response:
    """Write kindly to somebody who had the free call before."""
    appointments.answer_known(desk(), appointment_id, now=now())
    say("A kind mail is on its way.")
    return to("appointment", appointment_id=appointment_id)


def _told(found: Appointment) -> list[Participant]:
    """Those who said where they will be during the call."""
    return [who for who in found.participants if who.extras.get("place")]


def _free_until(found: Appointment) -> int | None:
    """Until when cancelling was free, for an appointment cancelled later."""
    if found.terms is None or found.terms.fee is Fee.NONE:
        return None
    return found.terms.free_until(start=found.start, booked_at=found.created_at)


def _repeating(found: Appointment) -> dict[str, Any]:
    """The series of which it is a date, and what ending it would cancel."""
    whole = appointments.series_of(desk(), found.id)
    if whole is None:
        return {"series": None}
    named = whole.recurrence_of(found.id)
    return {
        "series": whole,
        "rhythm": by_hand.rhythm(whole.rhythm.weeks),
        "later": len(whole.coming_from(named + 1, now())),
    }


def _move_form(found: Appointment, values: dict[str, str], problems: dict[str, str]) -> str:
    return render_template(
        "practice/appointment_move.html",
        here="calendar",
        one=found,
        kind=desk().type_of_id(found.type_id),
        heading=speech.person(found),
        values=values,
        problems=problems,
    )


def _spoken(one: Appointment) -> dict[str, str]:
    return {"name": speech.person(one), "day": speech.day_full(one.start), "time": speech.clock(one.start)}
