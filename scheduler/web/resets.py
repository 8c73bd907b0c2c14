"""A forgotten password: ask for a link, and choose a new password on the page it opens.

The second page has no session and no cookie: the link is what it needs. So it
may send no referrer at all, and nothing can be forged without knowing the link.
"""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.clock import utcnow
from scheduler.domain.errors import NotFound, Refused
from scheduler.services import limits, resets
from scheduler.services.accounts import account_word
from scheduler.web.language import gettext
from scheduler.web.limits import are_on, key_of, source
from scheduler.web.sign_in import LONGEST_ADDRESS

blueprint = Blueprint("resets", __name__)

QUESTIONS = 20
QUESTIONS_WINDOW = 3600
"""So many addresses one source may ask for in so many seconds."""


@blueprint.get("/practice/forgotten")
def forgotten() -> str:
    """The page that asks for the address."""
    return render_template("auth/forgotten.html", problem="", email="")


@blueprint.post("/practice/forgotten")
def ask() -> ResponseReturnValue:
    """Send a link if somebody signs in with this address; the answer does not tell."""
    email = request.form.get("email", "").strip()
    if not email or len(email) > LONGEST_ADDRESS:
        problem = gettext("Type the email address with which you sign in")
        return render_template("auth/forgotten.html", problem=problem, email=email[:LONGEST_ADDRESS]), 422
    now = utcnow()
    if are_on():
        limits.take(key_of("reset-source", source()), at_most=QUESTIONS, window=QUESTIONS_WINDOW, now=now)
    resets.ask(email, key_of("reset", account_word(email)), now=now)
    return redirect(url_for("resets.asked"), 303)


@blueprint.get("/practice/forgotten/asked")
def asked() -> str:
    """What happens next, whoever asked."""
    has_server = current_app.config["SETTINGS"].mail_server is not None
    return render_template("auth/asked.html", has_server=has_server)


@blueprint.get("/reset/<token>")
def choose(token: str) -> ResponseReturnValue:
    """The page that a mailed link opens; opening it changes nothing."""
    try:
        resets.account_of(token, now=utcnow())
    except NotFound:
        return _over()
    return _form(token)


@blueprint.post("/reset/<token>")
def set_password(token: str) -> ResponseReturnValue:
    """Keep the new password; the link is worth nothing from now on."""
    try:
        resets.set_password(token, request.form.get("password", ""), now=utcnow())
    except NotFound:
        return _over()
    except Refused as refused:
        return _form(token, gettext(refused.problems["password"])), 422
    return render_template("auth/reset_done.html")


def _form(token: str, problem: str = "") -> str:
    return render_template("auth/reset.html", token=token, problem=problem)


def _over() -> tuple[str, int]:
    return render_template("auth/reset_over.html"), 404
