"""Sign-in and sessions of the people who work in a practice."""

import re
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from itertools import product

import pytest
import time_machine
from flask import Flask, session
from flask.testing import FlaskClient

from scheduler.clock import utcnow
from scheduler.services import accounts
from scheduler.store.accounts import session_hash
from scheduler.web.accounts import current_staff
from scheduler.web.sign_in import TRIES, TRIES_PER_ACCOUNT, is_next_page
from tests.support.environment import PASSWORD
from tests.support.signing_in import (
    ADA,
    BEN,
    CORA,
    OWNER,
    SIGN_IN,
    SIGN_OUT,
    fill_in,
    form_token,
    signed_in,
    staff_token,
)

WRONG = "not this one, sorry"
NEXT = "/practice/hours?week=2026-06-01"


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session")
    return found.value if found else ""


def rows(database_url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(statement, values).fetchall()


def message(page: str) -> str:
    found = re.search(r'role="alert">.*?<p>(.*?)</p>', page, re.DOTALL)
    return found.group(1) if found else ""


# ---- getting in ------------------------------------------------------------


@pytest.mark.parametrize(
    ("email", "name", "role", "is_therapist"),
    [(ADA, "Ada", "therapist", True), (CORA, "Cora", "owner", True), (OWNER, "Olive", "owner", False)],
)
def test_a_signed_in_person_is_known_by_practice_and_role(
    demo_app: Flask, email: str, name: str, role: str, is_therapist: bool
) -> None:
    with signed_in(demo_app, email) as client:
        assert client.get("/practice/confirm").status_code == 200
        staff = current_staff()
    assert (staff.role, staff.therapist_id is not None) == (role, is_therapist)
    assert staff.name.startswith(name)


def test_a_stranger_is_led_to_sign_in_and_then_to_the_page_asked_for(demo_app: Flask) -> None:
    client = demo_app.test_client()
    led = client.get(NEXT)
    assert (led.status_code, led.headers["Location"].split("?")[0]) == (303, SIGN_IN)
    page = client.get(led.headers["Location"]).text
    form = {"email": ADA, "password": PASSWORD, "csrf_token": form_token(page), "next": NEXT}
    assert f'name="next" value="{NEXT}"' in page
    assert client.post(SIGN_IN, data=form).headers["Location"] == NEXT


def test_a_stranger_who_sends_a_form_is_told_to_sign_in(demo_app: Flask) -> None:
    client = demo_app.test_client()
    token = form_token(client.get(SIGN_IN).text)
    answer = client.post("/practice/hours", data={"csrf_token": token})
    assert answer.status_code == 401
    assert 'href="/practice/sign-in"' in answer.text


def test_the_address_may_be_written_in_capitals(demo_app: Flask) -> None:
    assert signed_in(demo_app, " ADA@Demo.Example ").get("/practice/confirm").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/practice//evil.example",
        "/practice/../book/",
        "javascript:alert(1)",
        "\t//evil.example",
        "/practice/\x0b//evil.example",
        "/practice/%0d%0aSet-Cookie:x",
    ],
)
def test_sign_in_leads_to_pages_of_the_practice_only(demo_app: Flask, target: str) -> None:
    client = demo_app.test_client()
    assert not is_next_page(target)
    assert client.get(SIGN_IN, query_string={"next": target}).status_code == 400
    token = form_token(client.get(SIGN_IN).text)
    form = {"email": ADA, "password": PASSWORD, "csrf_token": token, "next": target}
    answer = client.post(SIGN_IN, data=form)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_there_is_no_registration_and_no_other_way_in(demo_app: Flask) -> None:
    client = demo_app.test_client()
    for path in ("/register", "/practice/register", "/login", "/practice/reset", "/fs-static/js/webauthn.js"):
        assert client.get(path).status_code == 404
    with demo_app.test_request_context():
        account = accounts.find_by_email(ADA)
    assert account is not None
    headers = {"Authentication-Token": account.key, "Authorization": "Basic YWRhOmFkYQ=="}
    assert client.get("/practice/confirm", headers=headers).status_code == 303


