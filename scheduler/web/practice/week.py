"""The week calendar, its agenda for a phone, and the switch for names."""

from datetime import date, timedelta

from flask import render_template, request, session
from werkzeug.wrappers import Response

from scheduler.domain.local_time import local_day
from scheduler.services import schedule
from scheduler.web.formatting import weekday_names
from scheduler.web.practice import calendar_words, speech
from scheduler.web.practice.forms import day_of
from scheduler.web.practice.grid import Speech, agenda, grid
from scheduler.web.practice.shell import (
    NAMES_SHOWN,
    blueprint,
    desk,
    names_are_shown,
    now,
    picked,
    therapist,
    to,
    unseen_answers,
    waiting,
)


@blueprint.get("/")
def week() -> str:
    """What now, what next, who waits for me."""
    zone = desk().practice.zone
    today = local_day(now(), zone)
    monday, day = _chosen_days(today)
    if not desk().therapists:
        return render_template("practice/nobody.html", here="calendar")
    shown = schedule.week(desk(), therapist(), monday, now=now())
    weeks = shown.repeating
    in_agenda = Speech(lambda one: speech.in_agenda(one, weeks.get(one.id)), speech.closed, speech.busy)
    in_grid = Speech(lambda one: speech.in_grid(one, weeks.get(one.id)), speech.closed, speech.busy)
    return render_template(
        "practice/week.html",
        here="calendar",
        monday=monday,
        sunday=monday + timedelta(days=6),
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        today=today,
        day=day,
        grid=grid(shown, zone, now=now(), speech=in_grid),
        lines=agenda(shown, day, zone, now=now(), speech=in_agenda),
        has_busy=bool(shown.outside),
        stale=calendar_words.stale_ones(therapist()),
        calls={one.id for one in shown.appointments if speech.is_call(one)},
        weekdays=weekday_names(),
        cards=[speech.card(one) for one in waiting()],
        answered=len(unseen_answers()),
        names_shown=names_are_shown(),
        therapist=therapist(),
        picked=picked(),
    )


@blueprint.post("/names")
def show_names() -> Response:
    """Turn the names on or off, in the session on the server."""
    session[NAMES_SHOWN] = request.form.get("show") == "1"
    keep = {name: value for name in ("week", "day", "therapist") if (value := request.form.get(name))}
    return to("week", **keep)


def _chosen_days(today: date) -> tuple[date, date]:
    """The Monday of the week asked for, and the day that a phone shows of it."""
    asked = day_of(request.args.get("week", "")) or day_of(request.args.get("day", "")) or today
    monday = asked - timedelta(days=asked.weekday())
    day = day_of(request.args.get("day", ""))
    if day is None or not monday <= day <= monday + timedelta(days=6):
        day = today if monday <= today <= monday + timedelta(days=6) else monday
    return monday, day
