"""One appointment: added by hand, seen, moved, cancelled; a known contact is answered kindly."""

from datetime import date, datetime, time, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.errors import Refused, SlotTaken, WrongState
from scheduler.domain.local_time import local, local_day, start_instant
from scheduler.domain.practice import AppointmentType, Mode, Therapist
from scheduler.services import appointments, wording
from scheduler.web.formatting import own_text
from scheduler.web.language import current_language
from scheduler.web.practice import answers as calendar_answers
from scheduler.web.practice import speech
from scheduler.web.practice.forms import Answers, day_of
from scheduler.web.practice.shell import blueprint, desk, now, picked, say, therapist, to

TAKEN = "Another appointment or its pause lies there. Choose another time"


@blueprint.get("/appointments/new")
def new_appointment() -> str:
    """The form for an appointment agreed by phone or in the room."""
    day = day_of(request.args.get("day", "")) or local_day(now(), desk().practice.zone)
    first = _types()[0].slug if _types() else ""
    values = {"day": day.isoformat(), "time": "10:00", "type": first, "language": desk().practice.language}
    return _new_form({**values, "mode": "in_person", "notify": "1"}, {})


@blueprint.post("/appointments/new")
def add_appointment() -> ResponseReturnValue:
    """Add it under the same guard as every booking; what is typed is kept when it cannot be."""
    answers = Answers()
    kind = _type(answers)
    start = _start(answers)
    mode = answers.one_of("mode", [mode.value for mode in Mode], problem="Choose how you meet")
    if not answers.problems and mode not in kind.modes:
        answers.problems["mode"] = "This type of appointment is not offered that way"
    if start is not None and not answers.problems:
        names = ("name", "email", "phone", "note", "language")
        raw = {"mode": mode, **{name: answers.values.get(name, "") for name in names}}
        try:
            added = appointments.add(
                desk(), kind, therapist(), start, raw, notify=answers.values.get("notify") == "1", now=now()
            )
        except SlotTaken:
            answers.problems["time"] = TAKEN
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Added: %(name)s, %(day)s, %(time)s.", **_spoken(added))
            return to("appointment", appointment_id=added.id)
    return _new_form(answers.values, answers.problems), _status(answers)


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
        answers=calendar_answers.about(found),
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
    start = _start(answers)
    if start is not None and not answers.problems:
        try:
            moved = appointments.move(desk(), appointment_id, start, now=now())
        except SlotTaken:
            answers.problems["time"] = TAKEN
        except Refused as refused:
            answers.problems.update(refused.problems)
        except WrongState:
            say("This appointment has begun or was changed meanwhile. Nothing was moved.", "warn")
            return to("appointment", appointment_id=appointment_id)
        else:
            say("Moved to %(day)s, %(time)s. A mail is on its way.", **_spoken(moved))
            return to("appointment", appointment_id=appointment_id)
    return _move_form(found, answers.values, answers.problems), _status(answers)


@blueprint.post("/appointments/<appointment_id>/answer")
def answer_known(appointment_id: str) -> Response:
    """Write kindly to somebody who had the free call before."""
    appointments.answer_known(desk(), appointment_id, now=now())
    say("A kind mail is on its way.")
    return to("appointment", appointment_id=appointment_id)


def _new_form(values: dict[str, str], problems: dict[str, str]) -> str:
    chosen = day_of(values.get("day", "")) or local_day(now(), desk().practice.zone)
    return render_template(
        "practice/appointment_new.html",
        here="calendar",
        values=values,
        problems=problems,
        types=[(kind.slug, _described(kind)) for kind in _types()],
        modes=[(mode.value, wording.mode_word(mode, current_language()), "") for mode in Mode],
        picked=picked(),
        therapist=therapist(),
        monday=chosen - timedelta(days=chosen.weekday()),
    )


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


def _status(answers: Answers) -> int:
    """409 for a time that somebody has, 422 for what cannot be read."""
    return 409 if TAKEN in answers.problems.values() else 422


def _types() -> list[AppointmentType]:
    whose: Therapist = therapist()
    return [kind for kind in desk().types if kind.enabled and whose.id in kind.therapist_ids]


def _described(kind: AppointmentType) -> str:
    return f"{own_text(kind.names, kind.slug)}, {wording.duration(kind.duration, current_language())}"


def _type(answers: Answers) -> AppointmentType:
    known = {kind.slug: kind for kind in _types()}
    if not known:
        raise Refused({"type": "No type of appointment is offered yet"})
    return known[answers.one_of("type", list(known), problem="Choose the type of appointment")]


def _start(answers: Answers) -> int | None:
    """The instant of the day and time as typed, on the practice's wall clock."""
    day: date | None = answers.day("day")
    minute = answers.minute("time")
    if day is None or minute is None:
        return None
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return start_instant(wall, desk().practice.zone)


def _spoken(one: Appointment) -> dict[str, str]:
    return {"name": speech.person(one), "day": speech.day_full(one.start), "time": speech.clock(one.start)}