# ---- what strangers learn --------------------------------------------------


def test_unknown_and_known_addresses_get_the_same_answer(demo_app: Flask) -> None:
    with demo_app.app_context():
        ben = accounts.find_by_email(BEN)
        assert ben is not None
        accounts.disable(ben.id)
    answers = set()
    for email, password in [
        (ADA, WRONG),
        ("no@demo.example", WRONG),
        (BEN, WRONG),
        (BEN, PASSWORD),
        ("x", WRONG),
    ]:
        answer = fill_in(demo_app.test_client(), email, password)
        answers.add((answer.status_code, message(answer.text), len(answer.text) - len(email)))
    assert len(answers) == 1, answers


@pytest.mark.slow
def test_unknown_and_known_addresses_take_about_the_same_time(demo_app: Flask) -> None:
    taken: dict[str, list[float]] = {ADA: [], "nobody@demo.example": []}
    for _, email in product(range(9), taken):
        client = demo_app.test_client()
        token = form_token(client.get(SIGN_IN).text)
        began = time.process_time()
        client.post(SIGN_IN, data={"email": email, "password": WRONG, "csrf_token": token})
        taken[email].append(time.process_time() - began)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert 0.6 < known / unknown < 1.7


def test_a_right_password_does_not_help_a_disabled_account(demo_app: Flask) -> None:
    with demo_app.app_context():
        ada = accounts.find_by_email(ADA)
        assert ada is not None
        accounts.disable(ada.id)
    client = demo_app.test_client()
    assert message(fill_in(client, ADA, PASSWORD).text).startswith("This address and password")
    assert client.get("/practice/confirm").status_code == 303


# ---- sessions --------------------------------------------------------------


def test_the_session_gets_a_new_id_at_sign_in(demo_app: Flask) -> None:
    client = demo_app.test_client()
    client.get(SIGN_IN)
    planted = cookie(client)
    fill_in(client, ADA, PASSWORD)
    assert planted
    assert cookie(client) not in ("", planted)
    attacker = demo_app.test_client()
    attacker.set_cookie("session", planted)
    assert attacker.get("/practice/confirm").status_code == 303


def test_an_id_of_somebody_elses_choice_is_not_taken_over(demo_app: Flask) -> None:
    client = demo_app.test_client()
    client.set_cookie("session", "chosen-by-an-attacker")
    client.get(SIGN_IN)
    assert cookie(client) != "chosen-by-an-attacker"


def test_the_database_knows_sessions_by_their_hash_only(demo_app: Flask, sqlite_demo_database: str) -> None:
    client = signed_in(demo_app, ADA)
    kept = rows(sqlite_demo_database, "SELECT id_hash, content FROM sessions")
    assert [session_hash(cookie(client))] == [row[0] for row in kept]
    assert cookie(client) not in str(kept)


def test_signing_out_ends_the_session_for_a_stolen_cookie_too(demo_app: Flask) -> None:
    client = signed_in(demo_app, ADA)
    thief = demo_app.test_client()
    thief.set_cookie("session", cookie(client))
    assert thief.get("/practice/confirm").status_code == 200
    answer = client.post(SIGN_OUT, data={"csrf_token": staff_token(client)})
    assert (answer.status_code, answer.headers["Location"]) == (302, SIGN_IN)
    assert cookie(client) == ""
    assert thief.get("/practice/confirm").status_code == 303


def test_a_link_cannot_sign_anybody_out(demo_app: Flask) -> None:
    client = signed_in(demo_app, ADA)
    assert client.get(SIGN_OUT).status_code == 405
    assert client.post(SIGN_OUT).status_code == 400
    assert client.get("/practice/confirm").status_code == 200


def test_a_new_password_ends_every_session(demo_app: Flask) -> None:
    first, second = signed_in(demo_app, ADA), signed_in(demo_app, ADA)
    with demo_app.app_context():
        ada = accounts.find_by_email(ADA)
        assert ada is not None
        accounts.change_password(ada, "tulip anchor mosaic", now=utcnow())
    assert [client.get("/practice/confirm").status_code for client in (first, second)] == [303, 303]
    assert signed_in(demo_app, ADA, "tulip anchor mosaic")


