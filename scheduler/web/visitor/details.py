"""Step 4: who the appointment is for. The time is held meanwhile, and what was typed stays with it."""

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.cancellation import terms_of
from scheduler.domain.errors import AnotherRequest, NotEligible, Refused, SlotTaken, StoreBusy
from scheduler.domain.local_time import local_day
from scheduler.domain.places import ELSEWHERE
from scheduler.domain.practice import AppointmentType, Mode
from scheduler.services import booking, eligible_places, holds, intake, newsletter, offers, place_names, terms
from scheduler.web import form_token, limits
from scheduler.web.visitor.answers import KEY, booking_form, fields_of, new_key, typed
from scheduler.web.visitor.blueprint import blueprint, chosen_therapist, to
from scheduler.web.visitor.choice import close_to
from scheduler.web.visitor.choose import choose_page, clocks_for, hold_time, offering_of, parse_start, press

PURPOSE = "details"
Answer = Response | str | tuple[str, int]


@blueprint.get("/book/<practice>/<kind>/held/<hold>")
def details(kind: str, hold: str) -> Answer:
    """The form; a hold that ran out still shows it as long as its time is free."""
    held = find_hold(kind, hold)
    if held.status == "booked":
        return _already_booked(held)
    if is_lost(held):
        return taken_page(held, held.answers)
    return details_page(held, held.answers)


@blueprint.post("/book/<practice>/<kind>/held/<hold>")
def answer(kind: str, hold: str) -> Answer:
    """Book; or keep what was typed and go elsewhere."""
    held = find_hold(kind, hold)
    answers = typed(request.form)
    action = request.form.get("action", "book")
    if action == "book":
        return book(held, answers)
    if action == "in_person":
        keep(held, {**held.answers, "mode": Mode.IN_PERSON.value})
        return redirect(to("details", kind=kind, hold=hold), 303)
    keep(held, answers)
    if action == "back":
        day = local_day(held.start, g.practice.zone).isoformat()
        return redirect(to("other", kind=kind, hold=hold, day=day), 303)
    if action == "other":
        return redirect(to("other", kind=kind, hold=hold), 303)
    return Response(status=204)


@blueprint.post("/book/<practice>/<kind>/held/<hold>/again")
def again(kind: str, hold: str) -> Answer:
    """Another time after a lost one: book it with what was typed before."""
    held = find_hold(kind, hold)
    answers = typed(request.form) if "name" in request.form else held.answers
    keep(held, answers)
    action = request.form.get("action", "book")
    if action != "book":
        return redirect(to("other", kind=kind, hold=hold), 303) if action == "other" else Response(status=204)
    start = parse_start(request.form.get("start", ""))
    if start is None or not _is_genuine(held):
        return taken_page(held, answers, notice="stale" if start else "choose", chosen=start, status=422)
    try:
        booked = booking.book(
            g.practice, held.kind, start=start, therapist=chosen_therapist(), **_booking(held, answers)
        )
    except Refused as refused:
        return _correct(held, start, answers, fields_of(refused.problems))
    except NotEligible:
        return elsewhere_page(held, answers)
    except SlotTaken:
        return taken_page(held, answers, lost=start)
    except AnotherRequest:
        return _already_booked(held)
    holds.release(g.practice, held.token, now=utcnow())
    return redirect(to("done", kind=kind, token=booked.token), 303)


@blueprint.get("/book/<practice>/<kind>/held/<hold>/other")
def other(kind: str, hold: str) -> str:
    """The day and time steps while a time is held."""
    held = find_hold(kind, hold)
    return choose_page(held.kind, held=held)


@blueprint.post("/book/<practice>/<kind>/held/<hold>/other")
def press_other(kind: str, hold: str) -> Answer:
    """Another time instead of the held one: the answers move along, the old time is given back."""
    held = find_hold(kind, hold)
    return press(held.kind, instead_of=held)


@blueprint.post("/book/<practice>/<kind>/held/<hold>/release")
def release(kind: str, hold: str) -> Response:
    """Give the time back."""
    holds.release(g.practice, hold, now=utcnow())
    return redirect(to("day", kind=kind), 303)


def book(held: holds.Held, answers: Mapping[str, str]) -> Answer:
    """Book the held time with these answers, which stay typed whatever happens."""
    if not _is_genuine(held):
        keep(held, answers)
        if is_lost(held):
            return taken_page(held, answers)
        return details_page(held, answers, notice="stale"), 400
    try:
        booked = booking.book_held(g.practice, held.token, **_booking(held, answers))
    except Refused as refused:
        keep(held, answers)
        problems = fields_of(refused.problems)
        if is_lost(held):
            return taken_page(held, answers, problems=problems)
        return details_page(held, answers, problems=problems), 422
    except NotEligible:
        keep(held, answers)
        return elsewhere_page(held, answers)
    except SlotTaken:
        keep(held, answers)
        holds.release(g.practice, held.token, now=utcnow())  # else it would hide the times around it
        return taken_page(held, answers)
    except AnotherRequest:
        return _already_booked(held)
    except StoreBusy:
        return details_page(held, answers, notice="fault"), 503
    return redirect(to("done", kind=held.kind.slug, token=booked.token), 303)


def keep(held: holds.Held, answers: Mapping[str, str]) -> None:
    """Keep what was typed with the hold."""
    holds.keep_answers(g.practice, held.token, answers, now=utcnow())


