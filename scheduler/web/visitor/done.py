"""The end of a booking: booked, or asked for. And the practice's privacy notice."""

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import Refused
from scheduler.services import addressees, booking, intake
from scheduler.web import form_token
from scheduler.web.visitor import daylight, telling
from scheduler.web.visitor.blueprint import blueprint, to
from scheduler.web.visitor.choose import clocks_for

PURPOSE = "address"


@blueprint.get("/book/<practice>/<kind>/done/<token>")
def done(kind: str, token: str) -> str:
    """What was booked, and what happens next."""
    return done_page(token)


@blueprint.post("/book/<practice>/<kind>/done/<token>/address")
def address(kind: str, token: str) -> Response | tuple[str, int] | str:
    """Correct the address the mails go to; the page then has a new address of its own.

    The form sent once more is told that it is done, not where that page is: the old link died.
    """
    email, is_ours = request.form.get("email", "")[:300], form_token.is_sent(PURPOSE, token)
    if is_ours and addressees.is_corrected(token, email, now=utcnow()):
        g.is_private = True
        return render_template("visitor/corrected.html", email=email.strip())
    booked_here(token)
    if not is_ours:
        return done_page(token, email=email, problem="stale"), 400
    try:
        fresh = addressees.correct_address(token, email, now=utcnow())
    except Refused as refused:
        return done_page(token, email=email, problem=next(iter(refused.problems.values()))), 422
    return redirect(to("done", kind=kind, token=fresh), 303)


@blueprint.get("/book/<practice>/privacy")
def privacy() -> str:
    """What happens to a visitor's details, in plain words."""
    return render_template("visitor/privacy.html")


def done_page(token: str, *, email: str = "", problem: str = "") -> str:
    """The booked page; `problem` belongs to the corrected address."""
    booked = booked_here(token)
    now, person = utcnow(), booked.person
    clocks = clocks_for(booked.kind, now)
    hour = daylight.hour_of(booked.start, clocks.shown)
    return render_template(
        "visitor/done.html",
        booked=booked,
        kind=booked.kind,
        person=person,
        sheet=intake.sheet(booked.appointment, person.id, now=now),
        clocks=clocks,
        sun=daylight.sun(hour, daylight.LARGE),
        email=email,
        problem=problem,
        reference=telling.reference_of(booked.appointment.id),
        form_token=form_token.issue(PURPOSE, token),
    )


def booked_here(token: str) -> booking.Booked:
    """The booking of this link, in this practice only. **Raises** `NotFound`."""
    g.is_private = True
    return booking.find_booked(g.practice, token, now=utcnow())
