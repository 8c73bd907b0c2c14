"""The calendars page; and subscriptions: make a secret address, see it once, revoke it."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import Refused
from scheduler.services import subscriptions
from scheduler.web.accounts import with_fresh_password
from scheduler.web.language import gettext
from scheduler.web.practice.calendar_words import standings
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, picked, say, therapist, to


@blueprint.get("/calendars")
def calendars() -> str:
    """What goes out: subscriptions that still work. What comes in: calendars that block time."""
    return render_template(
        "practice/calendars.html",
        here="settings",
        subscriptions=subscriptions.living(therapist()),
        levels={level: words for level, words, _ in levels()},
        own=standings(therapist()),
        picked=picked(),
        therapist=therapist(),
    )


@blueprint.get("/calendars/new")
@with_fresh_password
def new_calendar() -> str:
    """The form: a name, and how much is shown."""
    return _form({"level": FeedLevel.BUSY.value}, {})


@blueprint.post("/calendars/new")
@with_fresh_password
def make_calendar() -> ResponseReturnValue:
    """Make it and show its address, this once."""
    answers = Answers()
    values = answers.values
    try:
        made, token = subscriptions.make(
            therapist(),
            name=values.get("name", ""),
            level=values.get("level", ""),
            by=desk().actor,
            now=now(),
        )
    except Refused as refused:
        return _form(values, refused.problems), 422
    address = f"{current_app.config['SETTINGS'].public_url}/feeds/{token}.ics"
    return render_template(
        "practice/calendar_made.html",
        here="settings",
        subscription=made,
        address=address,
        webcal="webcal://" + address.partition("://")[2],
        freebusy=address.removesuffix(".ics") + ".ifb",
        picked=picked(),
    )


@blueprint.post("/calendars/<subscription_id>/revoke")
def revoke_calendar(subscription_id: str) -> Response:
    """End it at once."""
    subscriptions.revoke(therapist(), subscription_id, by=desk().actor, now=now())
    say("Removed. The address answers no longer.")
    return to("calendars", **picked())


def _form(values: dict[str, str], problems: dict[str, str]) -> str:
    return render_template(
        "practice/calendar_new.html",
        here="settings",
        values=values,
        problems=problems,
        levels=levels(),
        picked=picked(),
        therapist=therapist(),
    )


def levels() -> list[tuple[str, str, str]]:
    """How much of an appointment a calendar may show: value, words, note."""
    return [
        (
            FeedLevel.BUSY.value,
            gettext("Only that you are busy"),
            gettext("No name, no type. Safe to share."),
        ),
        (FeedLevel.INITIALS.value, gettext("Initials"), gettext("For example “Appointment · V. M.”")),
        (
            FeedLevel.FIRST_NAME.value,
            gettext("First name"),
            gettext("Others who see your phone may read it."),
        ),
        (
            FeedLevel.FULL.value,
            gettext("Full name"),
            gettext("Copied to your calendar company. Think twice."),
        ),
    ]