def find_hold(kind: str, hold: str) -> holds.Held:
    """The hold of this address. **Raises** `NotFound`."""
    g.is_private = True
    return holds.find(g.practice, hold, now=utcnow())


def is_lost(held: holds.Held) -> bool:
    """Whether the hold ran out and its time is no longer offered."""
    day = local_day(held.start, g.practice.zone)
    return (
        held.status == "expired"
        and held.start not in offering_of(held.kind, held.therapist, utcnow())(day, day).starts
    )


def details_page(
    held: holds.Held,
    answers: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    notice: str = "",
) -> str:
    """The form with everything that was typed; `notice` is "stale" or "fault"."""
    return render_template(
        "visitor/details.html",
        held=held,
        kind=held.kind,
        answers=answers,
        problems=problems or {},
        notice=notice,
        clocks=clocks_for(held.kind, utcnow()),
        terms=_terms(held),
        places=place_choices(held.kind),
        questions=intake.at_booking(g.practice, held.kind),
        news=newsletter.box_words(g.practice, g.language),
        day=local_day(held.start, g.practice.zone).isoformat(),
        key=request.form.get(KEY) or new_key(),
        token=_token(held),
    )


def elsewhere_page(held: holds.Held, answers: Mapping[str, str]) -> tuple[str, int]:
    """A call is not possible from where the visitor will be: who else may, or how else. Nothing is lost."""
    place = answers.get("place", "")
    others = eligible_places.who_may(g.practice, held.kind, place)
    page = render_template(
        "visitor/elsewhere.html",
        held=held,
        kind=held.kind,
        place=place_names.name(place, g.language) if place != ELSEWHERE else "",
        others=[one for one in others if one.id != held.therapist.id],
        in_person=Mode.IN_PERSON in held.kind.modes,
    )
    return page, 409


def place_choices(kind: AppointmentType) -> list[tuple[str, str]]:
    """(code, name) of the places to choose from; none where nobody is asked."""
    places = eligible_places.asked(g.practice, kind)
    return place_names.choices(places, g.language) if places else []


def taken_page(
    held: holds.Held,
    answers: Mapping[str, str],
    *,
    lost: int | None = None,
    problems: Mapping[str, str] | None = None,
    notice: str = "",
    chosen: int | None = None,
    status: int = 409,
) -> tuple[str, int]:
    """The time is gone: times close by as radios, the details kept. The next press books for good.

    `lost` is the one just lost, else the held one; `notice` is "choose" or "stale".
    """
    now, gone, kind = utcnow(), lost or held.start, held.kind
    therapist = chosen_therapist() if lost else held.therapist
    page = render_template(
        "visitor/taken.html",
        held=held,
        kind=kind,
        answers=answers,
        problems=problems or {},
        notice=notice,
        chosen=chosen,
        gone=gone,
        by_somebody=offers.is_somebody_else_there(g.practice, kind, gone, therapist=therapist, now=now),
        starts=close_to(g.practice, kind, offering_of(kind, chosen_therapist(), now), gone, now),
        clocks=clocks_for(kind, now),
        terms=terms_in_general(kind),
        places=place_choices(kind),
        questions=intake.at_booking(g.practice, kind),
        news=newsletter.box_words(g.practice, g.language),
        key=request.form.get(KEY) or new_key(),
        token=_token(held),
    )
    return page, status


def terms_in_general(kind: AppointmentType) -> str:
    """What cancelling costs while no time is chosen; empty without a fee."""
    accepted = terms_of(kind)
    return terms.in_general(accepted, g.language) if accepted else ""


def _terms(held: holds.Held) -> str:
    """What cancelling the held time would cost until when, if it were booked now."""
    accepted, now = terms_of(held.kind), utcnow()
    if accepted is None:
        return ""
    zone = clocks_for(held.kind, now).shown
    return terms.of_time(accepted, start=held.start, booked_at=now, at=now, zone=zone, language=g.language)


def _booking(held: holds.Held, answers: Mapping[str, str]) -> dict[str, Any]:
    """What both ways to book are told of this attempt."""
    return {
        "raw": booking_form(
            answers,
            held.kind,
            language=g.language,
            zone=g.view.tz or g.practice.zone,
            questions=intake.at_booking(g.practice, held.kind),
        ),
        "key": request.form.get(KEY) or new_key(),
        "source": limits.source(),
        "now": utcnow(),
        "limited": limits.are_on(),
    }


def _correct(held: holds.Held, start: int, answers: Mapping[str, str], problems: Mapping[str, str]) -> Answer:
    """Hold the newly chosen time while an answer is put right."""
    try:
        fresh = hold_time(held.kind, start, answers)
    except SlotTaken:
        return taken_page(held, answers, lost=start, problems=problems)
    holds.release(g.practice, held.token, now=utcnow())
    return details_page(fresh, answers, problems=problems), 422


def _already_booked(held: holds.Held) -> Answer:
    """Back on the form of a booking that was made: the booked page, or what became of it."""
    if held.manage_token:
        return redirect(to("done", kind=held.kind.slug, token=held.manage_token), 303)
    return render_template("visitor/used.html"), 410


def _token(held: holds.Held) -> str:
    return form_token.issue(PURPOSE, g.practice.slug, held.token)


def _is_genuine(held: holds.Held) -> bool:
    return form_token.is_sent(PURPOSE, g.practice.slug, held.token)
