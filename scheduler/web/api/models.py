"""The shapes of questions and answers. Answers to strangers have no place for a person."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from scheduler.domain import places
from scheduler.domain.appointment import Status
from scheduler.domain.cancellation import Terms, terms_of
from scheduler.domain.intake import Kind, Question, at_booking, options
from scheduler.domain.local_time import rfc3339
from scheduler.domain.practice import AppointmentType, Mode, Practice, Therapist, text
from scheduler.services.forms import BookingForm, needed_consents
from scheduler.services.manage import Managed
from scheduler.web.api.reading import INSTANT

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-06-03T14:30:00Z"])]
GivenInstant = Annotated[str, Field(pattern=INSTANT, examples=["2026-06-03T14:30:00Z"])]


class Answer(BaseModel):
    """What the API says; it has the listed keys and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TherapistAnswer(Answer):
    """Somebody who can be booked, and what this person tells about themselves; empty where nothing."""

    slug: str
    name: str
    credentials: str = Field(description="Licence, title or training")
    approach: str = Field(description="How this person works")
    languages: list[str] = Field(description="Spoken in appointments, as language tags such as fr")
    practising_since: int | None = Field(description="The year; null where it is not said")

    @classmethod
    def of(cls, therapist: Therapist, language: str) -> "TherapistAnswer":
        """The answer about a therapist, in a language."""
        return cls(
            slug=therapist.slug,
            name=therapist.name,
            credentials=text(therapist.credentials, language),
            approach=text(therapist.approach, language),
            languages=list(therapist.spoken),
            practising_since=therapist.practising_since,
        )


class Price(Answer):
    """What an appointment costs, in the smallest unit of the currency."""

    cents: int
    currency: str


