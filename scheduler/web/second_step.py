"""The second step of signing in: a code of the phone, or a recovery code, where the account asks for one."""

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import UserMixin
from flask_security.tf_plugin import TfPlugin
from flask_security.utils import login_user

from scheduler.clock import utcnow
from scheduler.domain.staff import Account
from scheduler.services import accounts, limits, second_factor
from scheduler.settings import Settings
from scheduler.web.accounts import User
from scheduler.web.language import gettext
from scheduler.web.sign_in import count_try, note_refused, remember_source

blueprint = Blueprint("second_step", __name__)

LASTS = 600
"""Seconds between the password and the code."""

LONGEST_CODE = 40
_FOR, _UNTIL = "code_for", "code_until"


class AskForCode(TfPlugin):
    """Flask-Security's question whether a right password is enough."""

    def tf_enter(
        self, user: UserMixin, remember_me: bool | None, primary_authn_via: str, next_loc: str | None
    ) -> Any:
        """Go on to the code where the account asks for one; None signs in at once."""
        session.pop(_FOR, None)
        if not isinstance(user, User) or not user.account.has_second_factor:
            return None
        session[_FOR], session[_UNTIL] = user.account.key, utcnow() + LASTS
        return redirect(url_for("second_step.ask", next=request.form.get("next") or None), 303)


def init_app(app: Flask, _settings: Settings) -> None:
    """Put the second step behind Flask-Security's first."""
    app.extensions["security"].two_factor_plugins = AskForCode()


@blueprint.get("/practice/code")
def ask() -> ResponseReturnValue:
    """The page that asks for the code."""
    return redirect(url_for("security.login"), 303) if _account() is None else _page()


@blueprint.post("/practice/code")
def answer() -> ResponseReturnValue:
    """Sign in with the right code; tries count like those of a password."""
    account = _account()
    if account is None:
        return redirect(url_for("security.login"), 303)
    keys = count_try(account.email)
    code = request.form.get("code", "")
    if len(code) > LONGEST_CODE or not second_factor.accepts(account, code, now=utcnow()):
        note_refused("account.code", account)
        return _page(gettext(second_factor.WRONG_CODE)), 422
    limits.give_back(*keys)
    remember_source(account.email)
    session.pop(_FOR, None)
    session.pop(_UNTIL, None)
    login_user(User(account), authn_via=["password", "code"])
    return redirect(request.form.get("next") or url_for("practice.week"), 303)


def _account() -> Account | None:
    """Whose password was right a moment ago in this browser."""
    account = accounts.find_by_key(str(session.get(_FOR, "")))
    is_living = account is not None and account.active and account.has_second_factor
    return account if is_living and utcnow() < int(session.get(_UNTIL, 0)) else None


def _page(problem: str = "") -> str:
    return render_template("auth/code.html", problem=problem, next=request.values.get("next", ""))
