"""What an owner sets for the whole practice: who it is, its ground rules, its help line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from scheduler.domain.errors import Refused
from scheduler.domain.practice import GroundRules, HelpLine, Practice, Texts
from scheduler.services import audit
from scheduler.services.contacts import BadContact, mail_address
from scheduler.services.desk import Desk
from scheduler.services.wording import SUPPORTED, regional
from scheduler.store import practice as practices
from scheduler.store import therapists
from scheduler.store.database import Transaction, transaction

MOST_ORIGINS = 20
_NO_EMERGENCY = "Give the emergency number: without it the pages cannot be public"
_NO_PRIVACY = "Tell visitors what happens with what they type"
_NUMBER = re.compile(r"\+?[0-9][0-9 ().\-]{1,24}")


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything of the settings page as typed; texts by language tag, origins one a line."""

    name: str
    tagline: Texts
    address: str
    phone: str
    website: str
    email: str
    sender_name: str
    calendar_title: Texts
    privacy: Texts
    emergency: str
    talk: str
    other_talks: Texts
    talk_hours: Texts
    origins: str


def save_rules(desk: Desk, rules: GroundRules, *, now: int) -> None:
    """New ground rules: they hold for what is booked from now on."""
    with transaction() as tx:
        _lock(tx, desk, now)
        current = practices.find(tx, desk.practice.id)
        practices.save(tx, replace(current, rules=rules))
        _note(tx, desk, "rules.save", now)


def save_profile(desk: Desk, profile: Profile, *, now: int) -> None:
    """New settings. **Raises** `Refused` with problems by field; nothing is saved then."""
    problems, origins = _check(profile)
    if problems:
        raise Refused(problems)
    with transaction() as tx:
        _lock(tx, desk, now)
        current = practices.find(tx, desk.practice.id)
        practices.save(tx, _changed(current, profile, origins))
        _note(tx, desk, "settings.save", now)


def publish(desk: Desk, *, now: int) -> None:
    """Show the booking pages to everybody. **Raises** `Refused` without help line or privacy notice."""
    problems: dict[str, str] = {}
    if desk.practice.help_line is None:
        problems["emergency"] = _NO_EMERGENCY
    if not any(desk.practice.privacy.values()):
        problems["privacy"] = _NO_PRIVACY
    if problems:
        raise Refused(problems)
    _set(desk, "settings.publish", now, published=True)


def withdraw(desk: Desk, *, now: int) -> None:
    """Take the booking pages away; what is booked stays."""
    _set(desk, "settings.withdraw", now, published=False)


def pause(desk: Desk, until: int, *, now: int) -> None:
    """Take no bookings until an instant. **Raises** `Refused` for one that is over."""
    if until <= now:
        raise Refused({"until": "Choose a later day"})
    _set(desk, "settings.pause", now, paused_until=until)


def resume(desk: Desk, *, now: int) -> None:
    """Take bookings again."""
    _set(desk, "settings.resume", now, paused_until=None)


def tell_website(desk: Desk, wanted: bool, *, now: int) -> None:
    """Whether websites hear of steps and bookings; they never learn who books, or what."""
    _set(desk, "settings.tell_website", now, tells_website=wanted)


def keep_waiting_list(desk: Desk, wanted: bool, *, now: int) -> None:
    """Whether people can join the waiting list; who waits already keeps the place."""
    _set(desk, "settings.waiting_list", now, waiting_list=wanted)


def offer_newsletter(desk: Desk, wanted: bool, *, now: int) -> None:
    """Whether visitors can ask for the newsletter; who reads it already stays on the list."""
    _set(desk, "settings.newsletter", now, newsletter=wanted)


def ask_safe_contact(desk: Desk, wanted: bool, *, now: int) -> None:
    """Whether visitors are asked if text messages and voicemail are safe for them."""
    _set(desk, "settings.safe_contact", now, asks_safe_contact=wanted)


