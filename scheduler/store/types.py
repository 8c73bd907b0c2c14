"""Appointment types and who offers them."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from scheduler.domain.errors import NotFound
from scheduler.domain.practice import AppointmentType, Approval, Audience, Mode
from scheduler.store import practice
from scheduler.store.database import Transaction, vault_of
from scheduler.store.secrets import Place
from scheduler.store.tables import AppointmentTypeRow, TherapistRow, TypeTherapistRow, table

_types = table(AppointmentTypeRow)
_offers = table(TypeTherapistRow)
_therapists = table(TherapistRow)

_PLAIN = (
    "names",
    "descriptions",
    "duration",
    "one_per_client",
    "price_cents",
    "currency",
    "participants",
    "buffer_before",
    "buffer_after",
    "step",
    "notice",
    "horizon_days",
    "per_day_at_most",
    "policy",
    "policy_version",
    "enabled",
    "position",
    "cancel_window",
    "grace",
    "late_fee_cents",
)


def of_practice(tx: Transaction, practice_id: str, *, enabled_only: bool = False) -> list[AppointmentType]:
    """The practice's types in their order, each with its active therapists in theirs."""
    query = select(_types).where(_types.c.practice_id == practice_id)
    if enabled_only:
        query = query.where(_types.c.enabled)
    rows = tx.execute(query.order_by(_types.c.position, _types.c.slug)).all()
    offered: dict[str, list[str]] = {}
    pairs = (
        select(_offers.c.type_id, _offers.c.therapist_id)
        .join(_therapists, _therapists.c.id == _offers.c.therapist_id)
        .where(_therapists.c.practice_id == practice_id, _therapists.c.active)
        .order_by(_therapists.c.position, _therapists.c.slug)
    )
    for type_id, therapist_id in tx.execute(pairs):
        offered.setdefault(type_id, []).append(therapist_id)
    return [_type(tx, row, tuple(offered.get(row.id, ()))) for row in rows]


def find(tx: Transaction, practice_id: str, type_id: str) -> AppointmentType:
    """The practice's type, also a disabled one. **Raises** `NotFound`."""
    for kind in of_practice(tx, practice_id):
        if kind.id == type_id:
            return kind
    raise NotFound("no such appointment type")


def by_slug(tx: Transaction, practice_id: str, slug: str) -> AppointmentType:
    """The practice's enabled type of this slug. **Raises** `NotFound`."""
    for kind in of_practice(tx, practice_id, enabled_only=True):
        if kind.slug == slug:
            return kind
    raise NotFound("no such appointment type")


def add(tx: Transaction, kind: AppointmentType) -> None:
    """Store a new type with its therapists."""
    tx.execute(
        insert(_types).values(id=kind.id, practice_id=kind.practice_id, slug=kind.slug, **_values(tx, kind))
    )
    _set_therapists(tx, kind)
    practice.raise_revision(tx, kind.practice_id)


def save(tx: Transaction, kind: AppointmentType) -> None:
    """Store everything of an existing type but its slug."""
    tx.execute(
        update(_types)
        .where(_types.c.id == kind.id, _types.c.practice_id == kind.practice_id)
        .values(**_values(tx, kind))
    )
    tx.execute(delete(_offers).where(_offers.c.type_id == kind.id))
    _set_therapists(tx, kind)
    practice.raise_revision(tx, kind.practice_id)


def _set_therapists(tx: Transaction, kind: AppointmentType) -> None:
    if kind.therapist_ids:
        tx.execute(
            insert(_offers),
            [{"type_id": kind.id, "therapist_id": therapist_id} for therapist_id in kind.therapist_ids],
        )


def _values(tx: Transaction, kind: AppointmentType) -> dict[str, Any]:
    values = {name: getattr(kind, name) for name in _PLAIN}
    for name in ("names", "descriptions", "policy"):
        values[name] = dict(values[name])
    sealed = vault_of(tx).seal(kind.access_key, _place(kind.id)) if kind.access_key else None
    own = {"audience": kind.audience, "access_sealed": sealed}
    return {**values, **own, "modes": list(kind.modes), "approval": kind.approval}


def _place(type_id: str) -> Place:
    return Place("appointment_types", "access", type_id)


def _type(tx: Transaction, row: Row[Any], therapist_ids: tuple[str, ...]) -> AppointmentType:
    return AppointmentType(
        id=row.id,
        practice_id=row.practice_id,
        slug=row.slug,
        modes=tuple(Mode(mode) for mode in row.modes),
        approval=Approval(row.approval),
        audience=Audience(row.audience),
        access_key=vault_of(tx).open(row.access_sealed, _place(row.id)) if row.access_sealed else "",
        therapist_ids=therapist_ids,
        **{name: getattr(row, name) for name in _PLAIN},
    )
