"""Single changes of the hours: blocked time, illness, holidays and extra hours, each told in words first."""

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.appointment import Appointment
from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.errors import Refused
from scheduler.domain.local_time import DAY_MINUTES, local_day
from scheduler.services import schedule
from scheduler.web.practice import speech
from scheduler.web.practice.forms import Answers, day_of
from scheduler.web.practice.shell import blueprint, desk, now, picked, say, therapist, to

AFTERNOON = 12 * 60 + 30
KINDS = tuple(kind.value for kind in TimeOffKind)


@blueprint.get("/time-off")
def time_off() -> str:
    """The form, filled in for the quick action that led here, with its effect in words."""
    values = _suggested(request.args.get("kind", "block"))
    entry = _suggested_entry(values)
    return _form(values, {}, entry if request.args.get("kind") in ("ill", "afternoon") else None)


@blueprint.post("/time-off")
def save_time_off() -> ResponseReturnValue:
    """Tell what it touches, then close the time; nothing is cancelled by it."""
    answers = Answers()
    entry = _read(answers)
    if entry is None:
        return _form(answers.values, answers.problems, None), 422
    if answers.values.get("do") != "save":
        return _form(answers.values, {}, entry)
    inside = schedule.close(desk(), therapist(), entry, now=now())
    if inside:
        say("Closed. The appointments inside stay booked until you move or cancel them.", "warn")
        return to("time_off_done", change_id=entry.id, **picked())
    say("Closed. Nobody had an appointment then.")
    return to("hours", **picked())


@blueprint.get("/time-off/<change_id>")
def time_off_done(change_id: str) -> ResponseReturnValue:
    """The appointments that lie inside a closed time, each with its way out."""
    for entry in schedule.coming_changes(desk(), therapist(), now=now()):
        if entry.id == change_id and isinstance(entry, TimeOff):
            inside = schedule.touched(desk(), therapist(), entry, now=now())
            return render_template(
                "practice/time_off_done.html",
                here="hours",
                entry=entry,
                inside=_listed(inside),
                picked=picked(),
            )
    return to("hours", **picked())


@blueprint.get("/extra-hours")
def extra_hours() -> str:
    """The form for hours on one day only."""
    day = day_of(request.args.get("day", "")) or local_day(now(), desk().practice.zone)
    return _extra_form({"day": day.isoformat(), "from": "540", "until": "720"}, {})


@blueprint.post("/extra-hours")
def save_extra_hours() -> ResponseReturnValue:
    """Open the hours, also on a closed day."""
    answers = Answers()
    day, start, end = answers.day("day"), answers.minute("from"), answers.minute("until")
    problems = dict(answers.problems)
    if start is not None and end is not None:
        try:
            schedule.open_extra(desk(), therapist(), day, (start, end), now=now())
        except Refused as refused:
            problems = {**refused.problems, **problems}
        else:
            say("Extra hours are open. Visitors can book them now.")
            return to("hours", **picked())
    return _extra_form(answers.values, problems), 422


@blueprint.post("/changes/<change_id>/remove")
def remove_change(change_id: str) -> Response:
    """Take a coming change away."""
    schedule.remove_change(desk(), therapist(), change_id, now=now())
    say("Removed. The weekly hours apply again.")
    return to("hours", **picked())


def _form(values: dict[str, str], problems: dict[str, str], entry: TimeOff | None) -> str:
    inside = schedule.touched(desk(), therapist(), entry, now=now()) if entry else []
    return render_template(
        "practice/time_off.html",
        here="hours",
        values=values,
        problems=problems,
        kind=values["kind"] if values.get("kind") in KINDS else "block",
        entry=entry,
        inside=_listed(inside),
        picked=picked(),
        therapist=therapist(),
    )


def _extra_form(values: dict[str, str], problems: dict[str, str]) -> str:
    return render_template(
        "practice/extra_hours.html",
        here="hours",
        values=values,
        problems=problems,
        picked=picked(),
        therapist=therapist(),
    )


def _suggested(kind: str) -> dict[str, str]:
    """What the form holds at first for a quick action."""
    zone = desk().practice.zone
    today = local_day(now(), zone)
    day = (day_of(request.args.get("day", "")) or today).isoformat()
    if kind == "afternoon":
        minutes = schedule.rest_of_day(desk(), therapist(), now=now(), from_minute=AFTERNOON)
        start, end = minutes or (AFTERNOON, 18 * 60)
        return {"kind": "block", "first": today.isoformat(), "from": str(start), "until": str(end)}
    if kind == "ill":
        return {"kind": "ill", "first": today.isoformat(), "last": today.isoformat()}
    if kind == "holiday":
        return {"kind": "holiday", "first": "", "last": ""}
    return {"kind": "block", "first": day, "from": "540", "until": "720"}


def _suggested_entry(values: dict[str, str]) -> TimeOff | None:
    first, last = day_of(values["first"]), day_of(values.get("last", values["first"]))
    minutes = (int(values["from"]), int(values["until"])) if "from" in values else None
    return schedule.time_off(TimeOffKind(values["kind"]), first, last, minutes) if first and last else None


def _read(answers: Answers) -> TimeOff | None:
    kind = TimeOffKind(answers.one_of("kind", KINDS, problem="Choose what it is"))
    first = answers.day("first")
    last: date | None = first
    minutes = None
    if kind is TimeOffKind.BLOCK:
        start, end = answers.minute("from"), answers.minute("until")
        minutes = (start, end) if start is not None and end is not None else None
        if minutes == (0, DAY_MINUTES):
            minutes = None
    elif answers.values.get("last"):
        last = answers.day("last", problem="Choose the last day")
    label = answers.line("label", at_most=schedule.LABEL_LIMIT)
    if answers.problems:
        return None
    try:
        return schedule.time_off(kind, first, last, minutes, label)
    except Refused as refused:
        answers.problems.update(refused.problems)
        return None


def _listed(found: list[Appointment]) -> list[dict[str, object]]:
    return [
        {"id": one.id, "start": one.start, "name": speech.person(one), "type": speech.type_name(one)}
        for one in found
    ]
