"""Another rhythm from one date on: typed, every date looked at, then the later dates give way to it."""

from collections.abc import Collection

from flask import render_template
from flask.typing import ResponseReturnValue

from scheduler.domain.appointment import Appointment
from scheduler.domain.errors import DatesTaken, NotFound, Refused, WrongState
from scheduler.domain.local_time import local
from scheduler.services import appointments
from scheduler.services.proposing import ProposedDate
from scheduler.web.practice import by_hand, series, speech
from scheduler.web.practice.by_hand import FEWEST, MOST, WEEKS
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, say, to

_TYPED = ("day", "time", "repeat", "dates")


@blueprint.get("/appointments/<appointment_id>/series/change")
def change_series(appointment_id: str) -> str:
    """The form, filled in with the rhythm as it is."""
    found, weeks, coming = _find(appointment_id)
    wall = local(coming[0].start, desk().practice.zone)
    values = {"day": wall.date().isoformat(), "time": f"{wall:%H:%M}", "repeat": str(weeks)}
    return _form(found, {**values, "dates": str(max(FEWEST, len(coming)))}, {}, coming)


@blueprint.post("/appointments/<appointment_id>/series/change")
def save_series_change(appointment_id: str) -> ResponseReturnValue:
    """Look at the dates; with `do=book` change the rhythm, all or nothing; or back to the form."""
    found, _, coming = _find(appointment_id)
    answers = Answers()
    start = by_hand.read_start(answers)
    weeks = int(answers.one_of("repeat", WEEKS, problem="Choose how often it repeats"))
    dates = answers.whole("dates", FEWEST, MOST, problem="Choose between 2 and 60 dates")
    if start is None or answers.problems:
        return _form(found, answers.values, answers.problems, coming), 422
    does = answers.values.get("do")
    if does == "change":
        return _form(found, answers.values, {}, coming)
    proposed = appointments.propose_change(desk(), found.id, start, weeks, dates, now=now())
    if does != "book":
        return _dates_page(found, proposed, weeks, answers, None)
    ticked = series.ticked_of(proposed)
    left_out = {one.start for one in proposed} - ticked
    try:
        booked = appointments.change_series(
            desk(), found.id, start, weeks, dates, left_out=left_out, now=now()
        )
    except DatesTaken as taken:
        answers.problems["date"] = "Some of these dates cannot be booked any more. Nothing was changed"
        return _dates_page(found, proposed, weeks, answers, ticked - set(taken.starts)), 409
    except Refused as refused:
        answers.problems["date"] = next(iter(refused.problems.values()))
        return _dates_page(found, proposed, weeks, answers, ticked), 422
    except WrongState:
        say("This date has begun or was changed meanwhile. Nothing was changed.", "warn")
        return to("appointment", appointment_id=found.id)
    first = booked.standing[0]
    say(
        "Changed: %(count)s dates from %(day)s on. A mail is on its way.",
        count=str(len(booked.standing)),
        day=speech.day_full(first.start),
    )
    return to("appointment", appointment_id=first.id)


def _find(appointment_id: str) -> tuple[Appointment, int, tuple[Appointment, ...]]:
    """The appointment, the weeks between two dates, and what lies ahead from it on. **Raises** `NotFound`."""
    found = appointments.find(desk(), appointment_id)
    whole = appointments.series_of(desk(), appointment_id)
    if whole is None:
        raise NotFound("it does not repeat")
    coming = whole.coming_from(whole.recurrence_of(found.id), now())
    if not coming:
        raise NotFound("no rhythm to change")
    return found, whole.rhythm.weeks, coming


def _form(
    found: Appointment, values: dict[str, str], problems: dict[str, str], coming: tuple[Appointment, ...]
) -> str:
    return render_template(
        "practice/series_change.html",
        here="calendar",
        one=found,
        later=len(coming),
        first=coming[0],
        heading=speech.person(found),
        kind=desk().type_of_id(found.type_id),
        values=values,
        problems=problems,
        rhythms=[(weeks, by_hand.rhythm(int(weeks))) for weeks in WEEKS],
    )


def _dates_page(
    found: Appointment,
    proposed: Collection[ProposedDate],
    weeks: int,
    answers: Answers,
    ticked: Collection[int] | None,
) -> str:
    return series.dates_page(
        "practice/series_change_dates.html",
        proposed,
        ticked,
        weeks,
        answers.problems,
        kept={name: value for name, value in answers.values.items() if name in _TYPED},
        kind=desk().type_of_id(found.type_id),
        one=found,
        heading=speech.person(found),
    )
