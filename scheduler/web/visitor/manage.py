"""The page behind "Change or cancel" in the mail: see, move, cancel, calendar file. GET changes nothing."""

from datetime import date
from functools import partial

from flask import Response as FlaskResponse
from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import SlotTaken, WrongState
from scheduler.domain.local_time import local_day
from scheduler.services import (
    addressees,
    attendance,
    consents,
    intake,
    invitations,
    manage,
    own_series,
    safe_contact,
    terms,
)
from scheduler.services.offers import Offer
from scheduler.web import form_token, limits
from scheduler.web.visitor.blueprint import blueprint, enter_practice, to
from scheduler.web.visitor.choice import bookable_day, day_step, time_step
from scheduler.web.visitor.choose import parse_start
from scheduler.web.visitor.month import parse_day, parse_month
from scheduler.web.visitor.zones import clocks

PURPOSE = "manage"
LONGEST_LINE = 300
_ATTENDANCE = {"coming": True, "not_coming": False}
_NOTICES = ("moved", "cancelled", "said", "kept")


@blueprint.get("/appointments/<token>")
def appointment(token: str) -> str:
    """The appointment as it stands."""
    return manage_page(find(token), token)


@blueprint.post("/appointments/<token>")
def change(token: str) -> Response | str | tuple[str, int]:
    """Cancel, or say for oneself: whether one comes, in which language, that this was somebody else."""
    managed = find(token)
    if not _is_genuine(token):
        return manage_page(managed, token, notice="stale"), 400
    manage.opened(token, now=utcnow())
    action = request.form.get("action", "")
    if action == "disown":
        was_cancelled = addressees.disown(token, now=utcnow())
        return render_template("visitor/disowned.html", was_cancelled=was_cancelled)
    try:
        told = _carry_out(action, managed)
    except WrongState:
        return manage_page(find(token), token), 409
    return redirect(told, 303)


def _carry_out(action: str, managed: manage.Managed) -> str:
    """Do what the button says; where to look then. Cancelling is also what a button without name does."""
    token, now = managed.token, utcnow()
    if action in _ATTENDANCE:
        attendance.say(token, is_coming=_ATTENDANCE[action], now=now)
        return to("appointment", token=token, said="1")
    if action == "language":
        manage.speak(token, request.form.get("language", ""), now=now)
        return to("appointment", token=token, lang=None)
    manage.cancel(token, note=request.form.get("note", "")[:LONGEST_LINE], now=now)
    return to("appointment", token=token, cancelled="1")


@blueprint.get("/appointments/<token>/move")
def move(token: str) -> str | Response:
    """The day and time steps for the new time."""
    managed = find(token)
    return move_page(managed, token) if managed.can_move else redirect(to("appointment", token=token), 303)


@blueprint.post("/appointments/<token>/move")
def press_move(token: str) -> Response | tuple[str, int]:
    """A pressed time: the appointment moves there."""
    managed = find(token)
    start = parse_start(request.form.get("start", ""))
    if start is None or not _is_genuine(token):
        return move_page(managed, token, problem="stale"), 400
    manage.opened(token, now=utcnow())
    try:
        manage.move(token, start, now=utcnow(), limited=limits.are_on())
    except SlotTaken:
        return move_page(managed, token, problem="taken", lost=start), 409
    except WrongState:
        return manage_page(find(token), token), 409
    return redirect(to("appointment", token=token, moved="1"), 303)


@blueprint.get("/appointments/<token>/invite.ics")
def calendar_file(token: str) -> FlaskResponse:
    """The appointment as a file for the visitor's own calendar."""
    managed = find(token)
    file = invitations.calendar_file(managed, now=utcnow())
    answer = FlaskResponse(file, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def find(token: str) -> manage.Managed:
    """The appointment of this link; the page speaks as when it was booked. **Raises** `NotFound`."""
    g.is_private = True
    managed = manage.find(token, now=utcnow())
    enter_practice(managed.practice, spoken=managed.participant.language)
    return managed


def manage_page(managed: manage.Managed, token: str, *, notice: str = "") -> str:
    """The page in whatever state the appointment is."""
    zone = g.view.tz or managed.appointment.visitor_zone
    now, booked = utcnow(), managed.appointment
    shown = clocks(managed.practice, managed.kind, zone, now)
    return render_template(
        "visitor/manage.html",
        managed=managed,
        appointment=booked,
        kind=managed.kind,
        clocks=shown,
        terms=terms.of_appointment(booked, at=now, zone=shown.shown, language=g.language),
        moving=terms.of_moving(booked, at=now, language=g.language),
        sheet=intake.sheet(booked, managed.participant.id, now=now),
        owed=terms.of_cancelled(booked, managed.kind, name=managed.therapist.name, language=g.language),
        attendance=attendance.of(managed),
        series=own_series.of(managed, now=now),
        safe=_safe_ways(managed),
        agreed=[one for one in consents.of_appointment(booked) if one.can_be_taken_back],
        spoken=managed.participant.language,
        notice=notice or next((name for name in _NOTICES if request.args.get(name) == "1"), ""),
        link=token,
        token=form_token.issue(PURPOSE, token),
    )


def _safe_ways(managed: manage.Managed) -> dict[str, bool] | None:
    """The boxes about text messages and voicemail, as they are ticked; None where nobody is asked."""
    if not safe_contact.is_asked(managed):
        return None
    return {f"safe_{way}": True for way in safe_contact.said(managed.participant) or ()}


def move_page(managed: manage.Managed, token: str, *, problem: str = "", lost: int | None = None) -> str:
    """The day or the time step of a move: same therapist, same type."""
    now, kind, practice = utcnow(), managed.kind, managed.practice
    if lost and not manage.is_somebody_else_there(managed, lost, now=now):
        problem = "closed"
    offering = partial(_move_offer, token, now)
    shown = clocks(practice, kind, g.view.tz or managed.appointment.visitor_zone, now)
    page = {
        "kind": kind,
        "clocks": shown,
        "now": now,
        "flow": {
            "days": "move",
            "press": "press_move",
            "place": {"token": token},
            "held": None,
            "moving": managed,
            "terms": terms.of_moving(managed.appointment, at=now, language=g.language),
        },
        "problem": problem,
        "lost": lost,
        "therapists": (),
        "token": form_token.issue(PURPOSE, token),
    }
    wanted = local_day(lost, practice.zone) if lost else parse_day(request.args.get("day", ""))
    chosen = bookable_day(practice, kind, wanted, now)
    if chosen:
        times = time_step(practice, kind, offering, shown, chosen, near=lost, now=now)
        return render_template("visitor/time.html", step=times, **page)
    month = parse_month(request.args.get("month", ""))
    step = day_step(practice, kind, offering, month=month, now=now)
    return render_template("visitor/day.html", step=step, asked=month is not None, **page)


def _move_offer(token: str, now: int, first: date, last: date) -> Offer:
    return manage.move_offer(token, first, last, now=now)


def _is_genuine(token: str) -> bool:
    return form_token.is_sent(PURPOSE, token)
