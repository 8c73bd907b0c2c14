"""Settings of the practice, and how to put the booking onto a website."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from scheduler.domain.errors import Refused
from scheduler.domain.practice import Practice, Texts
from scheduler.services import practice_settings
from scheduler.services.practice_settings import Profile
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, say, to


@blueprint.get("/settings")
def settings() -> str:
    """Where to find what."""
    return render_template("practice/settings.html", here="settings")


@blueprint.get("/settings/practice")
@owners_only
def practice_profile() -> str:
    """Who the practice is, and what visitors read of it."""
    return _form(_values(desk().practice), {})


@blueprint.post("/settings/practice")
@owners_only
def save_profile() -> ResponseReturnValue:
    """Keep it; nothing is saved while something is missing."""
    answers = Answers()
    profile = _read(answers)
    if not answers.problems:
        try:
            practice_settings.save_profile(desk(), profile, now=now())
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Saved. Visitors see it from now on.")
            return to("practice_profile")
    first = desk().practice.language
    problems = {
        f"privacy-{first}" if name == "privacy" else name: text for name, text in answers.problems.items()
    }
    return _form(answers.values, problems), 422


@blueprint.get("/settings/embed")
def embed() -> str:
    """The lines to put into a website."""
    address = current_app.config["SETTINGS"].public_url
    return render_template(
        "practice/embed.html",
        here="settings",
        public_url=address,
        kinds=[kind for kind in desk().types if kind.enabled],
        origins=desk().practice.embed_origins,
    )


def _form(values: dict[str, str], problems: dict[str, str]) -> str:
    return render_template("practice/profile.html", here="settings", values=values, problems=problems)


def _read(answers: Answers) -> Profile:
    languages = desk().practice.languages

    def texts(name: str, at_most: int) -> Texts:
        return {tag: answers.text(f"{name}-{tag}", at_most=at_most) for tag in languages}

    return Profile(
        name=answers.line("name", at_most=120),
        tagline=texts("tagline", 200),
        address=answers.text("address", at_most=300),
        phone=answers.line("phone", at_most=40),
        website=answers.line("website", at_most=300),
        email=answers.line("email", at_most=254),
        sender_name=answers.line("sender_name", at_most=120),
        calendar_title={tag: answers.line(f"calendar_title-{tag}", at_most=80) for tag in languages},
        privacy=texts("privacy", 8000),
        emergency=answers.line("emergency", at_most=30),
        talk=answers.line("talk", at_most=30),
        talk_hours={tag: answers.line(f"talk_hours-{tag}", at_most=120) for tag in languages},
        origins=answers.text("origins", at_most=4000),
    )


def _values(practice: Practice) -> dict[str, str]:
    line = practice.help_line
    values = {
        "name": practice.name,
        "address": practice.address,
        "phone": practice.phone,
        "website": practice.website,
        "email": practice.email,
        "sender_name": practice.sender_name,
        "emergency": line.emergency if line else "",
        "talk": line.talk if line else "",
        "origins": "\n".join(practice.embed_origins),
    }
    for tag in practice.languages:
        values[f"tagline-{tag}"] = practice.tagline.get(tag, "")
        values[f"calendar_title-{tag}"] = practice.calendar_title.get(tag, "")
        values[f"privacy-{tag}"] = practice.privacy.get(tag, "")
        values[f"talk_hours-{tag}"] = line.hours.get(tag, "") if line else ""
    return values
