"""Mails as text and HTML: plain Jinja and the words of the reader's language, without Flask.

Templates lie in `templates/mail/<kind>/`; they hold no rule and no arithmetic,
so everything that a mail says is worked out here from domain values.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from scheduler.domain.appointment import Appointment, Participant, Status, promised_answer
from scheduler.domain.cancellation import Fee
from scheduler.domain.practice import AppointmentType, Mode, Practice, Therapist, text
from scheduler.domain.series import Series
from scheduler.services import directory, terms, wording

_PACKAGE = Path(__file__).resolve().parents[1]
_TEMPLATES = next(
    folder for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates") if folder.is_dir()
)
LINE_WIDTH = 70
_OF_ALL_DATES = frozenset({"series_booked", "therapist_series"})
_SOON_DAYS = 6
"""Up to this many days ahead a weekday's name alone says which day is meant."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one mail may speak of. `person` is None in a notice to the therapist.

    `facts` are what the outbox row fixed: `old_start` and `old_end` of a moved
    appointment, `by` (`practice` where it cancelled, `visitor` who ended a
    series), `note` in the therapist's own words, `has_note` where the visitor
    left a line for the therapist, `how` somebody did not say yes (`page`,
    `left`, empty for a calendar), and `gone`, the times of the dates that ended
    with a series. `series` is that of the appointment, `links` lead to its
    coming dates (appointment id -> link).
    `questions_link` leads to the practice's questions, where this person has some to answer.
    """

    kind: str
    language: str
    practice: Practice
    therapist: Therapist
    type: AppointmentType
    appointment: Appointment
    person: Participant | None
    link: str
    public_url: str
    now: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    series: Series | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    questions_link: str = ""
    may_skip_all: bool = True

    @property
    def zone(self) -> str:
        """The zone in which the reader thinks: the visitor's own where the two do not meet in person."""
        if self.person is None or self.appointment.mode is Mode.IN_PERSON:
            return self.practice.zone
        return self.appointment.visitor_zone or self.practice.zone

    @property
    def is_settled(self) -> bool:
        """Whether the appointment stands, so that the place may be told."""
        return self.appointment.status is Status.CONFIRMED


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words."""

    subject: str
    text: str
    html: str


def write(letter: Letter) -> Written:
    """The mail in its language. **Raises** `jinja2.TemplateError` where a template lacks a value."""
    return write_from(letter.kind, letter.language, _values(letter))


def write_from(kind: str, language: str, values: dict[str, Any]) -> Written:
    """The mail of this kind with these values. **Raises** `jinja2.TemplateError` where one is missing."""
    environment = _environment(wording.supported(language))
    values["language"] = wording.supported(language)
    values["direction"] = wording.direction(language)
    subject = environment.get_template(f"{kind}/subject.txt").render(values)
    values["subject"] = " ".join(subject.split())
    plain = environment.get_template(f"{kind}/body.txt").render(values)
    html = environment.get_template(f"{kind}/body.html").render(values)
    return Written(values["subject"], plain.strip() + "\n", html.strip() + "\n")


def meeting(letter: Letter) -> str:
    """How and where the two meet, as one sentence; no place before the appointment stands."""
    language, therapist = letter.language, letter.therapist.name
    mode = letter.appointment.mode
    if letter.person is None or not letter.is_settled:
        return f"{wording.mode_word(mode, language)}."
    if mode is Mode.IN_PERSON:
        address = one_line(letter.practice.address)
        return wording.gettext(language, "In person: %(address)s.", address=address)
    if mode is Mode.VIDEO and letter.therapist.video_link:
        return wording.gettext(language, "Video call: open the link below at that time.")
    if mode is Mode.VIDEO:
        return wording.gettext(language, "Video call: %(therapist)s sends you the link.", therapist=therapist)
    digits = _last_digits(letter.person.phone)
    if not digits and any(one.phone for one in letter.appointment.participants):
        return wording.gettext(language, "Phone call with %(name)s.", name=therapist)
    if not digits:
        return wording.gettext(language, "Phone call: %(therapist)s calls you.", therapist=therapist)
    return wording.gettext(
        language,
        "Phone call: %(therapist)s calls you on the number ending in %(digits)s.",
        therapist=therapist,
        digits=digits,
    )


def help_line(practice: Practice, language: str) -> dict[str, str] | None:
    """Where to turn today, as mails say it; None where the practice names nothing."""
    line = practice.help_line
    if line is None:
        return None
    return {"emergency": line.emergency, "talk": line.talk_in(language), "hours": line.hours_in(language)}


# ---- what the templates see ------------------------------------------------


def _values(letter: Letter) -> dict[str, Any]:
    appointment, practice, language = letter.appointment, letter.practice, letter.language
    shows_video = letter.is_settled and appointment.mode is Mode.VIDEO and letter.person is not None
    return {
        "name": letter.person.name if letter.person else letter.therapist.name,
        "therapist": letter.therapist.name,
        **_time(letter),
        **_dates(letter),
        "mode": wording.mode_word(appointment.mode, language),
        "meeting": meeting(letter),
        "video_link": letter.therapist.video_link if shows_video else "",
        "link": letter.link,
        "questions_link": letter.questions_link,
        "may_skip_all": letter.may_skip_all,
        "settings_link": f"{letter.public_url}/practice/settings",
        "book_link": directory.link_to_type(letter.public_url, practice, letter.type),
        "overview_link": f"{letter.public_url}/book/{practice.slug}/",
        "policy": _policy(letter),
        "is_late": appointment.terms is not None and appointment.terms.fee is Fee.DUE,
        "is_free": letter.type.price_cents == 0,
        "is_cancelled": appointment.status is Status.CANCELLED,
        "is_known": appointment.known_since is not None,
        "by_hand": appointment.by_hand,
        "by_practice": letter.facts.get("by") == "practice",
        "by_visitor": letter.facts.get("by") == "visitor",
        "note": str(letter.facts.get("note") or ""),
        "has_note": bool(letter.facts.get("has_note")),
        "how": str(letter.facts.get("how") or ""),
        "help": help_line(practice, language),
        "address": one_line(practice.address),
        "phone": practice.phone,
    }


def _policy(letter: Letter) -> str:
    """What was accepted about cancelling, then the practice's own words."""
    accepted = terms.of_appointment(letter.appointment, at=None, zone=letter.zone, language=letter.language)
    return " ".join(words for words in (accepted, text(letter.type.policy, letter.language)) if words)


