"""The page of one therapist: name, mail, video room, profile, and where the licence holds."""

from flask import render_template
from flask.typing import ResponseReturnValue

from scheduler.domain.errors import Refused
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import TherapistMail
from scheduler.services import language_names, place_names, therapist_settings
from scheduler.services.therapist_settings import Profile
from scheduler.web.language import current_language, gettext
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
        "spoken": language_names.written(chosen.spoken, current_language()),
        "practising_since": str(chosen.practising_since or ""),
        "places": place_names.written(chosen.places, current_language()),
    }
    for tag in desk().practice.languages:
        values[f"credentials-{tag}"] = chosen.credentials.get(tag, "")
        values[f"approach-{tag}"] = chosen.approach.get(tag, "")
    return _form(values, {})


@blueprint.post("/settings/therapist")
def save_therapist() -> ResponseReturnValue:
    """Keep it; nothing is saved while something is missing."""
    answers = Answers()
    name = answers.line("name", at_most=120)
    email = answers.line("email", at_most=254)
    video_link = answers.line("video_link", at_most=500)
    profile = _profile(answers)
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
            profile=profile,
            now=now(),
        )
    except Refused as refused:
        return _form(answers.values, refused.problems), 422
    say("Saved. Visitors see it from now on.")
    return to("therapist_profile", **picked())


def _profile(answers: Answers) -> Profile:
    """The profile as typed; what cannot be read becomes a problem."""
    languages, year = desk().practice.languages, local_day(now(), desk().practice.zone).year
    spoken = language_names.read(answers.line("spoken", at_most=300), current_language())
    if spoken is None:
        answers.problems["spoken"] = "Write languages with commas between them, for example: English, French"
    places = place_names.read(answers.line("places", at_most=1500), current_language())
    if places is None:
        answers.problems["places"] = "Write countries, Canadian provinces or US states, with commas between"
    return Profile(
        credentials={tag: answers.line(f"credentials-{tag}", at_most=200) for tag in languages},
        approach={tag: answers.text(f"approach-{tag}", at_most=600) for tag in languages},
        spoken=spoken or (),
        practising_since=answers.optional_whole(
            "practising_since", year - 70, year, problem="Give the year, for example 2009"
        ),
        places=places or (),
    )


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
