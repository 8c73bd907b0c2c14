"""A code of the phone as second factor: set up, asked for at sign-in, each good once, and recovery codes."""

import html
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from scheduler.clock import utcnow
from scheduler.web.second_step import LASTS
from scheduler.web.sign_in import TRIES
from tests.support.environment import PASSWORD
from tests.support.signing_in import ADA, SIGN_IN, fill_in, form_token, signed_in, staff_token

ACCOUNT, FACTOR, CODE = "/practice/account", "/practice/account/second-factor", "/practice/code"
STEP = 30


class Phone:
    """An app for codes on Ada's phone."""

    def __init__(self, key: str) -> None:
        self.key = TOTP(key=key, format="base32")

    def code(self, steps: int = 0) -> str:
        """What it shows, so many steps from now."""
        return str(self.key.generate(time=utcnow() + steps * STEP).token)


def wish(client: FlaskClient, name: str, **more: str) -> TestResponse:
    """Press a button of the page about the second factor."""
    return client.post(FACTOR, data={"csrf_token": staff_token(client), "do": name, **more})


def recovery_codes(page: str) -> list[str]:
    return re.findall(r'<li><code dir="ltr">([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})</code></li>', page)


def key_on(page: str) -> str:
    found = re.search(r'class="key" dir="ltr">([A-Z2-7 ]+)<', page)
    assert found, page
    return found[1].replace(" ", "")


def set_up(client: FlaskClient) -> tuple[Phone, list[str]]:
    """Scan, type the first code, write the recovery codes down."""
    wish(client, "begin")
    phone = Phone(key_on(client.get(FACTOR).text))
    return phone, recovery_codes(wish(client, "on", code=phone.code()).text)


def give_code(client: FlaskClient, code: str, **more: str) -> TestResponse:
    """Fill in the page that asks for the code."""
    token = form_token(client.get(CODE).text)
    return client.post(CODE, data={"csrf_token": token, "code": code, **more})


def is_in(client: FlaskClient) -> bool:
    return client.get(ACCOUNT).status_code == 200


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-06-02 09:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def ada(demo_app: Flask, clock: time_machine.Traveller) -> FlaskClient:
    """Ada's browser, signed in."""
    return signed_in(demo_app, ADA)


def asked(app: Flask) -> FlaskClient:
    """A browser in which Ada's password was right and the code is asked for."""
    client = app.test_client()
    answer = fill_in(client, ADA, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, CODE)
    return client


# ---- setting up ------------------------------------------------------------


def test_nothing_is_asked_at_sign_in_before_a_first_code_was_right(demo_app: Flask, ada: FlaskClient) -> None:
    wish(ada, "begin")
    phone = Phone(key_on(ada.get(FACTOR).text))
    refused = wish(ada, "on", code="000000" if phone.code() != "000000" else "000001")
    assert refused.status_code == 422
    assert "This code does not fit" in refused.text
    assert is_in(signed_in(demo_app, ADA))


def test_setting_up_shows_a_picture_a_link_and_a_key_that_agree(ada: FlaskClient) -> None:
    wish(ada, "begin")
    page = ada.get(FACTOR).text
    link = html.unescape(re.findall(r'href="(otpauth:[^"]+)"', page)[0])
    assert f"secret={key_on(page)}" in link
    assert 'src="data:image/svg+xml' in page


def test_ten_recovery_codes_are_shown_once_and_the_key_never_again(ada: FlaskClient) -> None:
    phone, codes = set_up(ada)
    assert len(set(codes)) == 10
    later = ada.get(FACTOR).text
    assert "10 are left" in later
    assert all(code not in later for code in codes)
    assert "otpauth:" not in later
    assert phone.key.base32_key not in later.replace(" ", "")


