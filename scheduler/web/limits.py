"""Limits per source, shared by all processes through the database (or Redis, by setting).

The `limits` library counts; its Flask extension is not used, because it looks
its rules up for every page that is only read.
"""

import hmac
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, current_app, request
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from scheduler.clock import utcnow
from scheduler.domain.errors import StoreBusy, TooMany
from scheduler.services import limits
from scheduler.settings import Settings
from scheduler.web import errors
from scheduler.web.security import SAFE_METHODS, SECRETS

CHANGES = (RateLimitItemPerMinute(300), RateLimitItemPerHour(3000))
"""How many changes one source may send. What a person may book is a rule of booking, not of this module."""

WRONG_LINKS = 60
WRONG_LINKS_WINDOW = 600
"""After so many wrong secret links in so many seconds a source gets 429."""


SWITCH = "LIMITS_PER_SOURCE"


class DatabaseStorage(Storage):
    """Counters in our own table, for the `limits` library."""

    STORAGE_SCHEME = ["scheduler"]  # noqa: RUF012 -- how the library asks for it

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a counter that cannot be reached raises."""
        return StoreBusy

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return the count."""
        return limits.count(key, window=expiry, now=utcnow(), amount=amount)[0]

    def get(self, key: str) -> int:
        """The count."""
        return limits.counted(key, now=utcnow())[0]

    def get_expiry(self, key: str) -> float:
        """The instant at which the count starts anew."""
        return limits.counted(key, now=utcnow())[1]

    def check(self) -> bool:
        """Whether the counters can be read."""
        try:
            limits.counted("check", now=utcnow())
        except StoreBusy:
            return False
        return True

    def reset(self) -> int:
        """Forget all counters."""
        return limits.clear()

    def clear(self, key: str) -> None:
        """Forget one counter."""
        limits.clear(key)


def source() -> str:
    """Whom a request comes from: the address of the peer, an IPv6 one by its /64 network."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def key_of(kind: str, *parts: str) -> str:
    """A counter's key that tells nobody the address it is about."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return f"{kind}:{hmac.new(secret, chr(31).join(parts).encode(), sha256).hexdigest()[:32]}"


def are_on() -> bool:
    """Whether limits per source apply; only a demo can switch them off."""
    return bool(current_app.config[SWITCH])


def init_app(app: Flask, settings: Settings) -> None:
    """Count changes per source, and wrong secret links."""
    app.config[SWITCH] = settings.rate_limits
    counters = FixedWindowRateLimiter(storage_from_string(settings.redis_url or "scheduler://"))

    @app.before_request
    def count_changes() -> None:
        if request.method in SAFE_METHODS or not are_on():
            return
        key = key_of("changes", source())
        for limit in CHANGES:
            if not counters.hit(limit, key):
                starts_anew_at, _ = counters.get_window_stats(limit, key)
                raise TooMany(retry_after=max(1, int(starts_anew_at) - utcnow()))

    app.after_request(_count_wrong_links)


def _count_wrong_links(response: Response) -> Response:
    """Guessing a link of 256 bits is hopeless; this ends the noise of trying."""
    if response.status_code != 404 or not SECRETS & (request.view_args or {}).keys() or not are_on():
        return response
    key = key_of("wrong-link", source())
    try:
        limits.take(key, at_most=WRONG_LINKS, window=WRONG_LINKS_WINDOW, now=utcnow())
    except TooMany as refusal:
        response = errors.tell(errors.answer_of(refusal))
        response.headers["Retry-After"] = str(refusal.retry_after)
    except StoreBusy:
        pass
    return response
