"""What a visitor's form or API call may say, and the sentences for what it may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scheduler.domain import intake
from scheduler.domain.consents import NEWSLETTER
from scheduler.domain.errors import Refused
from scheduler.domain.intake import Question
from scheduler.domain.local_time import zone_info
from scheduler.domain.places import ELSEWHERE, is_call
from scheduler.domain.practice import AppointmentType, Mode, Practice, text
from scheduler.domain.text import NOTE_LENGTH, clean, is_name, one_line
from scheduler.services.contacts import BadContact, mail_address, mail_key, phone_key, phone_number
from scheduler.services.wording import negotiate

Short = Annotated[str, Field(max_length=320)]


class PersonForm(BaseModel):
    """A further person, for appointments of two."""

    model_config = ConfigDict(extra="forbid")
    name: Short
    email: Short
    phone: Short = ""
    language: Annotated[
        str, Field(max_length=320, description="Of this person's mails and pages; empty: the booking's")
    ] = ""


class BookingForm(BaseModel):
    """One booking as typed; all else the server knows by itself."""

    model_config = ConfigDict(extra="forbid")
    mode: Short = ""
    name: Short = ""
    email: Short = ""
    phone: Short = ""
    language: Short = ""
    zone: Short = ""
    note: Annotated[str, Field(max_length=4000)] = ""
    place: Annotated[
        str,
        Field(
            max_length=20,
            description="Where the visitor will be during a call: one of the type's `places`, or `elsewhere`",
        ),
    ] = ""
    answers: dict[Short, Annotated[str, Field(max_length=4000)]] = Field(
        default_factory=dict,
        max_length=40,
        description="To the type's `questions`, by their id: text, one of the choices, or `yes` or `no`",
    )
    consents: list[Short] = Field(default_factory=list, max_length=20)
    participants: list[PersonForm] = Field(default_factory=list, max_length=4)


class PageForm(BookingForm):
    """The same from our own page, which also asks in which ways it is safe to get in touch."""

    ways: list[Short] = Field(default_factory=list, max_length=10)


@dataclass(frozen=True, slots=True)
class Person:
    """A checked person: values as they are stored, keys as they are compared.

    `language` is that of the booking where it is empty.
    """

    name: str
    email: str
    phone: str
    language: str = ""

    @property
    def keys(self) -> tuple[str, str]:
        """Normal forms of address and number; the latter empty without a number."""
        return mail_key(self.email), phone_key(self.phone)

    @property
    def contacts(self) -> list[tuple[str, str]]:
        """(purpose, normal form) of each way to recognise the person."""
        email, phone = self.keys
        return [("email", email), *([("phone", phone)] if phone else [])]


@dataclass(frozen=True, slots=True)
class CheckedBooking:
    """A booking form that can be carried out. `answers`: question id -> (the question, the answer).

    `ways` are those of `CONTACT_WAYS` that are safe beside mail; None where nobody was asked.
    """

    mode: Mode
    language: str
    zone: str
    note: str
    consents: tuple[str, ...]
    people: tuple[Person, ...]
    place: str = ""
    ways: tuple[str, ...] | None = None
    wants_news: bool = False
    answers: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def extras(self) -> dict[str, str]:
        """Further answers, kept sealed with the person who gave them."""
        place = {"place": self.place} if self.place else {}
        return place | (contact_extras(self.ways) if self.ways is not None else {})


_UNKNOWN = "This is not part of the form"
_TOO_LONG = "Please make this shorter"
CONTACT_WAYS = ("text", "voicemail")
"""How somebody could be reached beside mail, as the keys of their extras; we ourselves only write mails."""

NOT_AGREED = "Please confirm that you accept the cancellation terms"


def check(
    raw: Mapping[str, Any],
    practice: Practice,
    kind: AppointmentType,
    *,
    places: Sequence[str] = (),
    questions: Sequence[Question] = (),
) -> CheckedBooking:
    """The form, normalised. **Raises** `Refused` with every problem at once, keyed by field.

    Where `places` are given, a call needs the place where the visitor will be. `questions` are those
    asked on the way; an answer to any other is a problem.
    """
    try:
        form = PageForm.model_validate(dict(raw))
    except ValidationError as error:
        raise Refused(_shape_problems(error)) from None
    problems: dict[str, str] = {}
    mode = _mode(form.mode, kind, problems)
    people = [_person(form.name, form.email, form.phone, practice, problems)]
    if mode is Mode.PHONE and not form.phone.strip():
        problems["phone"] = "Tell us which number to call"
    people += _further_people(form, practice, kind, people[0], problems)
    place = _place(form.place, places, mode, problems)
    language = negotiate(form.language, practice.languages)
    answers = _answers(form.answers, questions, language, problems)
    note = clean(form.note)
    if len(note) > NOTE_LENGTH:
        problems["note"] = "Please keep the note below 500 characters"
    missing = [key for key in needed_consents(kind) if key not in form.consents]
    for key in missing:
        problems["consents" if key == "privacy" else key] = (
            "Please confirm that you have read the privacy notice" if key == "privacy" else NOT_AGREED
        )
    if problems or mode is None:
        raise Refused(problems)
    return CheckedBooking(
        mode=mode,
        language=language,
        zone=zone_or(form.zone, practice.zone),
        note=note,
        consents=tuple(sorted({"privacy", *needed_consents(kind)})),
        people=tuple(people),
        place=place,
        ways=_ways(form.ways, mode, people[0]) if practice.asks_safe_contact else None,
        wants_news=practice.newsletter and NEWSLETTER in form.consents,
        answers=answers,
    )


def needed_consents(kind: AppointmentType) -> tuple[str, ...]:
    """The consent keys that a booking of this type must carry."""
    return ("privacy", "policy") if kind.has_terms else ("privacy",)


def contact_extras(ways: Sequence[str]) -> dict[str, str]:
    """What is kept of the answer: a plain yes or no for each way."""
    return {way: "yes" if way in ways else "no" for way in CONTACT_WAYS}


def zone_or(given: str, default: str) -> str:
    """The given IANA zone, or the default where it is empty or unknown here."""
    try:
        return zone_info(given).key if given else default
    except ValueError:
        return default


def _mode(given: str, kind: AppointmentType, problems: dict[str, str]) -> Mode | None:
    if not given and len(kind.modes) == 1:
        return kind.modes[0]
    if given in kind.modes:
        return Mode(given)
    problems["mode"] = "Choose how you would like to meet"
    return None


def _place(given: str, places: Sequence[str], mode: Mode | None, problems: dict[str, str]) -> str:
    """Where the visitor will be during a call; empty where nobody is asked."""
    if not places or mode is None or not is_call(mode):
        return ""
    if given not in (*places, ELSEWHERE):
        problems["place"] = "Tell us where you will be during the session"
    return given


def _ways(given: Sequence[str], mode: Mode, person: Person) -> tuple[str, ...] | None:
    """The ways that are safe; nobody is asked who gives no number."""
    if mode is not Mode.PHONE or not person.phone:
        return None
    return tuple(way for way in CONTACT_WAYS if way in given)


def _answers(
    given: Mapping[str, str], questions: Sequence[Question], language: str, problems: dict[str, str]
) -> dict[str, tuple[str, str]]:
    answers = intake.checked(questions, given, problems)
    for name in given.keys() - answers.keys():
        problems[f"answers.{name}"] = _UNKNOWN
    labels = {question.id: text(question.labels, language) for question in questions}
    return {name: (labels[name], words) for name, words in answers.items() if words}


def _person(
    name: str, email: str, phone: str, practice: Practice, problems: dict[str, str], prefix: str = ""
) -> Person:
    cleaned = one_line(name)
    if not cleaned:
        problems[f"{prefix}name"] = "Tell us what to call you"
    elif not is_name(cleaned):
        problems[f"{prefix}name"] = "Use letters only for the name, at most 80"
    address = number = ""
    try:
        address = mail_address(email)
    except BadContact as problem:
        problems[f"{prefix}email"] = str(problem)
    try:
        number = phone_number(phone, practice.country)
    except BadContact as problem:
        problems[f"{prefix}phone"] = str(problem)
    return Person(cleaned, address, number)


def _further_people(
    form: BookingForm, practice: Practice, kind: AppointmentType, first: Person, problems: dict[str, str]
) -> list[Person]:
    if len(form.participants) >= kind.participants:
        problems["participants"] = "This appointment is for fewer people"
        return []
    people: list[Person] = []
    for index, other in enumerate(form.participants):
        person = _person(other.name, other.email, other.phone, practice, problems, f"participants.{index}.")
        if person.email and person.keys[0] in [one.keys[0] for one in (first, *people) if one.email]:
            problems[f"participants.{index}.email"] = "Each person needs an email address of their own"
        spoken = negotiate(other.language, practice.languages) if other.language else ""
        people.append(replace(person, language=spoken))
    return people


def _shape_problems(error: ValidationError) -> dict[str, str]:
    problems = {}
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "form"
        problems[field] = {
            "extra_forbidden": _UNKNOWN,
            "string_too_long": _TOO_LONG,
            "too_long": _TOO_LONG,
        }.get(problem["type"], "This answer has the wrong form")
    return problems
