"""The forms that take a password: same answer and same time for known and unknown addresses, with limits.

What is refused is noted in the trail, without the address, and answered with 422.
"""

import re
from typing import Any

from flask import Response, after_this_request
from flask_security import LoginForm, VerifyForm, current_user
from flask_security.proxies import _datastore
from flask_security.utils import hash_password

from scheduler.clock import utcnow
from scheduler.domain.staff import Account
from scheduler.services import accounts, audit, limits
from scheduler.web.language import gettext
from scheduler.web.limits import are_on, key_of, source

WINDOW = 900
TRIES = 10
"""Wrong passwords for one account from one source, in a window of seconds."""

TRIES_PER_SOURCE = 40
TRIES_PER_ACCOUNT = 60
"""Wrong passwords for one account from everywhere: far more than a person types, far too few to guess."""

KNOWN_FOR = 30 * 86400
"""So long a source from which an account signed in is spared that last limit: strangers lock nobody out."""

LONGEST_ADDRESS = 254
NOT_YOURS = "This is not your password. Check it, then try again"
_NEXT = re.compile(r"/practice/[A-Za-z0-9_/-]*(\?[A-Za-z0-9_=&%.:+-]*)?")


def is_next_page(target: str) -> bool:
    """Whether a page to go on to is one of the practice's own."""
    return _NEXT.fullmatch(target) is not None and "//" not in target


class SignInForm(LoginForm):
    """Address and password. Nothing is remembered beyond the session."""

    remember = None

    def validate(self, **_extra: Any) -> bool:
        """Whether this is the account's password; the refusal never says what was wrong."""
        address, password = str(self.email.data or ""), str(self.password.data or "")
        if not self.csrf_is_valid():
            return False
        if not address or not password:
            return self.refuse(gettext("Type your email address and your password"))
        keys = count_try(address)
        user, known = _matching(address, password)
        if user is None:
            note_refused("account.sign_in", known)
            return self.refuse(
                gettext("This address and password do not belong together. Check both, then try again")
            )
        limits.give_back(*keys)
        if not user.account.has_second_factor:
            remember_source(address)
        self.user = user
        return True

    def csrf_is_valid(self) -> bool:
        """Whether the form came from this session."""
        field = getattr(self, "csrf_token", None)
        return field is None or bool(field.validate(self))

    def refuse(self, message: str) -> bool:
        """Say what to do, at no field in particular."""
        after_this_request(_as_refused)
        self.form_errors = [message]
        return False


class ConfirmForm(VerifyForm):
    """The password again, before something that matters."""

    def validate(self, **_extra: Any) -> bool:
        """Whether this is the password of the person who is signed in."""
        self.user = current_user
        if is_own_password(current_user.account, str(self.password.data or "")):
            return True
        after_this_request(_as_refused)
        self.form_errors = [gettext(NOT_YOURS)]
        return False


def is_own_password(account: Account, password: str) -> bool:
    """Whether this is the password of whoever is signed in; counted and noted. **Raises** `TooMany`."""
    keys = count_try(account.email)
    if _matching(account.email, password)[0] is None:
        note_refused("account.confirm", account)
        return False
    limits.give_back(*keys)
    return True


def note_refused(action: str, account: Account | None) -> None:
    """Note a wrong password or code: of an account, or of nobody's."""
    practice_id, object_id = (account.practice_id, account.id) if account else (None, None)
    audit.note_alone(
        action, actor="stranger", practice_id=practice_id, object_id=object_id, result="refused", now=utcnow()
    )


def remember_source(address: str) -> None:
    """The account signed in from here: strangers elsewhere can no longer lock it out here."""
    limits.count(_known_key(address), window=KNOWN_FOR, now=utcnow())


def count_try(address: str) -> list[str]:
    """Count a try before its password is looked at, so that tries at the same time count too.

    Returns the counters, to be given back when the password was right.
    **Raises** `TooMany`.
    """
    now = utcnow()
    account = accounts.account_word(address)
    counters = []
    if not limits.counted(_known_key(address), now=now)[0]:
        counters.append((key_of("sign-in-account", account), TRIES_PER_ACCOUNT))
    if are_on():
        counters.append((key_of("sign-in", account, source()), TRIES))
        counters.append((key_of("sign-in-source", source()), TRIES_PER_SOURCE))
    for key, at_most in counters:
        limits.take(key, at_most=at_most, window=WINDOW, now=now)
    return [key for key, _ in counters]


def _known_key(address: str) -> str:
    return key_of("sign-in-known", accounts.account_word(address), source())


def _matching(address: str, password: str) -> tuple[Any, Account | None]:
    """The active account with this password, or None after the same work; and whose address it is."""
    password = accounts.normalised_password(password)
    user: Any = _datastore.find_user(email=address) if len(address) <= LONGEST_ADDRESS else None
    if user is None or len(password) > accounts.LONGEST:
        hash_password(password[: accounts.LONGEST])
        return None, user.account if user else None
    is_right = user.verify_and_update_password(password) and user.active
    return user if is_right else None, user.account


def _as_refused(response: Response) -> Response:
    response.status_code = 422 if response.status_code == 200 else response.status_code
    return response
