"""Appointments that repeat: every date is looked at before they are booked; later they are ended."""

from collections.abc import Collection

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.errors import DatesTaken, Refused, WrongState
from scheduler.domain.series import Series
from scheduler.services import appointments, offering, proposing
from scheduler.services.by_hand import check_form
from scheduler.services.proposing import ProposedDate, Standing
from scheduler.web.language import gettext
from scheduler.web.practice import by_hand, speech
from scheduler.web.practice.by_hand import Typed
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, picked, say, therapist, to


def look(typed: Typed, answers: Answers) -> ResponseReturnValue:
    """The page with all dates of the series that was typed, those that are free ticked."""
    try:
        check_form(desk().practice, typed.kind, typed.raw)
    except Refused as refused:
        return by_hand.page(answers.values, refused.problems), 422
    return _page(typed, answers, None)


@blueprint.post("/appointments/series")
def book_series() -> ResponseReturnValue:
    """Book the ticked dates, all or none, or offer them; or go back to the form with what was typed."""
    answers = Answers()
    typed = by_hand.read(answers)
    does = answers.values.get("do")
    if typed is None or typed.weeks is None or does not in ("book", "offer"):
        return by_hand.page(answers.values, answers.problems), 422 if answers.problems else 200
    dates = _proposed(typed)
    ticked = ticked_of(dates)
    left_out = {one.start for one in dates} - ticked
    try:
        if does == "offer":
            return _offer(typed, left_out=left_out)
        booked = _book(typed, left_out=left_out)
    except DatesTaken as taken:
        answers.problems["date"] = (
            "Only free dates can be offered. Nothing was sent"
            if does == "offer"
            else "Some of these dates cannot be booked any more. Nothing was booked"
        )
        return _page(typed, answers, ticked - set(taken.starts)), 409
    except Refused as refused:
        if "dates" not in refused.problems:
            return by_hand.page(answers.values, refused.problems), 422
        answers.problems["date"] = refused.problems["dates"]
        return _page(typed, answers, ticked), 422
    first = booked.standing[0]
    told = {
        "name": speech.person(first),
        "count": str(len(booked.standing)),
        "day": speech.day_full(first.start),
    }
    say("Added: %(name)s, %(count)s dates from %(day)s on.", **told)
    return to("appointment", appointment_id=first.id)


@blueprint.post("/appointments/<appointment_id>/series/end")
def end_series(appointment_id: str) -> Response:
    """End the series after this date, or with it; what follows is cancelled."""
    try:
        appointments.end_series(
            desk(), appointment_id, with_this=request.form.get("with_this") == "1", now=now()
        )
    except WrongState:
        say("No later date is left to cancel.", "warn")
    else:
        say("The series has ended. A mail is on its way.")
    return to("appointment", appointment_id=appointment_id)


def _book(typed: Typed, *, left_out: Collection[int]) -> Series:
    rhythm = proposing.rhythm_of(desk().practice, typed.start, typed.weeks or 1, typed.dates)
    return appointments.add_series(
        desk(), typed.kind, therapist(), rhythm, typed.raw, left_out=left_out, notify=typed.notify, now=now()
    )


def _offer(typed: Typed, *, left_out: Collection[int]) -> Response:
    rhythm = proposing.rhythm_of(desk().practice, typed.start, typed.weeks or 1, typed.dates)
    made = offering.make(desk(), typed.kind, therapist(), rhythm, typed.raw, left_out=left_out, now=now())
    say(
        "Offered: %(count)s dates, until %(day)s, %(time)s. A mail with a link is on its way.",
        count=str(len(made.starts)),
        day=speech.day_full(made.expires_at),
        time=speech.clock(made.expires_at),
    )
    return to("series_offers_page")


def _proposed(typed: Typed) -> tuple[ProposedDate, ...]:
    return proposing.propose(
        desk().practice, typed.kind, therapist(), typed.start, typed.weeks or 1, typed.dates, now=now()
    )


def _page(typed: Typed, answers: Answers, ticked: Collection[int] | None) -> str:
    return dates_page(
        "practice/series_new.html",
        _proposed(typed),
        ticked,
        typed.weeks or 1,
        answers.problems,
        kept={name: value for name, value in answers.values.items() if name not in ("date", "do")},
        kind=typed.kind,
        picked=picked(),
        therapist=therapist(),
    )


def ticked_of(dates: Collection[ProposedDate]) -> set[int]:
    """The starts that are ticked in the form that was sent."""
    given = request.form.getlist("date")
    return {one.start for one in dates if str(one.start) in given}


def dates_page(
    template: str,
    dates: Collection[ProposedDate],
    ticked: Collection[int] | None,
    weeks: int,
    problems: dict[str, str],
    **more: object,
) -> str:
    """All dates of a rhythm to tick; those that are free are ticked where nothing was chosen yet (None)."""
    if ticked is None:
        ticked = {one.start for one in dates if one.standing is Standing.FREE}
    return render_template(
        template,
        here="calendar",
        dates=dates,
        ticked=ticked,
        hindered=sum(one.standing is not Standing.FREE for one in dates),
        hints=_hints(),
        rhythm=by_hand.rhythm(weeks),
        problems=problems,
        **more,
    )


def _hints() -> dict[str, str]:
    """What stands in the way of a date, in words for staff."""
    return {
        Standing.TAKEN: gettext("Another appointment or its pause lies there"),
        Standing.AWAY: gettext("You are away then"),
        Standing.BUSY: gettext("Your own calendar has something then"),
        Standing.SKIPPED: gettext("Clocks are put forward then: this time does not exist"),
        Standing.OVER: gettext("This time is over"),
    }
