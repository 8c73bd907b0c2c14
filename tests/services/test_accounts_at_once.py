"""One code, one recovery code, one link: of eight who bring it at once, one is let in, on both databases."""

import pytest
from passlib.totp import TOTP  # type: ignore[import-untyped]

from scheduler.domain.errors import NotFound
from scheduler.domain.staff import Account
from scheduler.services import accounts, resets, second_factor, setup
from scheduler.store import outbox
from scheduler.store.database import reading
from tests.support.core import NOW, Core

AT_ONCE = 8
EMAIL = "olive@third.example"


@pytest.fixture
def olive(core: Core) -> Account:
    """The owner of a practice of her own."""
    setup.add_practice(
        slug="third",
        name="Third",
        zone="Europe/Paris",
        country="FR",
        languages=("en",),
        owner_email=EMAIL,
        password="basalt violin harbour",
        now=NOW,
    )
    return found()


def found() -> Account:
    account = accounts.find_by_email(EMAIL)
    assert account is not None
    return account


def told(account: Account) -> list[str]:
    """What the account's owner is told by mail, in order of the words."""
    with reading() as tx:
        mails = outbox.entries(tx, account.practice_id)
        return sorted(str(outbox.facts(tx, mail.id).get("change")) for mail in mails)


def test_a_code_lets_one_of_eight_in(core: Core, olive: Account) -> None:
    second_factor.begin(olive)
    phone = TOTP(key=second_factor.setup(olive).secret, format="base32")
    codes = second_factor.turn_on(olive, phone.generate(time=NOW).token, now=NOW)
    later = NOW + 30
    code = phone.generate(time=later).token
    let_in = core.together(AT_ONCE, lambda _: second_factor.accepts(olive, code, now=later))
    assert (let_in.count(True), let_in.count(False)) == (1, AT_ONCE - 1)
    let_in = core.together(AT_ONCE, lambda _: second_factor.accepts(olive, codes[0], now=later))
    assert (let_in.count(True), let_in.count(False)) == (1, AT_ONCE - 1)
    assert second_factor.setup(olive).codes_left == len(codes) - 1
    assert told(olive) == ["code_used", "factor_on"]


def test_a_link_sets_one_of_eight_passwords(core: Core, olive: Account) -> None:
    token = resets.link_for(EMAIL, now=NOW)
    results = core.together(
        AT_ONCE, lambda number: resets.set_password(token, f"tulip {number} anchor mosaic", now=NOW)
    )
    losers = [result for result in results if result is not None]
    assert [type(loser) for loser in losers] == [NotFound] * (AT_ONCE - 1)
    assert found().key != olive.key
    assert told(olive) == ["reset"]


def test_a_question_is_answered_once_by_eight_workers(core: Core, olive: Account) -> None:
    resets.ask(EMAIL, "counter", now=NOW)
    resets.ask("nobody@third.example", "another", now=NOW)
    core.together(AT_ONCE, lambda _: resets.answer(now=NOW))
    assert core.all("SELECT kind, recipient FROM outbox") == [("account_reset", olive.id)]
    assert core.all("SELECT count(*) FROM reset_questions") == [(0,)]
