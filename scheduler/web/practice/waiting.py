"""Who waits for a time: in order, with their wishes; take somebody off the list, or keep no list."""

from flask import render_template, request
from werkzeug.wrappers import Response

from scheduler.domain import waitlist
from scheduler.domain.disclosure import initials
from scheduler.domain.errors import WrongState
from scheduler.domain.practice import text
from scheduler.domain.waitlist import PARTS, Wishes
from scheduler.services import practice_settings, waiting
from scheduler.services.waiting import Shown
from scheduler.web.formatting import weekday_names
from scheduler.web.language import current_language, gettext
from scheduler.web.practice.shell import blueprint, desk, names_are_shown, now, owners_only, say, to


@blueprint.get("/waiting")
def waiting_list() -> str:
    """Who waits, those who came first before the others."""
    return render_template(
        "practice/waiting.html",
        here="requests",
        cards=[_card(one) for one in waiting.listed(desk(), now=now())],
    )


@blueprint.post("/waiting/<waiting_id>/remove")
def remove_waiting(waiting_id: str) -> Response:
    """Take somebody off the list; a kind mail tells them."""
    try:
        removed = waiting.remove(desk(), waiting_id, now=now())
    except WrongState:
        say("This place on the list had ended already. Nothing was changed.", "warn")
    else:
        say("%(name)s is off the list and gets a kind mail.", name=name_of(removed.name))
    return to("waiting_list")


@blueprint.post("/waiting/switch")
@owners_only
def switch_waiting_list() -> Response:
    """Let visitors join, or not any more; who waits already keeps the place."""
    practice_settings.keep_waiting_list(desk(), request.form.get("on") == "1", now=now())
    say("Saved. Visitors see it from now on.")
    return to("waiting_list")


def _card(shown: Shown) -> dict[str, object]:
    entry = shown.entry
    return {
        "id": entry.id,
        "name": name_of(entry.name),
        "since": entry.created_at,
        "type": text(shown.kind.names, current_language(), shown.kind.slug),
        "mode": entry.mode,
        "therapist": shown.therapist.name if shown.therapist else "",
        "wishes": wishes_of(entry.wishes),
        "offers": len(entry.offered),
        "is_last": waitlist.has_had_all_offers(entry),
        "offered": shown.offer.start if shown.offer else None,
        "until": entry.offer_ends_at,
    }


def name_of(name: str) -> str:
    """Who waits, as the page may show it."""
    return (name if names_are_shown() else initials(name)) or gettext("Somebody")


def wishes_of(wishes: Wishes) -> str:
    """What suits somebody, in words."""
    names = [name for _, name, _ in weekday_names()]
    days = ", ".join(names[day - 1] for day in wishes.days) or gettext("any day")
    words = dict(zip(PARTS, (gettext("morning"), gettext("afternoon"), gettext("evening")), strict=True))
    parts = ", ".join(words[part] for part in wishes.parts) or gettext("any time of day")
    return gettext("%(days)s; %(parts)s", days=days, parts=parts)
