"""Calendar subscriptions: secret addresses, known here by the hash of their token only."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update

from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import NotFound
from scheduler.store.database import Transaction
from scheduler.store.tables import SubscriptionRow


@dataclass(frozen=True, slots=True)
class Subscription:
    """One secret address of one therapist's calendar. `last_used` is a UTC day."""

    id: str
    practice_id: str
    therapist_id: str
    name: str
    level: FeedLevel
    created_at: int
    last_used: date | None = None


def add(tx: Transaction, subscription: Subscription, token_hash: bytes) -> None:
    """Store a new subscription."""
    tx.execute(
        insert(SubscriptionRow).values(
            id=subscription.id,
            practice_id=subscription.practice_id,
            therapist_id=subscription.therapist_id,
            name=subscription.name,
            level=subscription.level.value,
            token_hash=token_hash,
            created_at=subscription.created_at,
        )
    )


def of_therapist(tx: Transaction, practice_id: str, therapist_id: str) -> list[Subscription]:
    """The therapist's living subscriptions, oldest first."""
    rows = tx.execute(
        select(SubscriptionRow)
        .where(
            SubscriptionRow.practice_id == practice_id,
            SubscriptionRow.therapist_id == therapist_id,
            SubscriptionRow.revoked_at.is_(None),
        )
        .order_by(SubscriptionRow.created_at, SubscriptionRow.id)
    )
    return [_subscription(row) for row in rows]


def revoke(tx: Transaction, practice_id: str, therapist_id: str, subscription_id: str, *, now: int) -> None:
    """End a subscription for good. **Raises** `NotFound`, also for another therapist's."""
    changed = tx.execute(
        update(SubscriptionRow)
        .where(
            SubscriptionRow.id == subscription_id,
            SubscriptionRow.practice_id == practice_id,
            SubscriptionRow.therapist_id == therapist_id,
            SubscriptionRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if not changed.rowcount:
        raise NotFound("no such subscription")


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        practice_id=row.practice_id,
        therapist_id=row.therapist_id,
        name=row.name,
        level=FeedLevel(row.level),
        created_at=row.created_at,
        last_used=row.last_used_day,
    )
