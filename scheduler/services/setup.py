"""Making practices, therapists, accounts and subscriptions from the command line."""

import re
from collections.abc import Mapping
from uuid import uuid4

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import NotFound, Refused
from scheduler.domain.local_time import zone_info
from scheduler.domain.practice import GroundRules, Practice, Therapist
from scheduler.domain.staff import Role
from scheduler.services.accounts import check_password, hash_password
from scheduler.services.contacts import BadContact, mail_address
from scheduler.store import accounts, schedule, subscriptions, therapists
from scheduler.store import practice as practices
from scheduler.store.database import Transaction, transaction
from scheduler.store.secrets import new_token, token_hash
from scheduler.store.subscriptions import Subscription

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
RESERVED = frozenset({"privacy"})
OFFICE_HOURS = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))


def add_practice(
    *,
    slug: str,
    name: str,
    zone: str,
    country: str,
    languages: tuple[str, ...],
    owner_email: str,
    password: str,
    now: int,
) -> Practice:
    """A new, unpublished practice with its owner's account. **Raises** `Refused`."""
    check_slug(slug)
    try:
        zone_info(zone)
    except ValueError:
        raise Refused({"zone": "This time zone is not known; use a name such as Europe/Paris"}) from None
    email = _address(owner_email)
    check_password(password, name, email)
    practice = bare_practice(slug, name, zone, country, languages, email)
    password_hash = hash_password(password)
    with transaction() as tx:
        if any(one.slug == slug for one in practices.every(tx)):
            raise Refused({"slug": "There is a practice of this name already"})
        practices.add(tx, practice)
        _account(tx, practice, None, Role.OWNER, name, email, password_hash, now)
    return practice


def add_therapist(
    practice_slug: str, *, slug: str, name: str, email: str, password: str, now: int
) -> Therapist:
    """A new therapist with office hours and an account. **Raises** `Refused`, `NotFound`."""
    check_slug(slug)
    address = _address(email)
    check_password(password, name, address)
    password_hash = hash_password(password)
    with transaction() as tx:
        practice = practices.by_slug(tx, practice_slug)
        others = therapists.of_practice(tx, practice.id, active_only=False)
        if any(one.slug == slug for one in others):
            raise Refused({"slug": "There is a therapist of this name already"})
        therapist = Therapist(
            id=str(uuid4()), practice_id=practice.id, slug=slug, name=name, email=address, calendar_revision=1
        )
        therapists.add(tx, therapist, position=len(others), now=now)
        schedule.replace_weekly(tx, therapist.id, office_hours())
        _account(tx, practice, therapist, Role.THERAPIST, name, address, password_hash, now)
    return therapist


def add_feed(email: str, level: FeedLevel, *, now: int) -> str:
    """A new calendar subscription for the therapist of this account; returns the token, once.

    **Raises** `NotFound`.
    """
    token = new_token()
    with transaction() as tx:
        account = accounts.find_user(tx, email=email)
        if account is None or account.therapist_id is None:
            raise NotFound("no therapist signs in with this address")
        subscription = Subscription(
            id=str(uuid4()),
            practice_id=account.practice_id,
            therapist_id=account.therapist_id,
            name="Command line",
            level=level,
            created_at=now,
        )
        subscriptions.add(tx, subscription, token_hash(token))
    return token


def check_slug(slug: str) -> None:
    """**Raises** `Refused` unless the slug can stand in an address."""
    if not SLUG.fullmatch(slug) or len(slug) > 60 or slug in RESERVED:
        raise Refused({"slug": "Use small letters, digits and single hyphens, for example room-to-think"})


def office_hours() -> list[WeeklySpan]:
    """Monday to Friday, 9 to 12 and 13 to 17: a start to edit."""
    return [WeeklySpan(weekday, start, end) for weekday in range(1, 6) for start, end in OFFICE_HOURS]


def bare_practice(
    slug: str, name: str, zone: str, country: str, languages: tuple[str, ...], email: str
) -> Practice:
    """A practice with nothing but its name; not published until a help line is set."""
    nothing: Mapping[str, str] = {}
    return Practice(
        id=str(uuid4()),
        slug=slug,
        name=name,
        tagline=nothing,
        zone=zone,
        languages=languages,
        country=country,
        email=email,
        phone="",
        address="",
        website="",
        sender="",
        sender_name=name,
        calendar_title=nothing,
        privacy=nothing,
        privacy_version=1,
        help_line=None,
        embed_origins=(),
        rules=GroundRules(),
    )


def _account(
    tx: Transaction,
    practice: Practice,
    therapist: Therapist | None,
    role: Role,
    name: str,
    email: str,
    password_hash: str,
    now: int,
) -> None:
    if accounts.find_user(tx, email=email) is not None:
        raise Refused({"email": "Somebody signs in with this address already"})
    accounts.add_user(
        tx,
        practice_id=practice.id,
        therapist_id=therapist.id if therapist else None,
        role=role,
        name=name,
        email=email,
        password_hash=password_hash,
        now=now,
    )


def _address(given: str) -> str:
    try:
        return mail_address(given)
    except BadContact as problem:
        raise Refused({"email": str(problem)}) from None