def test_the_open_tab_of_a_disabled_person_is_signed_out(demo_app: Flask) -> None:
    client = signed_in(demo_app, ADA)
    token = staff_token(client)
    with demo_app.app_context():
        ada = accounts.find_by_email(ADA)
        assert ada is not None
        accounts.disable(ada.id)
    assert client.get("/practice/confirm").status_code == 303
    assert client.post("/practice/hours", data={"csrf_token": token}).status_code == 401


def test_a_session_ends_after_half_an_hour_without_use(demo_app: Flask) -> None:
    with time_machine.travel("2026-06-02 09:00:00Z", tick=False) as clock:
        client = signed_in(demo_app, ADA)
        clock.shift(29 * 60)
        assert client.get("/practice/confirm").status_code == 200
        clock.shift(29 * 60)
        assert client.get("/practice/confirm").status_code == 200
        clock.shift(30 * 60)
        assert client.get("/practice/confirm").status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy(demo_app: Flask) -> None:
    with time_machine.travel("2026-06-02 06:00:00Z", tick=False) as clock:
        client = signed_in(demo_app, ADA)
        for _ in range(35):
            clock.shift(20 * 60)
            assert client.get("/practice/confirm").status_code == 200
        clock.shift(20 * 60)
        assert client.get("/practice/confirm").status_code == 303


def test_a_request_that_was_under_way_does_not_bring_a_session_back(demo_app: Flask) -> None:
    client = signed_in(demo_app, ADA)
    with client:
        client.get("/practice/confirm")
        session["changed"] = True
        accounts.end_session(cookie(client))
        demo_app.session_interface.save_session(demo_app, session, demo_app.make_response(""))
    assert client.get("/practice/confirm").status_code == 303


def test_sessions_that_are_over_are_swept(demo_app: Flask, sqlite_demo_database: str) -> None:
    with time_machine.travel("2026-06-02 09:00:00Z", tick=False):
        signed_in(demo_app, ADA)
    with time_machine.travel("2026-06-02 09:20:00Z", tick=False):
        signed_in(demo_app, BEN)
    with demo_app.app_context(), time_machine.travel("2026-06-02 09:31:00Z", tick=False):
        assert accounts.forget_sessions(now=int(time.time())) == 1
    assert len(rows(sqlite_demo_database, "SELECT 1 FROM sessions")) == 1