def _time(letter: Letter) -> dict[str, str]:
    appointment, zone, language = letter.appointment, letter.zone, letter.language
    start, end = appointment.start, appointment.end
    city = wording.zone_city(zone, language)
    abbreviation = wording.zone_abbreviation(start, zone)
    values = {
        "day": wording.day_full(start, zone, language),
        "day_long": wording.day_long(start, zone, language),
        "clock": wording.clock(start, zone, language),
        "times": wording.time_range(start, end, zone, language),
        "zone": city if abbreviation == city else f"{city} ({abbreviation})",
        "relative": wording.relative_days(start, letter.now, zone, language),
        "until": _until(start, letter.now, zone, language),
        "old_day": "",
        "old_clock": "",
        "answer_day": "",
        "answer_clock": "",
    }
    for name, at in (("old", letter.facts.get("old_start")), ("answer", _answer_by(letter))):
        if at is not None:
            values[f"{name}_day"] = wording.day_full(at, zone, language)
            values[f"{name}_clock"] = wording.clock(at, zone, language)
    return values


def _dates(letter: Letter) -> dict[str, Any]:
    """The dates of a series that lie ahead, and those that ended with it."""
    zone, language = letter.zone, letter.language
    coming = letter.series.coming(letter.now) if letter.series else ()
    times = [(one.start, one.end, letter.links.get(one.id, "")) for one in coming]
    gone = [(start, end, "") for start, end in letter.facts.get("gone", ())]
    dates, ended = (
        [
            {
                "day": wording.sentence(wording.day_long(start, zone, language)),
                "times": wording.time_range(start, end, zone, language),
                "link": link,
            }
            for start, end, link in listed
        ]
        for listed in (times, gone)
    )
    weeks = letter.series.rhythm.weeks if letter.series else 1
    found: dict[str, Any] = {"dates": dates, "gone": ended, "rhythm": wording.rhythm(weeks, language)}
    left = {start for start, _, _ in gone}
    whole = letter.series.appointments if letter.series else ()
    found["has_late"] = any(one.start in left and one.terms and one.terms.fee is Fee.DUE for one in whole)
    letters = {wording.zone_abbreviation(start, zone) for start, _, _ in times}
    if letter.kind in _OF_ALL_DATES and len(letters) > 1:
        found["zone"] = wording.zone_city(zone, language)  # clocks change between the dates
    return found


def _answer_by(letter: Letter) -> int | None:
    """Until when a request is answered. Visitors read the promise, which is the same for everybody."""
    appointment = letter.appointment
    if appointment.status is not Status.REQUESTED:
        return None
    if letter.person is None:
        return appointment.expires_at
    since = appointment.changed_at if letter.kind == "moved" else appointment.created_at
    return promised_answer(letter.practice, letter.type, appointment.start, since=since)


def _until(start: int, now: int, zone: str, language: str) -> str:
    if 0 < start - now < _SOON_DAYS * 86400:
        return wording.gettext(language, "Until %(weekday)s,", weekday=wording.weekday(start, zone, language))
    return wording.gettext(language, "Until then,")


def _last_digits(phone: str) -> str:
    digits = [character for character in phone if character.isdecimal()]
    return "".join(digits[-2:])


def one_line(address: str) -> str:
    """A postal address without line breaks."""
    return ", ".join(part.strip() for part in address.splitlines() if part.strip()).rstrip(".")


# ---- Jinja -----------------------------------------------------------------


@lru_cache(maxsize=8)
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES / "mail"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    catalogue = wording.translations(language)
    # Jinja's extension adds this method; its types do not know.
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # added by Jinja's extension
    environment.filters.update(wrapped=_wrapped, sentence=wording.sentence, telephone=_telephone)
    return environment


def _wrapped(paragraph: str, indent: int = 0) -> str:
    """The paragraph in lines of at most 70 characters; links stay whole."""
    margin = " " * indent
    lines = textwrap.wrap(
        paragraph,
        LINE_WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _telephone(number: str) -> str:
    """The number as a `tel:` address has it."""
    return "".join(character for character in number if character.isdecimal() or character == "+")
