"""Step 4: who the appointment is for. The time is held meanwhile, and what was typed stays with it."""

from collections.abc import Mapping

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import AnotherRequest, Refused, SlotTaken, StoreBusy
from scheduler.domain.local_time import local_day
from scheduler.services import booking, holds
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
    if held.status == "expired" and not is_still_free(held):
        return taken_page(held, "expired")
    return details_page(held, held.answers)


@blueprint.post("/book/<practice>/<kind>/held/<hold>")
def answer(kind: str, hold: str) -> Answer:
    """Book; or keep what was typed and go elsewhere."""
    held = find_hold(kind, hold)
    answers = typed(request.form)
    action = request.form.get("action", "book")
    if action == "book":
        return book(held, answers)
    keep(held, answers)
    if action == "back":
        day = local_day(held.start, g.practice.zone).isoformat()
        return redirect(to("other", kind=kind, hold=hold, day=day), 303)
    if action == "other":
        return redirect(to("other", kind=kind, hold=hold), 303)
    return Response(status=204)


@blueprint.post("/book/<practice>/<kind>/held/<hold>/again")
def again(kind: str, hold: str) -> Answer:
    """Another time after a lost one: hold it with the answers that were kept, and book."""
    held = find_hold(kind, hold)
    start = parse_start(request.form.get("start", ""))
    if start is None or not _is_genuine(held):
        return taken_page(held, "choose")
    try:
        held = hold_time(held.kind, start, held.answers)
    except SlotTaken:
        return taken_page(held, "taken", lost=start)
    return book(held, held.answers, is_genuine=True)


@blueprint.get("/book/<practice>/<kind>/held/<hold>/other")
def other(kind: str, hold: str) -> str:
    """The day and time steps while a time is held."""
    held = find_hold(kind, hold)
    return choose_page(held.kind, held=held if held.status == "held" else None)


@blueprint.post("/book/<practice>/<kind>/held/<hold>/other")
def press_other(kind: str, hold: str) -> Answer:
    """Another time instead of the held one: the answers move along, the old time is given back."""
    held = find_hold(kind, hold)
    pressed = press(held.kind, held.answers)
    if isinstance(pressed, Response):
        holds.release(g.practice, held.token, now=utcnow())
    return pressed


@blueprint.post("/book/<practice>/<kind>/held/<hold>/release")
def release(kind: str, hold: str) -> Response:
    """Give the time back."""
    holds.release(g.practice, hold, now=utcnow())
    return redirect(to("day", kind=kind), 303)


def book(held: holds.Held, answers: Mapping[str, str], *, is_genuine: bool | None = None) -> Answer:
    """Book the held time with these answers, which stay typed whatever happens."""
    if not (_is_genuine(held) if is_genuine is None else is_genuine):
        keep(held, answers)
        return details_page(held, answers, notice="stale"), 400
    form = booking_form(answers, held.kind, language=g.language, zone=g.view.tz or g.practice.zone)
    try:
        booked = booking.book_held(
            g.practice,
            held.token,
            form,
            key=request.form.get(KEY) or new_key(),
            source=limits.source(),
            now=utcnow(),
            limited=limits.are_on(),
        )
    except Refused as refused:
        keep(held, answers)
        return details_page(held, answers, problems=fields_of(refused.problems)), 422
    except SlotTaken:
        keep(held, answers)
        return taken_page(held, "taken", answers=answers)
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


def is_still_free(held: holds.Held) -> bool:
    """Whether the time of a lapsed hold is offered again."""
    day = local_day(held.start, g.practice.zone)
    return held.start in offering_of(held.kind, held.therapist, utcnow())(day, day).starts


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
        day=local_day(held.start, g.practice.zone).isoformat(),
        key=request.form.get(KEY) or new_key(),
        token=_token(held),
    )


def taken_page(
    held: holds.Held, why: str, *, lost: int | None = None, answers: Mapping[str, str] | None = None
) -> tuple[str, int]:
    """The time is gone: times close by as radios, the details kept. The next press books for good."""
    now = utcnow()
    gone = lost or held.start
    page = render_template(
        "visitor/taken.html",
        held=held,
        kind=held.kind,
        answers=held.answers if answers is None else answers,
        why=why,
        gone=gone,
        starts=close_to(offering_of(held.kind, chosen_therapist(), now), gone, g.practice.zone),
        clocks=clocks_for(held.kind, now),
        key=new_key(),
        token=_token(held),
    )
    return page, 409


def _already_booked(held: holds.Held) -> Answer:
    """Back on the form of a booking that was made: the booked page, or what became of it."""
    if held.manage_token:
        return redirect(to("done", kind=held.kind.slug, token=held.manage_token), 303)
    return render_template("visitor/used.html"), 410


def _token(held: holds.Held) -> str:
    return form_token.issue(PURPOSE, g.practice.slug, held.token)


def _is_genuine(held: holds.Held) -> bool:
    return form_token.is_genuine(request.form.get(form_token.FIELD, ""), PURPOSE, g.practice.slug, held.token)
