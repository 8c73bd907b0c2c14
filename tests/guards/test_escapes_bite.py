"""With escaping, cleaning, a form's token or a counter taken away, the test that is named for it fails."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from scheduler.gateways import message
from scheduler.ical import event
from scheduler.services import limits as counters
from scheduler.services import rendering
from scheduler.web import form_token
from tests.gateways import test_message
from tests.guards.test_guards_bite import Patch, fails
from tests.ical import test_event
from tests.services import test_messages
from tests.services.mailing import Mailing, settle
from tests.support.mail import MailServer
from tests.web import test_accounts, test_limits
from tests.web.visitor import test_booking as visitor_booking
from tests.web.visitor import test_manage as visitor_manage
from tests.web.visitor.walking import Visitor

NEVER = re.compile("(?!)")


@pytest.fixture
def vera(demo_app: Flask) -> Visitor:
    """A visitor without script, whose browser keeps no cookie."""
    return Visitor(demo_app.test_client(use_cookies=False))


# ---- text that is data -----------------------------------------------------------------------------


def test_without_escaping_a_name_becomes_part_of_the_page(demo_app: Flask, vera: Visitor) -> None:
    demo_app.jinja_env.autoescape = False
    demo_app.jinja_env.bytecode_cache = None  # those templates were compiled with escaping
    fails(visitor_booking.test_a_name_that_looks_like_a_page_is_shown_as_text, vera)


@pytest.fixture
def unescaped_mail(monkeypatch: Patch) -> Iterator[None]:
    """Mails whose HTML is written as plain text is; no environment of this test is left to others."""
    monkeypatch.setattr(rendering, "select_autoescape", lambda *_arguments: False)
    rendering._environment.cache_clear()
    yield
    rendering._environment.cache_clear()


@pytest.mark.usefixtures("unescaped_mail")
def test_without_escaping_a_note_becomes_part_of_the_mail(
    make_app: Callable[..., Flask], any_database: str, smtp: MailServer
) -> None:
    mailing: Mailing = settle(
        make_app(any_database, SCHEDULER_PUBLIC_URL="https://book.example.org", **smtp.settings)
    )
    fails(test_messages.test_html_is_escaped_and_loads_nothing_from_elsewhere, mailing, smtp)


@pytest.mark.parametrize("sign", ["\0", "\x7f", "=?"])
def test_without_the_look_at_headers_a_sign_gets_into_them(sign: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(message, "_UNSAFE", NEVER)
    fails(test_message.test_a_header_that_is_no_single_line_is_refused, "subject", sign)


@pytest.mark.parametrize(
    ("part", "typed", "kept"),
    [
        ("_CONTROLS", "Vera\0Visitor\x07", "VeraVisitor"),
        ("_LINE_BREAKS", "one\rtwo\x0bthree", "one two three"),
        ("_SURROGATES", "Vera\ud800", "Vera\ufffd"),
    ],
)
def test_without_cleaning_a_calendar_s_line_is_more_than_a_line(
    part: str, typed: str, kept: str, monkeypatch: Patch
) -> None:
    test_event.test_a_line_is_one_line(typed, kept)
    monkeypatch.setattr(event, part, NEVER)
    fails(test_event.test_a_line_is_one_line, typed, kept)


# ---- forms without a cookie ------------------------------------------------------------------------


@pytest.fixture
def any_token(monkeypatch: Patch) -> None:
    """Every visitor's form counts as ours."""
    monkeypatch.setattr(form_token, "is_genuine", lambda *_arguments, **_more: True)


@pytest.mark.usefixtures("any_token")
def test_without_the_form_s_token_a_foreign_form_holds_a_time(vera: Visitor) -> None:
    fails(visitor_booking.test_a_form_that_is_not_ours_holds_nothing, vera, {"form_token": "forged"})
    fails(visitor_booking.test_the_token_of_one_form_opens_no_other, vera)


@pytest.mark.usefixtures("any_token")
def test_without_the_form_s_token_a_foreign_form_cancels(vera: Visitor) -> None:
    fails(visitor_manage.test_a_form_without_our_token_changes_nothing, vera)


# ---- counters --------------------------------------------------------------------------------------


@pytest.fixture
def uncounted(monkeypatch: Patch) -> None:
    """Whatever is tried, it is the first time."""
    monkeypatch.setattr(counters.store, "add", lambda *_arguments, **more: (1, 2**40))
    monkeypatch.setattr(counters.store, "find", lambda *_arguments, **more: (0, 0))


@pytest.mark.usefixtures("uncounted")
def test_without_the_counter_passwords_can_be_guessed(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    proofs: list[Callable[..., Any]] = [
        test_accounts.test_guessing_one_account_from_one_place_ends_after_ten_tries,
        test_accounts.test_an_unknown_account_meets_the_same_limit,
    ]
    for proof in proofs:
        fails(proof, make_app, any_demo_database)


@pytest.mark.usefixtures("uncounted")
def test_without_the_counter_links_can_be_tried_out(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    fails(test_limits.test_trying_out_links_ends_in_429, make_app, any_demo_database)
