"""Sign-in of the people who work in a practice: Flask-Security on our own accounts.

No registration: accounts are made by the owner or on the command line. Nothing
here touches a visitor: outside /practice there is no session and no cookie.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import user_logged_in, user_logged_out
from flask_security import RoleMixin, Security, UserDatastore, UserMixin, current_user
from werkzeug.wrappers import Response as BaseResponse

from scheduler.clock import utcnow
from scheduler.domain.staff import Account, Staff
from scheduler.services import accounts, audit, wording
from scheduler.settings import Settings
from scheduler.web import errors
from scheduler.web.language import use_language
from scheduler.web.sessions import DatabaseSessions
from scheduler.web.sign_in import ConfirmForm, SignInForm, is_next_page

FRESH_FOR = timedelta(minutes=15)
"""So long after typing the password it need not be typed again for what matters most."""

SIGN_IN_PAGES = frozenset({"security", "second_step", "resets"})
"""Blueprints of the pages on which nobody is signed in yet."""

P = ParamSpec("P")
R = TypeVar("R")


class User(UserMixin):
    """An account as Flask-Security wants to see it."""

    fs_uniquifier = ""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.email = account.email
        self.password = account.password_hash
        self.active = account.active
        self.fs_uniquifier = account.key
        self.roles = []


class Accounts(UserDatastore):
    """Flask-Security's way to our accounts: each call is a transaction of its own."""

    def __init__(self) -> None:
        super().__init__(User, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **by: Any) -> User | None:
        """The account with this `email` or `fs_uniquifier`."""
        if "email" in by:
            account = accounts.find_by_email(str(by["email"]))
        else:
            account = accounts.find_by_key(str(by.get("fs_uniquifier", "")))
        return User(account) if account else None

    def find_role(self, role: str) -> None:
        """Roles are a word on the account; nothing is found here."""

    def put(self, user: User) -> User:
        """Keep a password that was hashed anew with current parameters."""
        if user.password and user.password != user.account.password_hash:
            accounts.replace_hash(user.account.id, user.password)
        return user

    def commit(self) -> None:
        """Nothing is open."""


def init_app(app: Flask, settings: Settings) -> None:
    """Set up sessions and sign-in."""
    idle = timedelta(minutes=settings.session_idle_minutes)
    app.config.update(_configuration(settings), PERMANENT_SESSION_LIFETIME=idle)
    app.session_interface = DatabaseSessions(app, idle)
    security = Security(app, Accounts(), login_form=SignInForm, verify_form=ConfirmForm)
    security.want_json(lambda _request: False)
    security.unauthn_handler(_ask_stranger_to_sign_in)
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # added by Flask-Login
    app.before_request(_prepare_sign_in)
    user_logged_in.connect(_begin_session_anew, app)
    user_logged_out.connect(_forget_session, app)


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "SESSION_COOKIE_NAME": "session" if settings.is_demo else "__Host-session",
        "SESSION_COOKIE_SECURE": not settings.is_demo,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_PERMANENT": False,
        "SECURITY_LOGIN_URL": "/practice/sign-in",
        "SECURITY_LOGOUT_URL": "/practice/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_VERIFY_URL": "/practice/confirm",
        "SECURITY_POST_LOGIN_VIEW": "/practice/",
        "SECURITY_POST_LOGOUT_VIEW": "/practice/sign-in",
        "SECURITY_POST_VERIFY_VIEW": "/practice/",
        "SECURITY_LOGIN_USER_TEMPLATE": "auth/sign_in.html",
        "SECURITY_VERIFY_TEMPLATE": "auth/confirm.html",
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_CACHE_CONTROL": None,
        "SECURITY_FLASH_MESSAGES": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_FRESHNESS": FRESH_FOR,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": accounts.SHORTEST,
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__type": "ID",
            "argon2__rounds": accounts.ARGON2_TIME,
            "argon2__memory_cost": accounts.ARGON2_MEMORY,
            "argon2__parallelism": accounts.ARGON2_PARALLELISM,
        },
    }


# ---- for the pages behind the sign-in ---------------------------------------


def current_staff() -> Staff:
    """Who is signed in. Only for pages behind `require_staff`."""
    account = current_account()
    return Staff(account.id, account.practice_id, account.therapist_id, account.role, account.name)


def current_account() -> Account:
    """The account of whoever is signed in. Only for pages behind `require_staff`."""
    account: Account = current_user.account
    return account


def stay_signed_in(account: Account) -> None:
    """Go on here after the account's sessions were ended, under a new session id."""
    session["_user_id"] = account.key
    session["fs_paa"] = utcnow()
    current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]  # of Flask-Session's interface


def require_staff() -> ResponseReturnValue | None:
    """Before each request of the practice's blueprint: strangers are asked to sign in."""
    return None if current_user.is_authenticated else ask_to_sign_in()


def ask_to_sign_in() -> BaseResponse:
    """The sign-in page for somebody who reads; 401 for a form, which must not be lost in a redirect."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("security.login", next=_this_page()), 303)
    return errors.tell(errors.NOT_SIGNED_IN)


def with_fresh_password(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
    """A view for which the password must have been typed in the last minutes (subscriptions, exports)."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
        confirmed_at = int(session.get("fs_paa", 0))
        if utcnow() - confirmed_at > FRESH_FOR.total_seconds():
            return redirect(url_for("security.verify", next=_this_page()), 303)
        return view(*args, **kwargs)

    return guarded


def _this_page() -> str | None:
    page = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else request.path
    return page if is_next_page(page) else None


# ---- sign-in and sign-out ---------------------------------------------------


def _prepare_sign_in() -> ResponseReturnValue | None:
    """Speak the browser's language; sign-in leads to pages of ours only, whatever a link says."""
    if request.blueprint not in SIGN_IN_PAGES:
        return None
    use_language(wording.SUPPORTED, wanted=request.args.get("lang", ""))
    wanted = [*request.args.getlist("next"), *request.form.getlist("next")]
    return None if all(map(is_next_page, filter(None, wanted))) else errors.tell(errors.BAD_REQUEST)


def _begin_session_anew(app: Flask, user: User, **_more: Any) -> None:
    """A new id and a new form token, so that what somebody planted before is worth nothing."""
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    app.session_interface.regenerate(session)  # type: ignore[attr-defined]  # of Flask-Session's interface
    _note("account.sign_in", user)


def _forget_session(_app: Flask, user: User | None = None, **_more: Any) -> None:
    session.clear()
    if isinstance(user, User):
        _note("account.sign_out", user)


def _ask_stranger_to_sign_in(_mechanisms: list[str], headers: dict[str, str] | None = None) -> BaseResponse:
    return ask_to_sign_in()


def _note(action: str, user: User) -> None:
    audit.note_alone(action, actor=user.account.id, practice_id=user.account.practice_id, now=utcnow())
