"""What every practice page shares: who is here, whose calendar is open, navigation and answers."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.local_time import DAY_MINUTES
from scheduler.domain.practice import Therapist
from scheduler.services import answers, requests, wording
from scheduler.services import desk as desks
from scheduler.services.desk import Desk
from scheduler.web.accounts import current_account, current_staff, require_staff
from scheduler.web.language import current_language, gettext, use_language

blueprint = Blueprint("practice", __name__, url_prefix="/practice")

P = ParamSpec("P")
R = TypeVar("R")

NAMES_SHOWN = "names_shown"
SETTING_UP = frozenset({"practice.second_step", "practice.change_second_step"})


@blueprint.before_request
def _open_desk() -> ResponseReturnValue | None:
    """Strangers are asked to sign in; everything after is scoped by the desk of the signed-in person."""
    refused = require_staff()
    if refused is not None:
        return refused
    g.staff = current_staff()
    g.desk = desks.of_staff(g.staff)
    g.now = utcnow()
    offered = [tag for tag in g.desk.practice.languages if wording.supported(tag) == tag.split("-")[0]]
    use_language(offered or [wording.SUPPORTED[0]], wanted=request.args.get("lang", ""))
    return to("second_step") if _lacks_second_factor() else None


def _lacks_second_factor() -> bool:
    """Whether this installation wants a second factor first; where it is set up stays open."""
    is_wanted = current_app.config["SETTINGS"].second_factor_required
    return is_wanted and not current_account().has_second_factor and request.endpoint not in SETTING_UP


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    if "desk" not in g:
        return {}
    return {
        "desk": g.desk,
        "staff": g.staff,
        "now": g.now,
        "waiting": len(waiting()) + len(unseen_answers()),
        "here": "",
        "problems": {},
        "navigation": navigation,
        "booking_page": f"/book/{g.desk.practice.slug}/",
        "sign_out": "/practice/sign-out",
        "half_hours": half_hours,
        "language_choices": language_choices,
    }


def desk() -> Desk:
    """What the person of this request may see and change."""
    found: Desk = g.desk
    return found


def now() -> int:
    """The instant of this request."""
    return int(g.now)


def waiting() -> list[requests.Waiting]:
    """The requests that wait for an answer; read once for each page."""
    if "waiting" not in g:
        g.waiting = requests.waiting(desk(), now=now())
    found: list[requests.Waiting] = g.waiting
    return found


def unseen_answers() -> list[answers.Shown]:
    """What people and their calendars answered and nobody has seen; read once for each page."""
    if "unseen_answers" not in g:
        g.unseen_answers = answers.unseen(desk(), now=now())
    found: list[answers.Shown] = g.unseen_answers
    return found


def therapist() -> Therapist:
    """Whose calendar is open: the one in the address, else the first. **Raises** `NotFound`."""
    return desk().therapist(request.values.get("therapist"))


def picked() -> dict[str, str]:
    """What keeps the chosen therapist in links; nothing where there is only one."""
    return {"therapist": therapist().slug} if len(desk().therapists) > 1 else {}


def to(endpoint: str, **values: Any) -> Response:
    """See another page after a POST."""
    return redirect(url_for(f"practice.{endpoint}", **values), 303)


def say(message: str, kind: str = "ok", **values: object) -> None:
    """A sentence at the top of the next page; `kind` is ok, warn or bad."""
    flash(gettext(message, **values), kind)


def owners_only(view: Callable[P, R]) -> Callable[P, R]:
    """A page for owners; to others it does not exist."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not desk().is_owner:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def names_are_shown() -> bool:
    """Whether the switch is on; a new sign-in makes a new session, in which it is off."""
    return bool(session.get(NAMES_SHOWN))


def navigation() -> list[tuple[str, str, str, str]]:
    """The main entries: name, address, icon, words."""
    entries = [
        ("calendar", "week", "calendar", gettext("Calendar")),
        ("requests", "requests_page", "inbox", gettext("Requests")),
        ("hours", "hours", "clock", gettext("Hours")),
        ("types", "types", "list", gettext("Types")),
        ("settings", "settings", "gear", gettext("Settings")),
    ]
    return [(name, url_for(f"practice.{endpoint}"), sign, words) for name, endpoint, sign, words in entries]


def language_choices() -> list[tuple[str, str]]:
    """The practice's languages by their own names."""
    return [
        (tag, wording.locale_of(tag).get_language_name(tag.split("-")[0]) or tag)
        for tag in desk().practice.languages
    ]


def half_hours(chosen: int | None = None) -> list[int]:
    """Minutes of the day in steps of 30, with the chosen one among them; 1440 is the day's end."""
    steps = {*range(0, DAY_MINUTES + 1, 30)}
    return sorted({*steps, chosen} if chosen is not None else steps)


@blueprint.app_template_filter()
def minute_text(minute: int) -> str:
    """Minutes of the day as a clock shows them: "09:30", "24:00" at the end."""
    return f"{minute // 60:02}:{minute % 60:02}"


@blueprint.app_template_filter()
def plain_date(day: date) -> str:
    """ "3 June 2026", for headings that span several days."""
    return wording.day_text(day, current_language(), "date")


@blueprint.app_template_filter()
def month_day(day: date) -> str:
    """ "3 June"."""
    return wording.day_text(day, current_language(), "day")