def test_the_cookie_is_bound_to_this_host_in_production(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(
        any_demo_database,
        SCHEDULER_ENV="production",
        SCHEDULER_PUBLIC_URL="https://book.example.org",
        SCHEDULER_RATE_LIMITS=None,
        MAIL_DEFAULT_SENDER="office@example.org",
        SCHEDULER_DEMO_PASSWORD=None,
    )
    client = app.test_client()
    page = client.get(SIGN_IN, base_url="https://book.example.org")
    (given,) = page.headers.getlist("Set-Cookie")
    name, _, attributes = given.partition("=")
    assert name == "__Host-session"
    assert set(attributes.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


# ---- limits ----------------------------------------------------------------


def test_guessing_one_account_from_one_place_ends_after_ten_tries(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    with time_machine.travel("2026-06-02 09:00:00Z", tick=False) as clock:
        answers = [fill_in(app.test_client(), ADA, WRONG) for _ in range(TRIES + 1)]
        assert [answer.status_code for answer in answers] == [422] * TRIES + [429]
        assert answers[-1].headers["Retry-After"] == "900"
        assert fill_in(app.test_client(), ADA, PASSWORD).status_code == 429
        clock.shift(901)
        assert fill_in(app.test_client(), ADA, PASSWORD).status_code == 302


def test_an_unknown_account_meets_the_same_limit(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    answers = [fill_in(app.test_client(), "no@demo.example", WRONG) for _ in range(TRIES + 1)]
    assert [answer.status_code for answer in answers] == [422] * TRIES + [429]


def test_right_passwords_are_never_too_many(make_app: Callable[..., Flask], any_demo_database: str) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    for _ in range(TRIES + 3):
        assert fill_in(app.test_client(), ADA, PASSWORD).status_code == 302


@pytest.mark.slow
def test_strangers_cannot_lock_out_a_person_who_signed_in_from_here_before(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    signed_in(app, ADA)
    outcomes = set()
    for number in range(TRIES_PER_ACCOUNT + 1):
        stranger = app.test_client()
        stranger.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        outcomes.add(fill_in(stranger, ADA, WRONG).status_code)
    assert outcomes == {422, 429}
    assert signed_in(app, ADA)


# ---- the password again ----------------------------------------------------


def test_what_matters_most_needs_the_password_of_the_last_minutes(demo_app: Flask) -> None:
    with time_machine.travel("2026-06-02 09:00:00Z", tick=False) as clock:
        client = signed_in(demo_app, ADA)
        clock.shift(16 * 60)
        page = client.get("/practice/confirm", query_string={"next": NEXT})
        form = {"csrf_token": form_token(page.text), "next": NEXT}
        refused = client.post("/practice/confirm", data={**form, "password": WRONG})
        assert (refused.status_code, message(refused.text)[:24]) == (422, "This is not your passwor")
        accepted = client.post("/practice/confirm", data={**form, "password": PASSWORD})
        assert (accepted.status_code, accepted.headers["Location"]) == (302, NEXT)


# ---- the trail -------------------------------------------------------------


def test_signing_in_and_out_is_noted_without_a_name(demo_app: Flask, sqlite_demo_database: str) -> None:
    client = signed_in(demo_app, ADA)
    client.post(SIGN_OUT, data={"csrf_token": staff_token(client)})
    (user_id,) = rows(sqlite_demo_database, "SELECT id FROM users WHERE email = ?", ADA)[0]
    noted = rows(sqlite_demo_database, "SELECT action, result FROM audit WHERE actor = ?", user_id)
    assert sorted(noted) == [("account.sign_in", "done"), ("account.sign_out", "done")]


def test_what_was_refused_at_sign_in_is_noted_without_an_address(
    demo_app: Flask, sqlite_demo_database: str
) -> None:
    client = demo_app.test_client()
    answers = [fill_in(client, email, WRONG) for email in (ADA, "no@demo.example")]
    assert [answer.status_code for answer in answers] == [422, 422]
    ((user_id, practice_id),) = rows(
        sqlite_demo_database, "SELECT id, practice_id FROM users WHERE email = ?", ADA
    )
    found = rows(
        sqlite_demo_database,
        "SELECT action, actor, practice_id, object_id FROM audit WHERE result = 'refused'",
    )
    assert set(found) == {
        ("account.sign_in", "stranger", practice_id, user_id),
        ("account.sign_in", "stranger", None, None),
    }


def test_a_browser_that_wants_french_signs_in_in_french(demo_app: Flask) -> None:
    page = demo_app.test_client().get(SIGN_IN, headers={"Accept-Language": "fr-CA"}).text
    assert '<html lang="fr"' in page
    assert "Mot de passe" in page


def test_a_password_in_use_is_not_hashed_again_while_parameters_stay(
    demo_app: Flask, sqlite_demo_database: str
) -> None:
    before = rows(sqlite_demo_database, "SELECT password_hash FROM users ORDER BY email")
    signed_in(demo_app, ADA)
    assert rows(sqlite_demo_database, "SELECT password_hash FROM users ORDER BY email") == before


def test_an_old_hash_is_renewed_at_sign_in(demo_app: Flask, sqlite_demo_database: str) -> None:
    weak = accounts.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    file = sqlite_demo_database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE users SET password_hash = ? WHERE email = ?", (weak, ADA))
    signed_in(demo_app, ADA)
    ((renewed,),) = rows(sqlite_demo_database, "SELECT password_hash FROM users WHERE email = ?", ADA)
    assert str(renewed).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert signed_in(demo_app, ADA)
