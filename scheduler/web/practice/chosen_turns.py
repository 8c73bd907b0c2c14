"""A free time for one person on the waiting list, chosen by hand: week by week, one press offers it."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.errors import Paused, Refused, SlotTaken, WrongState
from scheduler.domain.local_time import local_day
from scheduler.domain.waitlist import OFFERS_AT_MOST
from scheduler.services import chosen_turns
from scheduler.services.chosen_turns import Choice, FreeTime
from scheduler.web.practice import speech
from scheduler.web.practice.shell import blueprint, desk, now, say, to
from scheduler.web.practice.waiting import name_of, wishes_of


@blueprint.get("/waiting/<waiting_id>/offer")
def choose_for_waiting(waiting_id: str) -> ResponseReturnValue:
    """The free times of a week, those that suit the person marked."""
    return _page(waiting_id, {})


@blueprint.post("/waiting/<waiting_id>/offer")
def offer_to_waiting(waiting_id: str) -> ResponseReturnValue:
    """Keep the chosen time for the person; the mail goes out."""
    start, problems = _start(), dict[str, str]()
    if start is None:
        problems["start"] = "Choose a time"
        return _page(waiting_id, problems), 422
    person = desk().therapist(request.values.get("therapist"))
    try:
        offered = chosen_turns.offer(desk(), waiting_id, start, person, now=now())
    except Refused as refused:
        return _page(waiting_id, refused.problems), 422
    except (SlotTaken, WrongState):
        problems["start"] = "This time is no longer free. Choose another one"
        return _page(waiting_id, problems), 409
    except Paused:
        return _paused()
    told = {"name": name_of(offered.name), "day": speech.day_full(start), "time": speech.clock(start)}
    say("%(name)s gets a mail: %(day)s, %(time)s is kept for them.", **told)
    return to("waiting_list")


def _start() -> int | None:
    given = request.form.get("start", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 12 else None


def _page(waiting_id: str, problems: Mapping[str, str]) -> str | Response:
    try:
        found = chosen_turns.choice(desk(), waiting_id, request.values.get("therapist"), now=now())
    except Paused:
        return _paused()
    weeks = _weeks(found.times)
    week = _chosen_week(found, list(weeks))
    earlier = [one for one in weeks if week and one < week]
    later = [one for one in weeks if week and one > week]
    return render_template(
        "practice/waiting_offer.html",
        here="requests",
        choice=found,
        name=name_of(found.entry.name),
        wishes=wishes_of(found.entry.wishes),
        offers_at_most=OFFERS_AT_MOST,
        week=week,
        last_day=week + timedelta(days=6) if week else None,
        earlier=earlier[-1] if earlier else None,
        later=later[0] if later else None,
        days=weeks[week] if week else {},
        picked={"therapist": found.therapist.slug} if found.therapist and len(found.therapists) > 1 else {},
        problems=problems,
        chosen=request.form.get("start", ""),
    )


def _weeks(times: tuple[FreeTime, ...]) -> dict[date, dict[date, list[FreeTime]]]:
    """Monday -> day -> free times, all in order; only weeks and days that have some."""
    found: dict[date, dict[date, list[FreeTime]]] = {}
    for one in times:
        day = local_day(one.start, desk().practice.zone)
        monday = day - timedelta(days=day.weekday())
        found.setdefault(monday, {}).setdefault(day, []).append(one)
    return found


def _chosen_week(found: Choice, weeks: list[date]) -> date | None:
    """The week in the address, else that of the first time that suits, else the first."""
    if not weeks:
        return None
    try:
        wanted = date.fromisoformat(request.values.get("week", ""))
    except ValueError:
        first = next((one for one in found.times if one.suits), found.times[0])
        wanted = local_day(first.start, desk().practice.zone)
    return max((one for one in weeks if one <= wanted), default=weeks[0])


def _paused() -> Response:
    say("While bookings are paused, no time can be offered.", "warn")
    return to("waiting_list")
