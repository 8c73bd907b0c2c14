"""The therapist's own calendars: add, choose, change, read now, remove. Reading itself is the worker's."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.calendars import CalendarKind, OwnCalendar, WhenStale
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import Refused
from scheduler.services import calendars
from scheduler.services.calendars import Wish
from scheduler.web.accounts import with_fresh_password
from scheduler.web.language import gettext
from scheduler.web.practice.calendars import levels
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, picked, say, therapist, to

_LIST = "own-calendars"


@blueprint.get("/calendars/own/new")
@with_fresh_password
def new_own_calendar() -> str:
    """First the way it is reached, then its form."""
    kind = _kind(request.args.get("kind", ""))
    if kind is None:
        return render_template(
            "practice/own_calendar_kind.html", here="settings", picked=picked(), therapist=therapist()
        )
    return _form(kind, {"when_stale": "keep", "reads": "1", "level": FeedLevel.BUSY.value}, {})


@blueprint.post("/calendars/own/new")
@with_fresh_password
def add_own_calendar() -> ResponseReturnValue:
    """Keep it; the worker reads it within seconds."""
    values = Answers().values
    kind = _kind(values.get("kind", "")) or CalendarKind.ICS
    try:
        calendars.add(therapist(), _wish(kind, values), by=desk().actor, now=now())
    except Refused as refused:
        return _form(kind, values, refused.problems), 422
    say("The calendar is added. It will be read within a minute.")
    return to("calendars", **picked(), _anchor=_LIST)


@blueprint.get("/calendars/own/<calendar_id>")
@with_fresh_password
def edit_own_calendar(calendar_id: str) -> str:
    """Its form; address and password are not shown again."""
    calendar, _ = calendars.find(therapist(), calendar_id)
    values = {
        "name": calendar.name,
        "when_stale": calendar.when_stale.value,
        "level": calendar.level.value,
        "reads": "1" if calendar.reads else "",
        "writes": "1" if calendar.writes else "",
    }
    return _form(calendar.kind, values, {}, calendar)


@blueprint.post("/calendars/own/<calendar_id>")
@with_fresh_password
def save_own_calendar(calendar_id: str) -> ResponseReturnValue:
    """Keep the change; the worker reads it anew."""
    values = Answers().values
    calendar, _ = calendars.find(therapist(), calendar_id)
    try:
        calendars.change(therapist(), calendar.id, _wish(calendar.kind, values), by=desk().actor, now=now())
    except Refused as refused:
        return _form(calendar.kind, values, refused.problems, calendar), 422
    say("The change is saved.")
    return to("calendars", **picked(), _anchor=_LIST)


@blueprint.post("/calendars/own/<calendar_id>/choose")
def choose_own_calendar(calendar_id: str) -> Response:
    """One of the calendars that the server offers."""
    try:
        calendars.choose(
            therapist(), calendar_id, request.form.get("address", ""), by=desk().actor, now=now()
        )
    except Refused as refused:
        say(refused.problems["address"], "warn")
    return to("calendars", **picked(), _anchor=_LIST)


@blueprint.post("/calendars/own/<calendar_id>/read")
def read_own_calendar(calendar_id: str) -> Response:
    """Let it be read, and written, in the worker's next round."""
    calendars.read_soon(therapist(), calendar_id, now=now())
    return to("calendars", **picked(), _anchor=_LIST)


@blueprint.post("/calendars/own/<calendar_id>/empty")
def believe_own_calendar(calendar_id: str) -> Response:
    """It is really empty: its times are free."""
    calendars.believe_empty(therapist(), calendar_id, by=desk().actor, now=now())
    say("Its times are free again.")
    return to("calendars", **picked(), _anchor=_LIST)


@blueprint.post("/calendars/own/<calendar_id>/remove")
def remove_own_calendar(calendar_id: str) -> Response:
    """Forget it; its times are free at once."""
    calendars.remove(therapist(), calendar_id, by=desk().actor, now=now())
    say("Removed. Its times are free again.")
    return to("calendars", **picked(), _anchor=_LIST)


def _form(
    kind: CalendarKind, values: dict[str, str], problems: dict[str, str], calendar: OwnCalendar | None = None
) -> str:
    """The form with what was typed, except the password: that is never sent back."""
    return render_template(
        "practice/own_calendar.html",
        here="settings",
        kind=kind.value,
        calendar=calendar,
        values={**values, "password": ""},
        asks_again=bool(problems and values.get("password")),
        problems=problems,
        levels=levels(),
        stale_choices=_stale_choices(),
        picked=picked(),
        therapist=therapist(),
    )


def _wish(kind: CalendarKind, values: dict[str, str]) -> Wish:
    """What was typed; a choice that was not offered counts as the most careful one."""
    is_caldav = kind is CalendarKind.CALDAV
    level = values.get("level", "")
    return Wish(
        name=values.get("name", ""),
        kind=kind,
        address=values.get("address", ""),
        username=values.get("username", ""),
        password=values.get("password", ""),
        reads=values.get("reads") == "1" or not is_caldav,
        when_stale=WhenStale.STOP if values.get("when_stale") == WhenStale.STOP else WhenStale.KEEP,
        writes=values.get("writes") == "1" and is_caldav,
        level=FeedLevel(level) if level in list(FeedLevel) else FeedLevel.BUSY,
    )


def _kind(word: str) -> CalendarKind | None:
    return CalendarKind(word) if word in list(CalendarKind) else None


def _stale_choices() -> list[tuple[str, str, str]]:
    return [
        (
            WhenStale.KEEP.value,
            gettext("Keep offering free times"),
            gettext("What it blocked stays blocked. You get a mail."),
        ),
        (
            WhenStale.STOP.value,
            gettext("Offer no times until it is read again"),
            gettext("Safe against double booking, but nobody can book."),
        ),
    ]
