"""The page behind the link of a newsletter: say yes, or leave by one press. GET changes nothing."""

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import NotFound, WrongState
from scheduler.services import directory, newsletter
from scheduler.services.newsletter import Shown
from scheduler.web import form_token
from scheduler.web.visitor.answers import version_in
from scheduler.web.visitor.blueprint import blueprint, enter_practice, to

PURPOSE = "newsletter"
Answer = Response | tuple[str, int] | str


@blueprint.get("/newsletter/<token>")
def news(token: str) -> str:
    """Whether this address is on the list, and the one button to change it."""
    return _page(_find(token), token)


@blueprint.post("/newsletter/<token>")
def answer_news(token: str) -> Answer:
    """Say yes to the words on the page, or leave; leaving once more is told the same."""
    practice, spoken = request.form.get("practice", ""), request.form.get("spoken", "")
    is_ours = form_token.is_sent(PURPOSE, token, practice, spoken)
    try:
        shown = _find(token)
    except NotFound:
        if not is_ours or request.form.get("action") != "leave":
            raise
        enter_practice(directory.practice(practice), spoken=spoken)  # pressed twice: nobody is left to ask
        return render_template("visitor/newsletter_left.html")
    if not is_ours:
        return _page(shown, token, notice="stale"), 400
    if request.form.get("action") == "leave":
        newsletter.leave(token)
        return render_template("visitor/newsletter_left.html")
    try:
        newsletter.confirm(token, version_in(request.form, "version") or 0, now=utcnow())
    except WrongState:
        return _page(_find(token), token, notice="new"), 409
    return redirect(to("news", token=token), 303)


def _find(token: str) -> Shown:
    """What this link shows, in the language in which it was asked for. **Raises** `NotFound`."""
    g.is_private = True
    shown = newsletter.show(token)
    enter_practice(shown.practice, spoken=shown.reader.language)
    return shown


def _page(shown: Shown, token: str, *, notice: str = "") -> str:
    return render_template(
        "visitor/newsletter.html",
        shown=shown,
        reader=shown.reader,
        notice=notice,
        link=token,
        token=form_token.issue(PURPOSE, token, shown.practice.slug, shown.reader.language),
    )
