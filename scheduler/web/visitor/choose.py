"""The first three steps: what to book, which day, which time. Pressing a time holds it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import SlotTaken
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import AppointmentType, Therapist
from scheduler.services import directory, holds, offers
from scheduler.web import form_token, limits
from scheduler.web.visitor.blueprint import blueprint, chosen_therapist, find_type, to
from scheduler.web.visitor.choice import Offering, bookable_day, day_step, time_step
from scheduler.web.visitor.month import parse_day, parse_month
from scheduler.web.visitor.zones import Clocks, clocks, zones_by_region

_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
HOLD = "hold"


@blueprint.get("/book/<practice>/")
def types() -> str:
    """Step 1: what can be booked, the free call first with its next free time."""
    refuse_when_paused()
    now = utcnow()
    kinds = directory.offered_types(g.practice)
    first = next((kind for kind in kinds if kind.price_cents == 0), None)
    soonest = (
        offers.soonest(g.practice, first, therapist=chosen_therapist(), now=now, count=1) if first else []
    )
    return render_template(
        "visitor/types.html",
        kinds=kinds,
        first=first,
        people=people_of(*kinds),
        soonest=soonest[0] if soonest else None,
        clocks=clocks_for(first, now) if first else None,
        token=form_token.issue(HOLD, g.practice.slug, first.slug) if first else "",
    )


@blueprint.get("/book/<practice>/<kind>")
def day(kind: str) -> str:
    """Steps 2 and 3: the month, or with `?day=` the times of a day."""
    refuse_when_paused()
    return choose_page(find_type(kind))


@blueprint.get("/book/<practice>/<kind>/zone")
def zone(kind: str) -> str:
    """Choose the time zone in which times are shown."""
    found = find_type(kind)
    return render_template("visitor/zone.html", kind=found, regions=zones_by_region(), back=_back_from_zone())


@blueprint.post("/book/<practice>/<kind>/hold")
def hold(kind: str) -> Response | tuple[str, int]:
    """A pressed time: keep it for the visitor and ask who it is for."""
    return press(find_type(kind))


def press(kind: AppointmentType, *, instead_of: holds.Held | None = None) -> Response | tuple[str, int]:
    """Hold the pressed time, with what was typed while another was held. **Raises** `TooMany`, `Paused`."""
    refuse_when_paused()
    start = parse_start(request.form.get("start", ""))
    if start is None or not is_genuine(kind):
        return choose_page(kind, held=instead_of, problem="stale"), 400
    try:
        held = hold_time(kind, start, instead_of.answers if instead_of else {})
    except SlotTaken:
        return choose_page(kind, held=instead_of, problem="taken", lost=start), 409
    if instead_of and instead_of.token != held.token:
        holds.release(g.practice, instead_of.token, now=utcnow())
    return redirect(to("details", kind=kind.slug, hold=held.token), 303)


def hold_time(kind: AppointmentType, start: int, answers: Mapping[str, str]) -> holds.Held:
    """Keep a time for this visitor; the same button of the same page keeps it once."""
    return holds.hold(
        g.practice,
        kind,
        start=start,
        therapist=chosen_therapist(),
        source=limits.source(),
        language=g.language,
        zone=g.view.tz or g.practice.zone,
        answers=answers,
        press=request.form.get(form_token.FIELD, ""),
        now=utcnow(),
        limited=limits.are_on(),
    )


def choose_page(
    kind: AppointmentType, *, held: holds.Held | None = None, problem: str = "", lost: int | None = None
) -> str:
    """The day or the time step of a new booking; `held` is the time already kept, `lost` one that is gone."""
    now, therapist = utcnow(), chosen_therapist()
    offering = offering_of(kind, therapist, now)
    shown = clocks_for(kind, now)
    if lost and not offers.is_somebody_else_there(g.practice, kind, lost, therapist=therapist, now=now):
        problem = "closed"
    page = {
        "kind": kind,
        "clocks": shown,
        "now": now,
        "flow": _flow(kind, held),
        "problem": problem,
        "lost": lost,
        "therapists": people_of(kind),
        "token": form_token.issue(HOLD, g.practice.slug, kind.slug),
    }
    wanted = local_day(lost, g.practice.zone) if lost else parse_day(request.args.get("day", ""))
    chosen = bookable_day(g.practice, kind, wanted, now)
    if chosen:
        step = time_step(g.practice, kind, offering, shown, chosen, near=lost, now=now)
        return render_template("visitor/time.html", step=step, **page)
    month = parse_month(request.args.get("month", ""))
    days = day_step(g.practice, kind, offering, month=month, now=now)
    return render_template("visitor/day.html", step=days, asked=month is not None, **page)


def people_of(*kinds: AppointmentType) -> list[Therapist]:
    """Those who offer any of the types, in the practice's order."""
    offering = {therapist_id for kind in kinds for therapist_id in kind.therapist_ids}
    return [person for person in directory.therapists(g.practice) if person.id in offering]


def offering_of(kind: AppointmentType, therapist: Therapist | None, now: int) -> Offering:
    """Free times of this type as a function of two days."""
    return partial(offers.offer, g.practice, kind, therapist=therapist, now=now)


def clocks_for(kind: AppointmentType, now: int) -> Clocks:
    """The clocks of this page."""
    return clocks(g.practice, kind, g.view.tz, now)


def refuse_when_paused() -> None:
    """**Raises** `Paused` while the practice takes no bookings."""
    offers.check_open(g.practice, utcnow())


def parse_start(text: str) -> int | None:
    """An instant exactly as our forms write it (`2026-06-03T14:30:00Z`)."""
    if not _START.fullmatch(text):
        return None
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def is_genuine(kind: AppointmentType) -> bool:
    """Whether the posted form came from a page of ours for this type."""
    return form_token.is_sent(HOLD, g.practice.slug, kind.slug)


def _flow(kind: AppointmentType, held: holds.Held | None) -> dict[str, object]:
    """Where the links and buttons of the day and time steps lead; what was typed goes along."""
    if held and held.status != "booked":
        place: dict[str, object] = {"kind": kind.slug, "hold": held.token}
        kept = held if held.status == "held" else None
        return {"days": "other", "press": "press_other", "place": place, "held": kept, "moving": None}
    return {"days": "day", "press": "hold", "place": {"kind": kind.slug}, "held": None, "moving": None}


def _back_from_zone() -> dict[str, str]:
    names = ("day", "month")
    return {name: value for name in names if (value := request.args.get(name, "")) and _is_plain(name, value)}


def _is_plain(name: str, value: str) -> bool:
    return (parse_day if name == "day" else parse_month)(value) is not None