class Cancellation(Answer):
    """What cancelling costs when. It is possible until the start in any case."""

    free_until_minutes: int = Field(description="Free of charge until so many minutes before the start")
    grace_minutes: int = Field(description="Also free so many minutes after booking")
    late_fee: Price

    @classmethod
    def of(cls, terms: Terms) -> "Cancellation":
        """The answer about terms."""
        fee = Price(cents=terms.fee_cents, currency=terms.currency)
        return cls(free_until_minutes=terms.window // 60, grace_minutes=terms.grace // 60, late_fee=fee)


class QuestionAnswer(Answer):
    """A question of the practice's own. One of `choices` answers a choice, `yes` or `no` a yes_no."""

    id: str
    kind: Kind
    question: str
    purpose: str = Field(description="What the answer is used for; show it beside the question")
    choices: list[str]
    required: bool

    @classmethod
    def of(cls, question: Question, language: str) -> "QuestionAnswer":
        """The answer about a question, in a language."""
        return cls(
            id=question.id,
            kind=question.kind,
            question=text(question.labels, language),
            purpose=text(question.purposes, language),
            choices=list(options(question, language)),
            required=question.required,
        )


class TypeAnswer(Answer):
    """Something that can be booked. `price` is null when it is free."""

    slug: str
    name: str
    description: str
    duration_minutes: int
    modes: list[Mode]
    approval: Literal["instant", "request"]
    price: Price | None
    participants: int = Field(description="How many people it is for, at most")
    therapists: list[str] = Field(description="Slugs of who offers it")
    consents: list[str] = Field(description="Keys that a booking must carry in `consents`")
    questions: list[QuestionAnswer] = Field(
        description="What the practice asks on the way to this booking; answers go into `answers`"
    )
    places: list[str] = Field(
        description="Where a visitor may be during a call, such as CA-QC or DE; a booking by phone or video"
        " then carries one of them, or `elsewhere`, in `place`. Empty: nobody is asked"
    )
    policy: str = Field(description="The cancellation policy; empty without one")
    cancellation: Cancellation | None = Field(description="Null where cancelling never costs anything")

    @classmethod
    def of(
        cls, kind: AppointmentType, people: list[Therapist], questions: Iterable[Question], language: str
    ) -> "TypeAnswer":
        """The answer about a type, in a language; `questions` are all of the practice."""
        terms = terms_of(kind)
        return cls(
            slug=kind.slug,
            name=text(kind.names, language),
            description=text(kind.descriptions, language),
            duration_minutes=kind.duration // 60,
            modes=list(kind.modes),
            approval=kind.approval.value,
            price=Price(cents=kind.price_cents, currency=kind.currency) if kind.price_cents else None,
            participants=kind.participants,
            therapists=[person.slug for person in people if person.id in kind.therapist_ids],
            consents=list(needed_consents(kind)),
            questions=[QuestionAnswer.of(one, language) for one in at_booking(questions, kind.id)],
            places=list(places.asked(kind, people)),
            policy=text(kind.policy, language),
            cancellation=Cancellation.of(terms) if terms else None,
        )


class PracticeAnswer(Answer):
    """A practice and what it offers, in one of its languages."""

    slug: str
    name: str
    zone: str
    language: str
    languages: list[str]
    therapists: list[TherapistAnswer]
    types: list[TypeAnswer]

    @classmethod
    def of(
        cls,
        practice: Practice,
        people: list[Therapist],
        kinds: list[AppointmentType],
        questions: Iterable[Question],
        language: str,
    ) -> "PracticeAnswer":
        """The answer about a practice, in a language."""
        return cls(
            slug=practice.slug,
            name=practice.name,
            zone=practice.zone,
            language=language,
            languages=list(practice.languages),
            therapists=[TherapistAnswer.of(person, language) for person in people],
            types=[TypeAnswer.of(kind, people, questions, language) for kind in kinds],
        )


class SlotsAnswer(Answer):
    """The free times, in order. `therapists` (when asked for) says who is free at each."""

    zone: str
    duration_minutes: int
    slots: list[Instant]
    therapists: dict[str, list[str]] = Field(default_factory=dict)


class BookingRequest(BookingForm):
    """A booking: which time, how to meet, and whom to write to."""

    type: Annotated[str, Field(max_length=60, description="Slug of the appointment type")]
    start: GivenInstant
    therapist: Annotated[str, Field(max_length=60, description="Slug; left out for any therapist")] = ""
    name: Annotated[str, Field(max_length=320)]
    email: Annotated[str, Field(max_length=320)]


class MoveRequest(BaseModel):
    """The new time."""

    model_config = ConfigDict(extra="forbid")
    start: GivenInstant


class CancelRequest(BaseModel):
    """A word to the therapist, if you like."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(max_length=500)] = ""


class BookedAnswer(Answer):
    """What came of a booking; `manage_url` is the secret page to see, move and cancel it."""

    uid: str
    status: Status = Field(description="confirmed or requested; asked again later, how it stands by then")
    start: Instant
    end: Instant
    therapist: str
    manage_url: str


class AppointmentAnswer(Answer):
    """An appointment as whoever has its link may see it: no name, address, number or note."""

    uid: str
    status: Status
    start: Instant
    end: Instant
    practice: str
    type: str
    therapist: str
    mode: Mode
    zone: str = Field(description="The practice's time zone")
    answer_by: Instant | None = Field(description="Until when a request is answered")
    can_move: bool
    can_cancel: bool
    free_until: Instant | None = Field(description="Until when cancelling is free; null if it always is")

    @classmethod
    def of(cls, found: Managed) -> "AppointmentAnswer":
        """The answer about an appointment."""
        appointment, terms = found.appointment, found.appointment.terms
        begins, made = appointment.start, appointment.created_at
        return cls(
            uid=appointment.uid,
            status=appointment.status,
            start=rfc3339(appointment.start),
            end=rfc3339(appointment.end),
            practice=found.practice.slug,
            type=found.kind.slug,
            therapist=found.therapist.slug,
            mode=appointment.mode,
            zone=found.practice.zone,
            answer_by=rfc3339(found.answer_by) if found.answer_by is not None else None,
            can_move=found.can_move,
            can_cancel=found.can_cancel,
            free_until=rfc3339(terms.free_until(start=begins, booked_at=made)) if terms else None,
        )


class FieldProblem(Answer):
    """What is wrong with one value."""

    field: str
    message: str


class Problem(BaseModel):
    """Why something was not done; `code` is stable, texts are for people. **Source** RFC 9457."""

    model_config = ConfigDict(extra="forbid")
    type: str
    title: str
    status: int
    code: str
    detail: str
    number: str = Field(description="Names this answer in the operator's log")
    errors: list[FieldProblem] = Field(default_factory=list, description="Only with validation_failed")
    slots: list[Instant] = Field(default_factory=list, description="With slot_taken: free times close by")
