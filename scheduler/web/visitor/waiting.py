"""The waiting list: join it, and the page behind the mailed link. GET changes nothing."""

from flask import abort, g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import NotFound, Refused, SlotTaken, WrongState
from scheduler.domain.practice import AppointmentType
from scheduler.domain.waitlist import PARTS, WEEKDAYS, State
from scheduler.services import waiting
from scheduler.services.waiting import Shown
from scheduler.web import form_token, limits
from scheduler.web.visitor.blueprint import blueprint, chosen_therapist, enter_practice, find_type, to
from scheduler.web.visitor.choose import refuse_when_paused
from scheduler.web.visitor.zones import clocks

JOIN, ANSWER = "wait", "waiting"
FIELDS = ("name", "email", "phone", "mode")
_LONGEST = 600
Answer = Response | tuple[str, int] | str


@blueprint.get("/book/<practice>/<kind>/wait")
def wait(kind: str) -> str:
    """What to tell so that a time can be offered; afterwards, that all is done."""
    found = _open(kind)
    if request.args.get("joined") == "1":
        return render_template("visitor/wait_joined.html", kind=found)
    return _join_page(found)


@blueprint.post("/book/<practice>/<kind>/wait")
def join(kind: str) -> Answer:
    """Put the visitor on the list; the answer is the same for every address."""
    found = _open(kind)
    if not form_token.is_sent(JOIN, g.practice.slug, found.slug):
        return _join_page(found, notice="stale"), 400
    try:
        waiting.join(
            g.practice,
            found,
            {**_typed(), "language": g.language, "zone": g.view.tz or g.practice.zone},
            days=request.form.getlist("day"),
            parts=request.form.getlist("part"),
            therapist=chosen_therapist(),
            source=limits.source(),
            now=utcnow(),
            limited=limits.are_on(),
        )
    except Refused as refused:
        return _join_page(found, refused.problems), 422
    return redirect(to("wait", kind=found.slug, joined="1"), 303)


@blueprint.get("/waiting/<token>")
def waiting_entry(token: str) -> str:
    """How it stands: on the list, a time is kept, or it has ended."""
    return _entry_page(_find(token), token)


@blueprint.post("/waiting/<token>")
def answer_waiting(token: str) -> Answer:
    """Take the time that is kept, or not this one, or leave the list."""
    shown = _find(token)
    if not form_token.is_sent(ANSWER, token):
        return _entry_page(shown, token, notice="stale"), 400
    action, now = request.form.get("action"), utcnow()
    try:
        if action == "accept":
            return _accept(shown, token)
        if action == "decline":
            waiting.decline(token, now=now)
        elif action == "leave":
            waiting.leave(token, now=now)
    except (SlotTaken, WrongState):
        current = _find(token)
        if current.entry.state is not State.BOOKED:
            return _entry_page(current, token, notice="gone"), 409
    return redirect(to("waiting_entry", token=token), 303)


@blueprint.get("/waiting/<token>/leave")
def look_before_leaving(token: str) -> str:
    """Where a mail program opens the address of "unsubscribe": the same page, and nothing has changed."""
    return _entry_page(_find(token), token)


@blueprint.post("/waiting/<token>/leave")
def leave_by_mail(token: str) -> Response:
    """A mail program's "unsubscribe": one POST with nothing but the secret of the link.

    **Source** RFC 8058 section 3.1: no page before it, no cookie, no redirect.
    """
    _find(token)
    if request.form.get("List-Unsubscribe") != "One-Click":
        abort(400)
    waiting.leave(token, now=utcnow())
    return Response(status=200)


def _accept(shown: Shown, token: str) -> Response:
    """Book, or ask in the usual form for what this type wants to know besides."""
    try:
        booked = waiting.accept(token, source=limits.source(), now=utcnow())
    except Refused:
        key = shown.kind.access_key or None
        return redirect(to("details", kind=shown.kind.slug, hold=shown.hold, key=key), 303)
    return redirect(to("appointment", token=booked.token), 303)


def _open(slug: str) -> AppointmentType:
    """The type, where people can wait for it. **Raises** `NotFound`, `Paused`."""
    refuse_when_paused()
    if not g.practice.waiting_list:
        raise NotFound("no waiting list")
    return find_type(slug)


def _find(token: str) -> Shown:
    """The entry of this link; the page then speaks its practice's languages. **Raises** `NotFound`."""
    g.is_private = True
    shown = waiting.show(token, now=utcnow())
    enter_practice(shown.practice)
    return shown


def _typed() -> dict[str, str]:
    return {name: request.form[name][:_LONGEST] for name in FIELDS if name in request.form}


def _join_page(kind: AppointmentType, problems: dict[str, str] | None = None, notice: str = "") -> str:
    return render_template(
        "visitor/wait.html",
        kind=kind,
        answers=_typed(),
        days=WEEKDAYS,
        parts=PARTS,
        chosen_days=request.form.getlist("day"),
        chosen_parts=request.form.getlist("part"),
        problems=problems or {},
        notice=notice,
        token=form_token.issue(JOIN, g.practice.slug, kind.slug),
    )


def _entry_page(shown: Shown, token: str, *, notice: str = "") -> str:
    now, zone = utcnow(), g.view.tz or shown.entry.visitor_zone
    return render_template(
        "visitor/waiting.html",
        shown=shown,
        entry=shown.entry,
        offer=shown.offer,
        kind=shown.kind,
        clocks=clocks(shown.practice, shown.kind, zone, now),
        notice=notice,
        link=token,
        token=form_token.issue(ANSWER, token),
    )