def test_the_database_holds_neither_key_nor_codes(ada: FlaskClient, sqlite_demo_database: str) -> None:
    phone, codes = set_up(ada)
    with closing(sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        dump = "\n".join(connection.iterdump()).lower()
    for secret in (
        phone.key.base32_key,
        phone.key.hex_key,
        *codes,
        *(code.replace("-", "") for code in codes),
    ):
        assert secret.lower() not in dump
        assert secret.encode().hex() not in dump


# ---- signing in ------------------------------------------------------------


def test_a_right_password_alone_opens_nothing(demo_app: Flask, ada: FlaskClient) -> None:
    set_up(ada)
    client = asked(demo_app)
    assert not is_in(client)
    assert client.get("/practice/confirm").status_code == 303
    assert client.post(FACTOR, data={"csrf_token": form_token(client.get(CODE).text)}).status_code == 401


def test_the_code_of_the_phone_signs_in_and_leads_to_the_page_asked_for(
    demo_app: Flask, ada: FlaskClient, clock: time_machine.Traveller
) -> None:
    phone, _ = set_up(ada)
    clock.shift(STEP)
    client = demo_app.test_client()
    led = fill_in(client, ADA, PASSWORD, next="/practice/hours").headers["Location"]
    page = client.get(led).text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page))
    before = client.get_cookie("session")
    answer = client.post(CODE, data={**form, "code": f" {phone.code()[:3]} {phone.code()[3:]} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/practice/hours")
    after = client.get_cookie("session")
    assert None not in (before, after), "there was a session all along"
    assert before != after
    assert is_in(client)


def test_a_code_works_once_also_the_one_that_turned_it_on(
    demo_app: Flask, ada: FlaskClient, clock: time_machine.Traveller
) -> None:
    phone, _ = set_up(ada)
    assert give_code(asked(demo_app), phone.code()).status_code == 422
    clock.shift(STEP)
    seen = phone.code()
    assert give_code(asked(demo_app), seen).status_code == 303
    thief = asked(demo_app)
    assert give_code(thief, seen).status_code == 422
    assert not is_in(thief)
    clock.shift(STEP)
    assert give_code(asked(demo_app), phone.code(-1)).status_code == 422, "an older code was not used up"
    assert give_code(asked(demo_app), phone.code()).status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_phone_may_be_half_a_minute_off(
    demo_app: Flask, ada: FlaskClient, clock: time_machine.Traveller, steps: int, status: int
) -> None:
    phone, _ = set_up(ada)
    clock.shift(10 * STEP)
    assert give_code(asked(demo_app), phone.code(steps)).status_code == status


@pytest.mark.parametrize("code", ["", "abc", "12345", "1234567", "٣٣٣٣٣٣", "9" * 41, "0000-0000-0000", "-"])
def test_what_is_no_code_is_refused_with_words(demo_app: Flask, ada: FlaskClient, code: str) -> None:
    set_up(ada)
    answer = give_code(asked(demo_app), code)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_recovery_code_lets_in_once_and_its_owner_is_told(demo_app: Flask, ada: FlaskClient) -> None:
    _, codes = set_up(ada)
    assert give_code(asked(demo_app), codes[3].upper().replace("-", " ")).status_code == 303
    assert give_code(asked(demo_app), codes[3]).status_code == 422
    assert give_code(asked(demo_app), codes[4]).status_code == 303
    assert "8 are left" in ada.get(FACTOR).text


def test_new_recovery_codes_end_the_old_ones(demo_app: Flask, ada: FlaskClient) -> None:
    _, old = set_up(ada)
    new = recovery_codes(wish(ada, "codes").text)
    assert len(new) == 10
    assert give_code(asked(demo_app), old[0]).status_code == 422
    assert give_code(asked(demo_app), new[0]).status_code == 303


def test_turned_off_the_password_is_enough_and_the_old_codes_are_gone(
    demo_app: Flask, ada: FlaskClient
) -> None:
    _, codes = set_up(ada)
    assert wish(ada, "off").headers["Location"] == ACCOUNT
    assert is_in(signed_in(demo_app, ADA))
    set_up(ada)
    assert give_code(asked(demo_app), codes[0]).status_code == 422


def test_the_code_is_asked_for_during_ten_minutes_only(
    demo_app: Flask, ada: FlaskClient, clock: time_machine.Traveller
) -> None:
    phone, _ = set_up(ada)
    client = asked(demo_app)
    token = form_token(client.get(CODE).text)
    clock.shift(LASTS)
    answer = client.post(CODE, data={"csrf_token": token, "code": phone.code()})
    assert (answer.status_code, answer.headers["Location"]) == (303, SIGN_IN)
    assert not is_in(client)


def test_the_page_for_the_code_leads_strangers_to_sign_in(demo_app: Flask) -> None:
    answer = demo_app.test_client().get(CODE)
    assert (answer.status_code, answer.headers["Location"]) == (303, SIGN_IN)


def test_the_page_after_the_code_is_one_of_the_practice(demo_app: Flask, ada: FlaskClient) -> None:
    _, codes = set_up(ada)
    client = asked(demo_app)
    assert give_code(client, codes[0], next="https://evil.example/").status_code == 400
    assert client.get(CODE, query_string={"next": "//evil.example"}).status_code == 400


def test_guessing_codes_ends_after_ten_tries(
    make_app: Callable[..., Flask], any_demo_database: str, clock: time_machine.Traveller
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    phone, _ = set_up(signed_in(app, ADA))
    clock.shift(STEP)
    client = asked(app)
    token = form_token(client.get(CODE).text)
    wrong = "000000" if phone.code() != "000000" else "000001"
    answers = [client.post(CODE, data={"csrf_token": token, "code": wrong}) for _ in range(TRIES + 1)]
    assert [answer.status_code for answer in answers] == [422] * TRIES + [429]
    assert client.post(CODE, data={"csrf_token": token, "code": phone.code()}).status_code == 429
    assert fill_in(app.test_client(), ADA, PASSWORD).status_code == 429, "the password gives no new tries"


def test_an_installation_may_want_a_second_factor_of_everybody(
    make_app: Callable[..., Flask], any_demo_database: str, clock: time_machine.Traveller
) -> None:
    app = make_app(any_demo_database, SCHEDULER_SECOND_FACTOR_REQUIRED="on")
    client = signed_in(app, ADA)
    for answer in (client.get("/practice/"), client.get(ACCOUNT), client.get("/practice/mail")):
        assert (answer.status_code, answer.headers["Location"]) == (303, FACTOR)
    refused = client.post("/practice/names", data={"csrf_token": staff_token(client)})
    assert (refused.status_code, refused.headers["Location"]) == (303, FACTOR)
    set_up(client)
    assert client.get("/practice/").status_code == 200
    wish(client, "off")
    assert client.get("/practice/").headers["Location"] == FACTOR


# ---- the password again ----------------------------------------------------


@pytest.mark.parametrize("name", ["begin", "on", "codes", "off"])
def test_the_second_factor_is_changed_after_a_fresh_password_only(
    ada: FlaskClient, clock: time_machine.Traveller, name: str
) -> None:
    set_up(ada)
    clock.shift(16 * 60)
    for answer in (ada.get(FACTOR), wish(ada, name)):
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/practice/confirm?next=/practice/account/second-factor"
    page = ada.get(ACCOUNT).text
    assert "Recovery codes, or turn it off" in page


def test_the_trail_knows_what_was_done_and_refused_but_no_address(
    demo_app: Flask, ada: FlaskClient, sqlite_demo_database: str
) -> None:
    _, codes = set_up(ada)
    client = asked(demo_app)
    give_code(client, "123")
    give_code(client, codes[0])
    with closing(sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"))) as connection:
        (user_id,) = connection.execute("SELECT id FROM users WHERE email = ?", (ADA,)).fetchone()
        noted = connection.execute("SELECT actor, action, object_id, result FROM audit").fetchall()
    assert (user_id, "account.factor_on", None, "done") in noted
    assert ("stranger", "account.code", user_id, "refused") in noted
    assert (user_id, "account.code_used", None, "done") in noted
    assert ADA not in str(noted)
