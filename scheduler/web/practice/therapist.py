"""The page of one therapist: name, mail, video room."""

from flask import render_template
from flask.typing import ResponseReturnValue

from scheduler.domain.errors import Refused
from scheduler.domain.practice import TherapistMail
from scheduler.services import therapist_settings
from scheduler.web.language import gettext
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, picked, say, therapist, to


@blueprint.get("/settings/therapist")
def therapist_profile() -> str:
    """What is set for the chosen therapist."""
    chosen = therapist()
    values = {
        "name": chosen.name,
        "email": chosen.email,
        "mail": chosen.mail.value,
        "video_link": chosen.video_link,
    }
    return _form(values, {})


@blueprint.post("/settings/therapist")
def save_therapist() -> ResponseReturnValue:
    """Keep it; nothing is saved while something is missing."""
    answers = Answers()
    name = answers.line("name", at_most=120)
    email = answers.line("email", at_most=254)
    video_link = answers.line("video_link", at_most=500)
    mail = answers.one_of("mail", [kind.value for kind in TherapistMail], problem="Choose from the list")
    try:
        if answers.problems:
            raise Refused(answers.problems)
        therapist_settings.save(
            desk(),
            therapist().id,
            name=name,
            email=email,
            mail=TherapistMail(mail),
            video_link=video_link,
            now=now(),
        )
    except Refused as refused:
        return _form(answers.values, refused.problems), 422
    say("Saved. Visitors see it from now on.")
    return to("therapist_profile", **picked())


def _form(values: dict[str, str], problems: dict[str, str]) -> str:
    kinds = [
        (TherapistMail.INVITATION.value, gettext("A short notice with a calendar entry"), ""),
        (TherapistMail.NOTICE.value, gettext("A short notice"), ""),
        (
            TherapistMail.NOTHING.value,
            gettext("No mail"),
            gettext("You look here, or subscribe your calendar."),
        ),
    ]
    return render_template(
        "practice/therapist.html",
        here="settings",
        values=values,
        problems=problems,
        kinds=kinds,
        picked=picked(),
        therapist=therapist(),
    )
