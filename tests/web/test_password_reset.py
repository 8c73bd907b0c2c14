"""A forgotten password, and a new one: links that work once, and what the owner of the account is told."""

import re
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import time_machine
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.services import account_mails, accounts, resets, second_factor
from scheduler.services.resets import MAILS
from scheduler.store import account_tokens
from scheduler.store.database import transaction
from scheduler.store.secrets import new_token, token_hash
from scheduler.web.resets import QUESTIONS
from tests.support.environment import PASSWORD
from tests.support.signing_in import ADA, BEN, OWNER, fill_in, form_token, signed_in, staff_token

FORGOTTEN, ACCOUNT = "/practice/forgotten", "/practice/account"
NEW = "tulip anchor mosaic"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-06-02 09:00:00Z", tick=False) as traveller:
        yield traveller


def ask(app: Flask, email: str) -> TestResponse:
    """Fill in the page for forgotten passwords."""
    client = app.test_client()
    token = form_token(client.get(FORGOTTEN).text)
    return client.post(FORGOTTEN, data={"csrf_token": token, "email": email})


def rows(database_url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(statement, values).fetchall()


def mails(app: Flask, kind: str = "") -> list[str]:
    """The account mails, newest first, as the owner of the practice finds them without a server."""
    with app.app_context():
        worker.run_once(app.config["SETTINGS"], utcnow())
    owner = signed_in(app, OWNER)
    found = []
    for address in re.findall(r'href="(/practice/mail/[0-9a-f-]{36})"', owner.get("/practice/mail").text):
        page = owner.get(address).text
        if "you sign in at" in page and kind in page:
            found.append(page)
    return found


def link_in(page: str) -> str:
    found = re.search(r"http://localhost(/reset/[\w-]{43})\b", page)
    assert found, page
    return found[1]


def link_for(app: Flask, email: str = ADA) -> str:
    """A living link, out of the mail."""
    ask(app, email)
    return link_in(mails(app, "choose a new password.")[0])


def set_password(app: Flask, link: str, password: str = NEW) -> TestResponse:
    """A browser that never signed in opens the link and fills in its page."""
    client = app.test_client()
    page = client.get(link)
    assert page.status_code == 200, page.text
    assert f'action="{link}"' in page.text
    return client.post(link, data={"password": password})


def may_sign_in(app: Flask, password: str, email: str = ADA) -> bool:
    return fill_in(app.test_client(), email, password).status_code == 302


def change(client: FlaskClient, current: str, password: str) -> TestResponse:
    form = {"csrf_token": staff_token(client), "current": current, "password": password}
    return client.post(f"{ACCOUNT}/password", data=form)


# ---- the link --------------------------------------------------------------


def test_the_link_sets_a_new_password_and_ends_every_session(demo_app: Flask) -> None:
    browsers = [signed_in(demo_app, ADA), signed_in(demo_app, ADA)]
    done = set_password(demo_app, link_for(demo_app))
    assert (done.status_code, "Your new password works" in done.text) == (200, True)
    assert [browser.get(ACCOUNT).status_code for browser in browsers] == [303, 303]
    assert (may_sign_in(demo_app, PASSWORD), may_sign_in(demo_app, NEW)) == (False, True)
    assert len(mails(demo_app, "your account has a new password, by a link.")) == 1


def test_a_link_works_once(demo_app: Flask) -> None:
    link = link_for(demo_app)
    set_password(demo_app, link)
    again = demo_app.test_client()
    assert again.get(link).status_code == 404
    assert again.post(link, data={"password": "basalt violin harbour"}).status_code == 404
    assert may_sign_in(demo_app, NEW)


def test_one_link_that_was_used_ends_the_others(demo_app: Flask) -> None:
    for _ in range(2):
        link_for(demo_app)
    links = sorted({link_in(page) for page in mails(demo_app) if "/reset/" in page})
    assert len(links) == 2
    set_password(demo_app, links[0])
    assert demo_app.test_client().get(links[1]).status_code == 404


def test_a_link_works_for_an_hour(demo_app: Flask, clock: time_machine.Traveller) -> None:
    link = link_for(demo_app)
    client = demo_app.test_client()
    clock.shift(3599)
    assert client.get(link).status_code == 200
    clock.shift(1)
    over = client.get(link)
    assert (over.status_code, FORGOTTEN in over.text) == (404, True)
    assert client.post(link, data={"password": NEW}).status_code == 404
    assert may_sign_in(demo_app, PASSWORD)


def test_opening_the_link_changes_nothing_however_often(demo_app: Flask) -> None:
    link = link_for(demo_app)
    client = demo_app.test_client()
    for open_it in (client.get, client.head, client.get, client.options):
        assert open_it(link).status_code == 200
    assert may_sign_in(demo_app, PASSWORD)
    assert set_password(demo_app, link).status_code == 200


def test_a_token_for_another_purpose_opens_nothing(demo_app: Flask) -> None:
    token = new_token()
    with demo_app.app_context():
        ada = accounts.find_by_email(ADA)
        assert ada is not None
        with transaction() as tx:
            account_tokens.add(tx, token, user_id=ada.id, purpose="invitation", expires_at=utcnow() + 3600)
    client = demo_app.test_client()
    assert client.get(f"/reset/{token}").status_code == 404
    assert client.post(f"/reset/{token}", data={"password": NEW}).status_code == 404
    assert may_sign_in(demo_app, PASSWORD)


def test_a_link_of_a_disabled_account_opens_nothing(demo_app: Flask) -> None:
    link = link_for(demo_app)
    with demo_app.app_context():
        ada = accounts.find_by_email(ADA)
        assert ada is not None
        accounts.disable(ada.id)
    assert demo_app.test_client().get(link).status_code == 404


def test_an_easy_password_is_refused_and_the_link_stays(demo_app: Flask) -> None:
    link = link_for(demo_app)
    for password in ("short", "demo example 2026", "123456789012", ""):
        refused = set_password(demo_app, link, password)
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert set_password(demo_app, link).status_code == 200


def test_the_page_of_the_link_sends_no_referrer_is_not_kept_and_sets_no_cookie(demo_app: Flask) -> None:
    link = link_for(demo_app)
    client = demo_app.test_client()
    for answer in (
        client.get(link),
        client.post(link, data={"password": "x"}),
        client.get("/reset/" + "x" * 43),
    ):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers


def test_the_link_leads_to_the_configured_address_whatever_the_request_says(demo_app: Flask) -> None:
    client = demo_app.test_client()
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    token = form_token(client.get(FORGOTTEN, headers=headers).text)
    client.post(FORGOTTEN, data={"csrf_token": token, "email": ADA}, headers=headers)
    (page,) = mails(demo_app, "choose a new password.")
    assert link_in(page)
    assert "evil.example" not in page


def test_the_database_knows_links_by_their_hash_only(demo_app: Flask, sqlite_demo_database: str) -> None:
    token = link_for(demo_app).removeprefix("/reset/")
    kept = rows(sqlite_demo_database, "SELECT token_hash, purpose FROM account_tokens")
    assert kept == [(token_hash(token), "reset")]
    with closing(sqlite3.connect(sqlite_demo_database.removeprefix("sqlite:///"))) as connection:
        assert token not in "\n".join(connection.iterdump())


def test_a_second_factor_is_asked_for_after_a_reset_too(demo_app: Flask) -> None:
    from_phone = signed_in(demo_app, ADA)
    factor = f"{ACCOUNT}/second-factor"
    from_phone.post(factor, data={"csrf_token": staff_token(from_phone), "do": "begin"})
    with demo_app.app_context():
        ada = accounts.find_by_email(ADA)
        assert ada is not None
        turned_on = proven(from_phone, factor)
    assert turned_on.status_code == 200
    set_password(demo_app, link_for(demo_app))
    answer = fill_in(demo_app.test_client(), ADA, NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/practice/code")


def proven(client: FlaskClient, factor: str) -> TestResponse:
    """The second factor, turned on with the code that the page's key gives now."""
    found = re.search(r'class="key" dir="ltr">([A-Z2-7 ]+)<', client.get(factor).text)
    assert found
    code = second_factor._key(found[1].replace(" ", "")).generate(time=utcnow()).token
    return client.post(factor, data={"csrf_token": staff_token(client), "do": "on", "code": code})


# ---- asking ----------------------------------------------------------------


def test_known_and_unknown_addresses_get_the_same_answer(demo_app: Flask) -> None:
    with demo_app.app_context():
        ben = accounts.find_by_email(BEN)
        assert ben is not None
        accounts.disable(ben.id)
    answers = {
        (answer.status_code, answer.headers["Location"], answer.text)
        for answer in (
            ask(demo_app, email) for email in (ADA, " ADA@demo.example", BEN, "no@demo.example", "x")
        )
    }
    assert len(answers) == 1
    assert len(mails(demo_app, "choose a new password.")) == 2


@pytest.mark.slow
def test_known_and_unknown_addresses_take_about_the_same_time(demo_app: Flask) -> None:
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    ratios = []
    with demo_app.app_context():
        for attempt in range(3):  # a difference of ours is there each time, what else the machine does is not
            for number in range(60):
                for kind, email in (("known", ADA), ("unknown", "nobody@demo.example")):
                    began = time.perf_counter()
                    resets.ask(email, f"{kind} {attempt} {number}", now=utcnow())
                    taken[kind].append(time.perf_counter() - began)
            known, unknown = (statistics.median(times[-60:]) for times in taken.values())
            ratios.append(known / unknown)
            if 0.7 < ratios[-1] < 1.4:
                return
    pytest.fail(f"Known addresses take longer or shorter: {ratios}")


def test_an_address_is_needed(demo_app: Flask) -> None:
    for email in ("", "   ", "a" * 255):
        assert ask(demo_app, email).status_code == 422


def test_one_account_gets_six_links_an_hour_and_nobody_is_told(
    demo_app: Flask, clock: time_machine.Traveller
) -> None:
    answers = {ask(demo_app, ADA).status_code for _ in range(MAILS + 3)}
    assert answers == {303}
    assert len(mails(demo_app, "choose a new password.")) == MAILS
    clock.shift(3601)
    ask(demo_app, ADA)
    assert len(mails(demo_app, "choose a new password.")) == MAILS + 1


def test_one_source_may_ask_twenty_times_an_hour(
    make_app: Callable[..., Flask], any_demo_database: str
) -> None:
    app = make_app(any_demo_database, SCHEDULER_RATE_LIMITS="on")
    answers = [ask(app, f"nobody{number}@demo.example").status_code for number in range(QUESTIONS + 1)]
    assert answers == [303] * QUESTIONS + [429]


def test_a_link_that_waited_for_the_mail_server_too_long_is_not_sent(
    demo_app: Flask, clock: time_machine.Traveller, sqlite_demo_database: str
) -> None:
    ask(demo_app, ADA)
    with demo_app.app_context():
        resets.answer(now=utcnow())
    clock.shift(3600)
    assert mails(demo_app) == []
    found = rows(sqlite_demo_database, "SELECT state, last_error FROM outbox WHERE kind = 'account_reset'")
    assert found == [("dropped", "the link is used or over")]


def test_a_therapist_does_not_see_the_mails_about_accounts(demo_app: Flask) -> None:
    link_for(demo_app, BEN)
    page = mails(demo_app, "choose a new password.")[0]
    found = re.search(r'src="(/practice/mail/[0-9a-f-]{36})/page"', page)
    assert found
    ada = signed_in(demo_app, ADA)
    assert found[1] not in ada.get("/practice/mail").text
    assert [ada.get(found[1] + part).status_code for part in ("", "/page", "/invite.ics")] == [404] * 3


def test_what_is_over_is_swept(
    demo_app: Flask, clock: time_machine.Traveller, sqlite_demo_database: str
) -> None:
    ask(demo_app, ADA)
    ask(demo_app, "nobody@demo.example")
    with demo_app.app_context():
        resets.answer(now=utcnow())
        clock.shift(3599)
        worker.sweep(utcnow())
        assert len(rows(sqlite_demo_database, "SELECT 1 FROM account_tokens")) == 1
        assert rows(sqlite_demo_database, "SELECT 1 FROM reset_questions") == []
        clock.shift(1)
        worker.sweep(utcnow())
        assert rows(sqlite_demo_database, "SELECT 1 FROM account_tokens") == []
        kept = "SELECT 1 FROM outbox WHERE kind = 'account_reset'"
        assert len(rows(sqlite_demo_database, kept)) == 1
        clock.shift(account_mails.KEPT_FOR)
        worker.sweep(utcnow())
        assert rows(sqlite_demo_database, kept) == []


# ---- changing it -----------------------------------------------------------


def test_a_changed_password_ends_all_other_sessions_and_is_told_by_mail(demo_app: Flask) -> None:
    here, elsewhere = signed_in(demo_app, ADA), signed_in(demo_app, ADA)
    before = here.get_cookie("session")
    answer = change(here, PASSWORD, NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, ACCOUNT)
    page = here.get(ACCOUNT)
    assert (page.status_code, "Your password is changed" in page.text) == (200, True)
    assert here.get_cookie("session") != before
    assert elsewhere.get(ACCOUNT).status_code == 303
    assert (may_sign_in(demo_app, PASSWORD), may_sign_in(demo_app, NEW)) == (False, True)
    (mail,) = mails(demo_app)
    assert "your account has a new password." in mail
    assert "mailto" not in mail


def test_without_the_present_password_nothing_is_changed(demo_app: Flask) -> None:
    ada = signed_in(demo_app, ADA)
    for current, password in (("not this one, sorry", NEW), ("", NEW), (PASSWORD, "short")):
        answer = change(ada, current, password)
        assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True)
        assert NEW not in answer.text
    assert may_sign_in(demo_app, PASSWORD)


def test_the_account_page_shows_the_own_account_only(demo_app: Flask) -> None:
    page = signed_in(demo_app, ADA).get(ACCOUNT).text
    assert ADA in page
    assert BEN not in page


# ---- the command line ------------------------------------------------------


def run(app: Flask, *arguments: str) -> Result:
    """A command, as the operator types it."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=arguments)


def test_the_operator_hands_over_a_link(demo_app: Flask) -> None:
    printed = run(demo_app, "reset-password", ADA)
    assert printed.exit_code == 0, printed.output
    assert set_password(demo_app, link_in(printed.output)).status_code == 200
    unknown = run(demo_app, "reset-password", "no@demo.example")
    assert (unknown.exit_code, "nobody signs in with this address" in unknown.output) == (2, True)


@pytest.mark.parametrize("password", ["short", "123456789012"])
def test_accounts_made_on_the_command_line_have_good_passwords_too(demo_app: Flask, password: str) -> None:
    made = ["--name", "Nia Holm", "--email", "nia@demo.example", "--password", password]
    refused = run(demo_app, "add-therapist", "demo", "nia", *made)
    assert (refused.exit_code, "Use 12" in refused.output or "easy to guess" in refused.output) == (2, True)
    practice = ["add-practice", "third", "--name", "Third", "--zone", "Europe/Paris", "--country", "FR"]
    refused = run(demo_app, *practice, "--owner-email", "o@third.example", "--password", password)
    assert refused.exit_code == 2
    accepted = run(demo_app, *practice, "--owner-email", "o@third.example", "--password", NEW)
    assert accepted.exit_code == 0, accepted.output
