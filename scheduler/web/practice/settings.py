"""Settings of the practice: where to find what, and who the practice is."""

from flask import render_template
from flask.typing import ResponseReturnValue

from scheduler.domain.errors import Refused
from scheduler.domain.local_time import day_interval
from scheduler.domain.practice import Practice, Texts
from scheduler.services import practice_settings
from scheduler.services.practice_settings import Profile
from scheduler.services.wording import SUPPORTED, own_name
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, say, to

_PUBLIC = {
    "publish": practice_settings.publish,
    "withdraw": practice_settings.withdraw,
    "resume": practice_settings.resume,
}


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
    if answers.values.get("do"):
        return _change_public(answers)
    profile = _read(answers)
    if not answers.problems:
        try:
            practice_settings.save_profile(desk(), profile, now=now())
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Saved. Visitors see it from now on.")
            return to("practice_profile")
    return _form(answers.values, _at_fields(answers.problems)), 422


def _change_public(answers: Answers) -> ResponseReturnValue:
    """Publish, withdraw, pause or resume: whether strangers can book at all; and in which languages."""
    known = [*_PUBLIC, "pause", "languages", "safe_contact"]
    action = answers.one_of("do", known, problem="Choose from the list")
    try:
        if answers.problems:
            raise Refused(answers.problems)
        if action == "languages":
            others = answers.some_of("languages", SUPPORTED)
            practice_settings.offer_languages(desk(), answers.line("own"), others, now=now())
        elif action == "safe_contact":
            practice_settings.ask_safe_contact(desk(), answers.line("asked") == "1", now=now())
        elif action == "pause":
            day = answers.day("until", problem="Choose the day from which people can book again")
            if day is None:
                raise Refused(answers.problems)
            until = day_interval(day, desk().practice.zone)[0]
            practice_settings.pause(desk(), until, now=now())
        else:
            _PUBLIC[action](desk(), now=now())
    except Refused as refused:
        return _form(_values(desk().practice), _at_fields(refused.problems)), 422
    say("Saved. Visitors see it from now on.")
    return to("practice_profile")


def _at_fields(problems: dict[str, str]) -> dict[str, str]:
    """A text that is missing in every language is told at the first one."""
    first = desk().practice.language
    return {f"privacy-{first}" if name == "privacy" else name: text for name, text in problems.items()}


def _form(values: dict[str, str], problems: dict[str, str]) -> str:
    return render_template(
        "practice/profile.html",
        here="settings",
        values=values,
        problems=problems,
        spoken=[tag.split("-")[0] for tag in desk().practice.languages],
        all_languages=[(language, own_name(language)) for language in SUPPORTED],
    )


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
        other_talks={tag: answers.line(f"other_talk-{tag}", at_most=30) for tag in languages},
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
        values[f"other_talk-{tag}"] = line.talks.get(tag, "") if line else ""
        values[f"talk_hours-{tag}"] = line.hours.get(tag, "") if line else ""
    return values
