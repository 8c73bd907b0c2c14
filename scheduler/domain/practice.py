"""What a practice offers: therapists, appointment types, texts per language, ground rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

from scheduler.domain.slots import SlotRule

Texts = Mapping[str, str]
"""A text per language tag, as the practice wrote it."""


class Mode(StrEnum):
    """How the two meet."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"


class Approval(StrEnum):
    """Whether a booking stands at once or waits for the therapist's answer."""

    INSTANT = "instant"
    REQUEST = "request"


class Audience(StrEnum):
    """For whom a type is. Types for existing clients are shown nowhere and open by a secret link."""

    ALL = "all"
    NEW = "new"
    EXISTING = "existing"


class TherapistMail(StrEnum):
    """What the therapist gets by mail about each appointment."""

    NOTICE = "notice"
    INVITATION = "invitation"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Where to turn today, on every visitor page and mail. `hours` per language ("free, day and night").

    `talks` are the numbers of talk lines for readers of a language, where it is not `talk`.
    """

    emergency: str
    talk: str
    hours: Texts
    talks: Texts = field(default_factory=dict)

    def talk_in(self, language: str) -> str:
        """The talk line for readers of a language."""
        return in_own_words(self.talks, language) or self.talk

    def hours_in(self, language: str) -> str:
        """When it answers, in the reader's own language or not at all."""
        return in_own_words(self.hours, language)


@dataclass(frozen=True, slots=True)
class GroundRules:
    """Practice-wide defaults; seconds, except `horizon_days`. A type may override each but the last two."""

    buffer_after: int = 0
    notice: int = 24 * 3600
    horizon_days: int = 56
    step: int = 15 * 60
    answer_within: int = 48 * 3600
    per_day_at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice of the installation; every query is scoped by its id."""

    id: str
    slug: str
    name: str
    tagline: Texts
    zone: str
    languages: tuple[str, ...]
    country: str
    email: str
    phone: str
    address: str
    website: str
    sender: str
    sender_name: str
    calendar_title: Texts
    privacy: Texts
    privacy_version: int
    help_line: HelpLine | None
    embed_origins: tuple[str, ...]
    rules: GroundRules
    paused_until: int | None = None
    published: bool = False
    tells_website: bool = False
    waiting_list: bool = True
    newsletter: bool = False
    asks_safe_contact: bool = False

    @property
    def language(self) -> str:
        """The practice's own language: the first it lists."""
        return self.languages[0]

    @property
    def discreet_name(self) -> str:
        """The name for mails and page titles, which others may see: the one chosen for that, else its own."""
        return self.sender_name or self.name


@dataclass(frozen=True, slots=True)
class Therapist:
    """A person who sees clients. `calendar_revision` rises with every change of what can be booked.

    `spoken` are language tags, `practising_since` a year; `places` are codes of where a client may be
    during a call (`CA-QC`, `DE`), none of them meaning anywhere.
    """

    id: str
    practice_id: str
    slug: str
    name: str
    email: str
    calendar_revision: int
    active: bool = True
    mail: TherapistMail = TherapistMail.INVITATION
    video_link: str = ""
    credentials: Texts = field(default_factory=dict)
    approach: Texts = field(default_factory=dict)
    spoken: tuple[str, ...] = ()
    practising_since: int | None = None
    places: tuple[str, ...] = ()

    @property
    def has_profile(self) -> bool:
        """Whether there is anything to read about this person beside the name."""
        texts = (*self.credentials.values(), *self.approach.values())
        return any(texts) or bool(self.spoken) or self.practising_since is not None


@dataclass(frozen=True, slots=True)
class AppointmentType:
    """What can be booked. Seconds; `None` takes the practice's ground rule. `price_cents == 0` is free.

    Cancelling costs `late_fee_cents` later than `cancel_window` before the start, but not within
    `grace` of booking. `access_key` opens a type for existing clients.
    """

    id: str
    practice_id: str
    slug: str
    names: Texts
    descriptions: Texts
    duration: int
    modes: tuple[Mode, ...]
    therapist_ids: tuple[str, ...]
    approval: Approval = Approval.INSTANT
    one_per_client: bool = False
    price_cents: int = 0
    currency: str = "EUR"
    participants: int = 1
    buffer_before: int = 0
    buffer_after: int | None = None
    step: int | None = None
    notice: int | None = None
    horizon_days: int | None = None
    per_day_at_most: int | None = None
    policy: Texts = field(default_factory=dict)
    policy_version: int = 1
    enabled: bool = True
    position: int = 0
    audience: Audience = Audience.ALL
    access_key: str = field(default="", repr=False)
    cancel_window: int = 0
    grace: int = 0
    late_fee_cents: int = 0

    @property
    def is_shown(self) -> bool:
        """Whether it stands on the public pages: types for existing clients do not."""
        return self.audience is not Audience.EXISTING

    def opens_with(self, key: str) -> bool:
        """Whether a visitor with this key, perhaps an empty one, may see and book it."""
        if self.is_shown:
            return True
        given, own = (sha256(word.encode()).digest() for word in (key, self.access_key))
        return compare_digest(given, own) and bool(self.access_key)

    @property
    def has_late_fee(self) -> bool:
        """Whether cancelling late costs something."""
        return self.cancel_window > 0 and self.late_fee_cents > 0

    @property
    def has_terms(self) -> bool:
        """Whether visitors accept something when they book this."""
        return self.has_late_fee or any(self.policy.values())

    def rule(self, rules: GroundRules) -> SlotRule:
        """The slot rule of this type in a practice with these ground rules."""
        return SlotRule(
            duration=self.duration,
            buffer_before=self.buffer_before,
            buffer_after=_first(self.buffer_after, rules.buffer_after),
            step=_first(self.step, rules.step),
            notice=_first(self.notice, rules.notice),
            horizon_days=_first(self.horizon_days, rules.horizon_days),
        )


def in_own_words(texts: Texts, language: str) -> str:
    """The text in the language (`fr` also finds `fr-CA`), else nothing."""
    primary = language.partition("-")[0]
    known = {tag.partition("-")[0]: words for tag, words in texts.items() if words}
    return texts.get(language) or known.get(primary, "")


def text(texts: Texts, language: str, fallback: str = "") -> str:
    """The text in the language, else in the first language that has one, else `fallback`."""
    return texts.get(language) or next((value for value in texts.values() if value), fallback)


def _first(value: int | None, default: int) -> int:
    return default if value is None else value
