"""Calendar subscriptions: an address shown once, known by its hash, gone when revoked."""

import pytest
from sqlalchemy import text

from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import NotFound, Refused
from scheduler.services import feeds, subscriptions
from scheduler.store.database import reading
from tests.support.core import NOW, Core


def make(core: Core, whose: str = "ada", name: str = "My phone", level: str = "busy") -> tuple[str, str]:
    """Ada makes a subscription: its id and its token."""
    made, token = subscriptions.make(core.therapist(whose), name=name, level=level, by="user", now=NOW)
    return made.id, token


def test_a_subscription_works_until_it_is_revoked(core: Core) -> None:
    ada = core.therapist("ada")
    made, token = make(core)
    assert feeds.version(token, now=NOW).tag
    (listed,) = subscriptions.living(ada)
    assert (listed.name, listed.level, listed.last_used is not None) == ("My phone", FeedLevel.BUSY, True)
    subscriptions.revoke(ada, made, by="user", now=NOW)
    assert subscriptions.living(ada) == []
    with pytest.raises(NotFound):
        feeds.version(token, now=NOW)


def test_the_database_holds_no_usable_token(core: Core) -> None:
    _, token = make(core)
    with reading() as tx:
        rows = tx.execute(text("SELECT * FROM subscriptions")).all()
    assert token not in repr(rows)
    assert len(token) == 43


@pytest.mark.parametrize(
    ("name", "level", "field"),
    [("  ", "busy", "name"), ("x" * 61, "busy", "name"), ("Phone", "everything", "level")],
)
def test_what_cannot_be_is_refused_by_its_field(any_core: Core, name: str, level: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        make(any_core, name=name, level=level)
    assert list(refused.value.problems) == [field]
    assert subscriptions.living(any_core.therapist("ada")) == []


def test_nobody_revokes_the_subscription_of_somebody_else(core: Core) -> None:
    made, token = make(core)
    for whose, practice in (("ben", "demo"), ("cora", "other")):
        with pytest.raises(NotFound):
            subscriptions.revoke(core.therapist(whose, practice), made, by="user", now=NOW)
    assert feeds.version(token, now=NOW).tag


def test_there_is_an_end_to_how_many(any_core: Core) -> None:
    for number in range(subscriptions.AT_MOST):
        make(any_core, name=f"Phone {number}")
    with pytest.raises(Refused):
        make(any_core)
