"""Appointment types as an owner edits them: checked, then stored."""

import re
import unicodedata
from dataclasses import dataclass, replace
from uuid import uuid4

from scheduler.domain.cancellation import terms_of
from scheduler.domain.errors import NotFound, Refused
from scheduler.domain.practice import AppointmentType, Approval, Audience, Mode, Texts, text
from scheduler.services import audit
from scheduler.services.desk import Desk
from scheduler.store import therapists, types
from scheduler.store.database import Transaction, transaction
from scheduler.store.secrets import new_token

SLUG_LIMIT = 40
CURRENCIES = ("EUR", "CAD", "USD", "CHF", "GBP")


@dataclass(frozen=True, slots=True)
class TypeForm:
    """A type as typed; seconds, `None` takes the ground rule."""

    names: Texts
    descriptions: Texts
    policy: Texts
    duration: int
    modes: tuple[str, ...]
    approval: str
    one_per_client: bool
    price_cents: int
    currency: str
    participants: int
    buffer_before: int
    buffer_after: int | None
    notice: int | None
    per_day_at_most: int | None
    therapist_slugs: tuple[str, ...]
    enabled: bool
    cancel_window: int = 0
    grace: int = 0
    late_fee_cents: int = 0
    audience: Audience = Audience.ALL


def find(desk: Desk, slug: str) -> AppointmentType:
    """The practice's type of this slug, also a disabled one. **Raises** `NotFound`."""
    for kind in desk.types:
        if kind.slug == slug:
            return kind
    raise NotFound("no such appointment type")


def add(desk: Desk, form: TypeForm, *, now: int) -> AppointmentType:
    """A new type, last in order. **Raises** `Refused` with problems by field."""
    _check(desk, form)
    fresh = AppointmentType(
        id=str(uuid4()),
        practice_id=desk.practice.id,
        slug=_free_slug(desk, text(form.names, desk.practice.language)),
        names={},
        descriptions={},
        duration=form.duration,
        modes=(),
        therapist_ids=(),
        position=max((kind.position for kind in desk.types), default=0) + 1,
    )
    with transaction() as tx:
        kind = _filled_in(tx, desk, fresh, form, now)
        types.add(tx, kind)
        _note(tx, desk, "type.add", kind.id, now)
    return kind


def save(desk: Desk, slug: str, form: TypeForm, *, now: int) -> None:
    """Change a type; what is booked keeps its time. **Raises** `Refused`, `NotFound`."""
    known = find(desk, slug)
    _check(desk, form)
    with transaction() as tx:
        kind = _filled_in(tx, desk, types.find(tx, desk.practice.id, known.id), form, now)
        types.save(tx, kind)
        _note(tx, desk, "type.save", kind.id, now)


def renew_link(desk: Desk, slug: str, *, now: int) -> None:
    """Another secret link for a type; the old one opens nothing any more. **Raises** `NotFound`."""
    known = find(desk, slug)
    with transaction() as tx:
        kind = types.find(tx, desk.practice.id, known.id)
        types.save(tx, replace(kind, access_key=new_token()))
        _note(tx, desk, "type.link", kind.id, now)


def _check(desk: Desk, form: TypeForm) -> None:
    problems: dict[str, str] = {}
    if not any(form.names.values()):
        problems[f"name-{desk.practice.language}"] = "Give the type a name that visitors understand"
    if not form.modes:
        problems["modes"] = "Choose at least one way to meet"
    if form.enabled and not form.therapist_slugs:
        problems["therapists"] = "Choose who offers it, or switch it off"
    if form.one_per_client and form.price_cents:
        problems["one_per_client"] = "Only a free appointment can be limited to one per new client"
    if form.late_fee_cents and not form.cancel_window:
        problems["cancel_window"] = "Say until when cancelling is free of charge"
    if form.cancel_window and not form.late_fee_cents:
        problems["late_fee"] = "Say what cancelling costs after that"
    if problems:
        raise Refused(problems)


def _filled_in(
    tx: Transaction, desk: Desk, kind: AppointmentType, form: TypeForm, now: int
) -> AppointmentType:
    """The stored type with the form's values; locks every calendar whose offer changes, in one order."""
    people = therapists.of_practice(tx, desk.practice.id)
    for person in sorted(people, key=lambda one: one.id):
        therapists.raise_revision(tx, person.id, now=now, hours=False)
    changed = replace(
        kind,
        names={language: words for language, words in form.names.items() if words},
        descriptions={language: words for language, words in form.descriptions.items() if words},
        duration=form.duration,
        modes=tuple(Mode(mode) for mode in form.modes),
        therapist_ids=tuple(one.id for one in people if one.slug in form.therapist_slugs),
        approval=Approval(form.approval),
        one_per_client=form.one_per_client,
        price_cents=form.price_cents,
        currency=form.currency,
        participants=form.participants,
        buffer_before=form.buffer_before,
        buffer_after=form.buffer_after,
        notice=form.notice,
        per_day_at_most=form.per_day_at_most,
        policy={language: words for language, words in form.policy.items() if words},
        enabled=form.enabled,
        cancel_window=form.cancel_window,
        grace=form.grace,
        late_fee_cents=form.late_fee_cents,
        audience=form.audience,
        access_key=kind.access_key or ("" if form.audience is not Audience.EXISTING else new_token()),
    )
    is_same = _accepted(changed) == _accepted(kind)
    return changed if is_same else replace(changed, policy_version=kind.policy_version + 1)


def _accepted(kind: AppointmentType) -> tuple[object, ...]:
    """What visitors accept when they book this type."""
    return dict(kind.policy), terms_of(kind)


def _free_slug(desk: Desk, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LIMIT].strip("-") or "type"
    taken = {kind.slug for kind in desk.types}
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _note(tx: Transaction, desk: Desk, action: str, object_id: str, now: int) -> None:
    audit.note(tx, action, actor=desk.actor, now=now, practice_id=desk.practice.id, object_id=object_id)
