"""The forms that take a password: same answer and same time for known and unknown addresses, with limits."""

import re
from typing import Any

from flask_security import LoginForm, VerifyForm, current_user
from flask_security.proxies import _datastore
from flask_security.utils import hash_password

from scheduler.clock import utcnow
from scheduler.services import accounts, limits
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
        self.user = _matching(address, password)
        if self.user is None:
            return self.refuse(
                gettext("This address and password do not belong together. Check both, then try again")
            )
        limits.give_back(*keys)
        limits.count(_known_key(address), window=KNOWN_FOR, now=utcnow())
        return True

    def csrf_is_valid(self) -> bool:
        """Whether the form came from this session."""
        field = getattr(self, "csrf_token", None)
        return field is None or bool(field.validate(self))

    def refuse(self, message: str) -> bool:
        """Say what to do, at no field in particular."""
        self.form_errors = [message]
        return False


class ConfirmForm(VerifyForm):
    """The password again, before something that matters."""

    def validate(self, **_extra: Any) -> bool:
        """Whether this is the password of the person who is signed in."""
        keys = count_try(current_user.email)
        self.user = _matching(current_user.email, str(self.password.data or ""))
        if self.user is None:
            self.form_errors = [gettext("This is not your password. Check it, then try again")]
            return False
        limits.give_back(*keys)
        return True


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


def _matching(address: str, password: str) -> Any:
    """The active account with this password, or None after the same work."""
    password = accounts.normalised_password(password)
    user = _datastore.find_user(email=address) if len(address) <= LONGEST_ADDRESS else None
    if user is None or len(password) > accounts.LONGEST:
        hash_password(password[: accounts.LONGEST])
        return None
    return user if user.verify_and_update_password(password) and user.active else None
