"""Calendar subscriptions of a therapist: make one, list them, revoke one."""

from uuid import uuid4

from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import Refused
from scheduler.domain.practice import Therapist
from scheduler.domain.text import one_line
from scheduler.services import audit
from scheduler.store import subscriptions
from scheduler.store.database import reading, transaction
from scheduler.store.secrets import new_token, token_hash
from scheduler.store.subscriptions import Subscription

NAME_LIMIT = 60
AT_MOST = 20


def living(therapist: Therapist) -> list[Subscription]:
    """The therapist's subscriptions that still work, oldest first."""
    with reading() as tx:
        return subscriptions.of_therapist(tx, therapist.practice_id, therapist.id)


def make(therapist: Therapist, *, name: str, level: str, by: str, now: int) -> tuple[Subscription, str]:
    """A new subscription and its token, which nobody can read again. **Raises** `Refused`."""
    problems = {}
    name = one_line(name)
    if not name:
        problems["name"] = "Give it a name, so that you recognise it later"
    elif len(name) > NAME_LIMIT:
        problems["name"] = "Use a shorter name"
    if level not in [known.value for known in FeedLevel]:
        problems["level"] = "Choose how much the calendar shows"
    if problems:
        raise Refused(problems)
    token = new_token()
    subscription = Subscription(
        id=str(uuid4()),
        practice_id=therapist.practice_id,
        therapist_id=therapist.id,
        name=name,
        level=FeedLevel(level),
        created_at=now,
    )
    with transaction() as tx:
        if len(subscriptions.of_therapist(tx, therapist.practice_id, therapist.id)) >= AT_MOST:
            raise Refused({"name": "Remove a subscription that you no longer use first"})
        subscriptions.add(tx, subscription, token_hash(token))
        audit.note(
            tx, "feed.make", actor=by, now=now, practice_id=therapist.practice_id, object_id=subscription.id
        )
    return subscription, token


def revoke(therapist: Therapist, subscription_id: str, *, by: str, now: int) -> None:
    """The address answers 404 from now on. **Raises** `NotFound`."""
    with transaction() as tx:
        subscriptions.revoke(tx, therapist.practice_id, therapist.id, subscription_id, now=now)
        audit.note(
            tx, "feed.revoke", actor=by, now=now, practice_id=therapist.practice_id, object_id=subscription_id
        )
