"""Signed, expiring tokens that bind a visitor's form to what it was made for.

Visitors have no cookie, so there is no session to tie a form to: the token
proves that the form came from a page of ours, made for this very subject, not
long ago. It holds nothing secret.
"""

from secrets import token_urlsafe

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

FIELD = "form_token"
LIFETIME_SECONDS = 12 * 3600


def issue(purpose: str, *subject: str) -> str:
    """A token for one form: `purpose` names the action, `subject` what it acts on. No two are the same."""
    return _serializer(purpose).dumps([token_urlsafe(9), *subject])


def is_genuine(token: str, purpose: str, *subject: str) -> bool:
    """Whether we issued the token for this form, at most twelve hours ago."""
    try:
        return bool(_serializer(purpose).loads(token, max_age=LIFETIME_SECONDS)[1:] == list(subject))
    except BadData:
        return False


def is_sent(purpose: str, *subject: str) -> bool:
    """Whether the form that was sent just now carries such a token."""
    return is_genuine(request.form.get(FIELD, ""), purpose, *subject)


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    config = current_app.config
    keys = [*reversed(config.get("SECRET_KEY_FALLBACKS") or ()), config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=f"visitor-form:{purpose}")
