"""The practice's mails: previews where no server is set up, what did not arrive, sending again."""

from flask import current_app, g, render_template
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.errors import NotFound
from scheduler.services import desk as desks
from scheduler.services import messages
from scheduler.services.messages import OutboxEntry, Preview
from scheduler.web.language import gettext
from scheduler.web.practice.shell import blueprint, desk, now, say, to

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
"""A mail's own markup may style itself and do nothing else: no script, no form, no request."""


@blueprint.get("/mail")
def mail() -> str:
    """What was written, what is stuck."""
    kept = messages.previews(desk().practice.id)
    stuck = messages.undelivered(desk().practice.id)
    own = _own(*kept, *stuck)
    return render_template(
        "practice/mail.html",
        here="settings",
        has_server=current_app.config["SETTINGS"].mail_server is not None,
        previews=[one for one in kept if one.id in own],
        undelivered=[one for one in stuck if one.id in own],
        kinds=_kinds(),
    )


@blueprint.get("/mail/<mail_id>")
def one_mail(mail_id: str) -> str:
    """A mail as it would have gone out: text, page and invitation."""
    found = _find(mail_id)
    return render_template("practice/mail_one.html", here="settings", mail=found, kinds=_kinds())


@blueprint.get("/mail/<mail_id>/page")
def mail_page(mail_id: str) -> Response:
    """The mail's HTML part alone, for the frame: it can do nothing but be looked at."""
    found = _find(mail_id)
    g.frame_ancestors = "'self'"
    answer = Response(found.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


@blueprint.get("/mail/<mail_id>/invite.ics")
def mail_invitation(mail_id: str) -> Response:
    """The mail's calendar part as a file."""
    found = _find(mail_id)
    if not found.calendar:
        raise NotFound("no invitation in this mail")
    answer = Response(found.calendar, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return answer


@blueprint.post("/mail/<mail_id>/resend")
def resend_mail(mail_id: str) -> ResponseReturnValue:
    """Send the same once more, as a new mail."""
    stuck = [one for one in messages.undelivered(desk().practice.id) if one.id == mail_id]
    if not _own(*stuck):
        raise NotFound("no such mail")
    messages.resend(desk().practice.id, mail_id, now=now())
    say("It is on its way again.")
    return to("mail")


def _find(mail_id: str) -> Preview:
    found = messages.preview(desk().practice.id, mail_id)
    if not _own(found):
        raise NotFound("no such mail")
    return found


def _own(*mails: Preview | OutboxEntry) -> set[str]:
    """The ids of those that this person may see: about own appointments; about accounts for owners only."""
    about = desks.own_appointments(desk(), [one.appointment_id for one in mails if one.appointment_id])
    return {
        one.id for one in mails if (one.appointment_id in about if one.appointment_id else desk().is_owner)
    }


def _kinds() -> dict[str, str]:
    return {
        "confirmation": gettext("Confirmation"),
        "request_received": gettext("Request received"),
        "accepted": gettext("Request accepted"),
        "declined": gettext("Request declined"),
        "moved": gettext("New time"),
        "cancelled": gettext("Cancellation"),
        "reminder": gettext("Reminder"),
        "known_contact": gettext("Kind answer"),
        "series_offer": gettext("Offer of a series"),
        "series_booked": gettext("Confirmation of a series"),
        "series_ended": gettext("End of a series"),
        "series_cancelled": gettext("Cancellation of a series"),
        "therapist_series": gettext("To you: a series booked"),
        "therapist_ended": gettext("To you: a series ended"),
        "therapist_declined": gettext("To you: an offer declined"),
        "therapist_booked": gettext("To you: booked"),
        "therapist_requested": gettext("To you: somebody asks"),
        "therapist_moved": gettext("To you: new time"),
        "therapist_cancelled": gettext("To you: cancelled"),
        "therapist_answered": gettext("To you: somebody may not come"),
        "waiting_joined": gettext("On the waiting list"),
        "waiting_offer": gettext("A time for somebody who waits"),
        "waiting_over": gettext("End of waiting"),
        "newsletter_ask": gettext("Newsletter: is it wanted?"),
        "account_reset": gettext("Account: a new password"),
        "account_changed": gettext("Account: something was changed"),
        "account_calendar": gettext("To you: a calendar cannot be read"),
    }