def offer_languages(desk: Desk, own: str, others: Iterable[str], *, now: int) -> None:
    """In which languages visitors can read; what was written in a language that goes stays for its return.

    `own` comes first, the others as we list them. **Raises** `Refused` for a language that we lack.
    """
    if own not in SUPPORTED:
        raise Refused({"own": "Choose from the list"})
    wanted = [own, *(language for language in SUPPORTED if language != own and language in set(others))]
    practice = desk.practice
    written = (*practice.privacy, *practice.tagline, *practice.calendar_title, *practice.languages)
    known = {tag.split("-")[0]: tag for tag in written}
    tags = tuple(known.get(language) or regional(language, practice.country) for language in wanted)
    _set(desk, "settings.languages", now, languages=tags)


def origin(given: str) -> str:
    """An address as an origin: `https://www.example.org/contact` gives `https://www.example.org`.

    **Raises** `ValueError` for anything without a plain http(s) host.
    """
    parts = urlsplit(given if "://" in given else f"https://{given}")
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.-]+", host) or parts.username:
        raise ValueError("not the address of a website")
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _check(profile: Profile) -> tuple[dict[str, str], tuple[str, ...]]:
    problems: dict[str, str] = {}
    if not profile.name:
        problems["name"] = "Tell visitors the name of the practice"
    problems |= _check_help_line(profile)
    try:
        mail_address(profile.email)
    except BadContact as problem:
        problems["email"] = str(problem)
    if not any(profile.privacy.values()):
        problems["privacy"] = _NO_PRIVACY
    origins: list[str] = []
    for line in profile.origins.split():
        try:
            origins.append(origin(line.lower()))
        except ValueError:
            problems["origins"] = "Write each website as https://www.example.org, one a line"
    if len(origins) > MOST_ORIGINS:
        problems["origins"] = "List 20 websites at most"
    return problems, tuple(dict.fromkeys(origins))


def _check_help_line(profile: Profile) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not _NUMBER.fullmatch(profile.emergency):
        problems["emergency"] = _NO_EMERGENCY
    if not _NUMBER.fullmatch(profile.talk):
        problems["talk"] = "Give the number of a free talk line: without it the pages cannot be public"
    for tag, number in profile.other_talks.items():
        if number and not _NUMBER.fullmatch(number):
            problems[f"other_talk-{tag}"] = "Write a phone number, or leave this empty"
    return problems


def _changed(current: Practice, profile: Profile, origins: tuple[str, ...]) -> Practice:
    privacy = _filled(profile.privacy, current.privacy)
    line = current.help_line or HelpLine("", "", {})
    return replace(
        current,
        name=profile.name,
        tagline=_filled(profile.tagline, current.tagline),
        address=profile.address,
        phone=profile.phone,
        website=profile.website,
        email=mail_address(profile.email),
        sender_name=profile.sender_name,
        calendar_title=_filled(profile.calendar_title, current.calendar_title),
        privacy=privacy,
        privacy_version=current.privacy_version + int(privacy != dict(current.privacy)),
        help_line=HelpLine(
            profile.emergency,
            profile.talk,
            _filled(profile.talk_hours, line.hours),
            _filled(profile.other_talks, line.talks),
        ),
        embed_origins=origins,
    )


def _filled(typed: Texts, before: Texts) -> Mapping[str, str]:
    """What was typed, and what stands in languages that are not offered now."""
    kept = {language: words for language, words in before.items() if language not in typed}
    return {language: words for language, words in {**typed, **kept}.items() if words}


def _set(desk: Desk, action: str, now: int, **changes: bool | int | tuple[str, ...] | None) -> None:
    with transaction() as tx:
        _lock(tx, desk, now)
        practices.save(tx, replace(practices.find(tx, desk.practice.id), **changes))  # type: ignore[arg-type]  # the callers' keywords are the fields
        _note(tx, desk, action, now)


def _lock(tx: Transaction, desk: Desk, now: int) -> None:
    """What can be booked changes for everybody: raise all revisions, always in the same order."""
    for therapist in sorted(therapists.of_practice(tx, desk.practice.id), key=lambda one: one.id):
        therapists.raise_revision(tx, therapist.id, now=now, hours=False)


def _note(tx: Transaction, desk: Desk, action: str, now: int) -> None:
    audit.note(
        tx,
        action,
        actor=desk.actor,
        now=now,
        practice_id=desk.practice.id,
        object_id=desk.practice.id,
    )
