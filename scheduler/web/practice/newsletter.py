"""The newsletter: whether visitors can ask for it, with which words, and who said yes. For owners."""

from flask import Response as FlaskResponse
from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.errors import Refused
from scheduler.services import newsletter, wording
from scheduler.services.sheets import as_csv
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, say, to

LONGEST = 400


@blueprint.get("/newsletter")
@owners_only
def newsletter_page() -> str:
    """The switch, the words, and the addresses."""
    return _page(_values(), {})


@blueprint.post("/newsletter")
@owners_only
def save_newsletter() -> ResponseReturnValue:
    """Keep switch and words; nothing is saved while words are missing."""
    answers = Answers()
    texts = {tag: answers.text(f"words-{tag}", at_most=LONGEST) for tag in desk().practice.languages}
    if not answers.problems:
        try:
            newsletter.save(desk(), request.form.get("on") == "1", texts, now=now())
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Saved. Visitors see it from now on.")
            return to("newsletter_page")
    return _page(answers.values, answers.problems), 422


@blueprint.get("/newsletter/addresses.csv")
@owners_only
def newsletter_addresses() -> FlaskResponse:
    """Everybody who said yes, as a sheet, with the link by which each can leave."""
    rows = newsletter.exported(desk(), current_app.config["SETTINGS"].public_url, now=now())
    answer = FlaskResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="newsletter.csv"'
    return answer


@blueprint.post("/newsletter/<reader_id>/remove")
@owners_only
def remove_reader(reader_id: str) -> Response:
    """Take somebody off who asked for it in another way than by the link."""
    newsletter.remove(desk(), reader_id, now=now())
    say("Taken off the list. The address is erased.")
    return to("newsletter_page")


def _values() -> dict[str, str]:
    """What stands in the form: the words of now, else a first suggestion in each language."""
    kept = newsletter.words_of(desk().practice)
    suggested = {
        tag: wording.gettext(tag, "News from our practice, a few times a year.")
        for tag in desk().practice.languages
    }
    texts = {**suggested, **(kept.texts if kept else {})}
    return {"on": "1" if desk().practice.newsletter else "", **{f"words-{tag}": texts[tag] for tag in texts}}


def _page(values: dict[str, str], problems: dict[str, str]) -> str:
    kept = newsletter.words_of(desk().practice)
    return render_template(
        "practice/newsletter.html",
        here="settings",
        values=values,
        problems=problems,
        version=kept.version if kept else None,
        since=kept.since if kept else None,
        readers=newsletter.readers(desk()),
    )
