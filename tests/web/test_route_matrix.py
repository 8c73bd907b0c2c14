"""Who gets where: every route of the program for a stranger, a visitor with a link, and four of the staff.

A route without a line here fails. Whoever is refused must also have changed nothing.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Cookie

from scheduler import worker
from scheduler.app import create_app
from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind
from scheduler.domain.intake import Kind as QuestionKind
from scheduler.domain.intake import Question
from scheduler.domain.news import Reader
from scheduler.domain.practice import Mode, Practice, Therapist
from scheduler.domain.series import WEEK, Rhythm
from scheduler.domain.staff import Role, Staff
from scheduler.domain.waitlist import Waiting, Wishes
from scheduler.services import (
    booking,
    calendars,
    directory,
    holds,
    offering,
    offers,
    resets,
    series_offers,
    subscriptions,
)
from scheduler.services import desk as desks
from scheduler.services.calendars import Wish
from scheduler.settings import Settings
from scheduler.store import intake as intake_store
from scheduler.store import newsletter, waiting
from scheduler.store import series_offers as offer_store
from scheduler.store.database import db, reading, transaction
from scheduler.store.secrets import new_token
from tests.support.environment import settings
from tests.support.signing_in import ADA, BEN, CORA, OWNER, form_token, signed_in

pytestmark = pytest.mark.slow

ROLES = ("stranger", "visitor", "cora", "ben", "ada", "owner")
STAFF = {"cora": CORA, "ben": BEN, "ada": ADA, "owner": OWNER}

# One letter for each role: `o` is let in, `s` is asked to sign in, `-` finds nothing there.
EVERYBODY = "oooooo"
WITH_THE_LINK = "-o----"
STAFF_ONLY = "ssoooo"
ASKED_TO_SIGN_IN = "ssssss"
ADAS = "ss--oo"
OWNERS = "sso--o"
OWN_OWNER = "ss---o"
NOBODY = "------"

MATRIX = {
    "GET static": EVERYBODY,
    "GET security_pages.robots": EVERYBODY,
    "GET health.healthz": EVERYBODY,
    "GET health.readyz": EVERYBODY,
    "GET health.metrics": NOBODY,
    "GET visitor.types": EVERYBODY,
    "GET visitor.day": EVERYBODY,
    "GET visitor.zone": EVERYBODY,
    "GET visitor.privacy": EVERYBODY,
    "POST visitor.hold": EVERYBODY,
    "GET visitor.details": WITH_THE_LINK,
    "POST visitor.answer": WITH_THE_LINK,
    "POST visitor.again": WITH_THE_LINK,
    "GET visitor.other": WITH_THE_LINK,
    "POST visitor.press_other": WITH_THE_LINK,
    "POST visitor.release": WITH_THE_LINK,
    "GET visitor.done": WITH_THE_LINK,
    "POST visitor.address": WITH_THE_LINK,
    "GET visitor.appointment": WITH_THE_LINK,
    "POST visitor.change": WITH_THE_LINK,
    "GET visitor.move": WITH_THE_LINK,
    "POST visitor.press_move": WITH_THE_LINK,
    "GET visitor.calendar_file": WITH_THE_LINK,
    "GET visitor.questions": WITH_THE_LINK,
    "POST visitor.answer_questions": WITH_THE_LINK,
    "GET visitor.wait": EVERYBODY,
    "POST visitor.join": EVERYBODY,
    "GET visitor.waiting_entry": WITH_THE_LINK,
    "POST visitor.answer_waiting": WITH_THE_LINK,
    "GET visitor.look_before_leaving": WITH_THE_LINK,
    "POST visitor.leave_by_mail": WITH_THE_LINK,
    "GET visitor.series_offer": WITH_THE_LINK,
    "POST visitor.answer_series_offer": WITH_THE_LINK,
    "GET visitor.rest": WITH_THE_LINK,
    "POST visitor.cancel_rest": WITH_THE_LINK,
    "POST visitor.contact": WITH_THE_LINK,
    "POST visitor.take_back": WITH_THE_LINK,
    "GET visitor.news": WITH_THE_LINK,
    "POST visitor.answer_news": WITH_THE_LINK,
    "GET visitor.loader": EVERYBODY,
    "GET visitor.windows": EVERYBODY,
    "GET visitor.demo": EVERYBODY,
    "GET visitor.asset": EVERYBODY,
    "GET visitor.theme": EVERYBODY,
    "GET feeds.show": WITH_THE_LINK,
    "GET feeds.show_times": WITH_THE_LINK,
    "GET api.openapi": EVERYBODY,
    "GET api.practice": EVERYBODY,
    "GET api.slots": EVERYBODY,
    "POST api.book": EVERYBODY,
    "GET api.appointment": WITH_THE_LINK,
    "POST api.cancel": WITH_THE_LINK,
    "POST api.move": WITH_THE_LINK,
    "GET security.login": EVERYBODY,
    "POST security.login": EVERYBODY,
    "POST security.logout": EVERYBODY,
    "GET security.verify": STAFF_ONLY,
    "POST security.verify": STAFF_ONLY,
    "GET second_step.ask": ASKED_TO_SIGN_IN,
    "POST second_step.answer": ASKED_TO_SIGN_IN,
    "GET resets.forgotten": EVERYBODY,
    "POST resets.ask": EVERYBODY,
    "GET resets.asked": EVERYBODY,
    "GET resets.choose": WITH_THE_LINK,
    "POST resets.set_password": WITH_THE_LINK,
    "GET practice.account": STAFF_ONLY,
    "POST practice.change_password": STAFF_ONLY,
    "GET practice.second_step": STAFF_ONLY,
    "POST practice.change_second_step": STAFF_ONLY,
    "GET practice.week": STAFF_ONLY,
    "GET practice.requests_page": STAFF_ONLY,
    "GET practice.hours": STAFF_ONLY,
    "POST practice.change_hours": STAFF_ONLY,
    "POST practice.save_rules": OWNERS,
    "GET practice.extra_hours": STAFF_ONLY,
    "POST practice.save_extra_hours": STAFF_ONLY,
    "GET practice.time_off": STAFF_ONLY,
    "POST practice.save_time_off": STAFF_ONLY,
    "GET practice.time_off_done": ADAS,
    "POST practice.remove_change": ADAS,
    "GET practice.new_appointment": STAFF_ONLY,
    "POST practice.add_appointment": STAFF_ONLY,
    "POST practice.book_series": STAFF_ONLY,
    "POST practice.end_series": ADAS,
    "GET practice.change_series": ADAS,
    "POST practice.save_series_change": ADAS,
    "GET practice.series_offers_page": STAFF_ONLY,
    "POST practice.withdraw_series_offer": ADAS,
    "GET practice.appointment": ADAS,
    "POST practice.answer_known": ADAS,
    "POST practice.waive_fee": ADAS,
    "POST practice.renew_link": OWNERS,
    "POST practice.cancel": ADAS,
    "GET practice.move": ADAS,
    "POST practice.save_move": ADAS,
    "POST practice.accept_request": ADAS,
    "POST practice.decline_request": ADAS,
    "POST practice.see_answer": ADAS,
    "GET practice.waiting_list": STAFF_ONLY,
    "POST practice.remove_waiting": ADAS,
    "GET practice.choose_for_waiting": ADAS,
    "POST practice.offer_to_waiting": ADAS,
    "POST practice.switch_waiting_list": OWNERS,
    "POST practice.show_names": STAFF_ONLY,
    "GET practice.calendars": STAFF_ONLY,
    "GET practice.new_calendar": STAFF_ONLY,
    "POST practice.make_calendar": STAFF_ONLY,
    "POST practice.revoke_calendar": ADAS,
    "GET practice.new_own_calendar": STAFF_ONLY,
    "POST practice.add_own_calendar": STAFF_ONLY,
    "GET practice.edit_own_calendar": ADAS,
    "POST practice.save_own_calendar": ADAS,
    "POST practice.choose_own_calendar": ADAS,
    "POST practice.read_own_calendar": ADAS,
    "POST practice.believe_own_calendar": ADAS,
    "POST practice.remove_own_calendar": ADAS,
    "GET practice.mail": STAFF_ONLY,
    "GET practice.one_mail": ADAS,
    "GET practice.mail_page": ADAS,
    "GET practice.mail_invitation": ADAS,
    "POST practice.resend_mail": ADAS,
    "GET practice.types": STAFF_ONLY,
    "GET practice.new_type": OWNERS,
    "POST practice.add_type": OWNERS,
    "GET practice.edit_type": OWNERS,
    "POST practice.save_type": OWNERS,
    "GET practice.newsletter_page": OWNERS,
    "POST practice.save_newsletter": OWNERS,
    "GET practice.newsletter_addresses": OWNERS,
    "POST practice.remove_reader": OWN_OWNER,
    "GET practice.questions": OWNERS,
    "GET practice.new_question": OWNERS,
    "POST practice.add_question": OWNERS,
    "GET practice.edit_question": OWN_OWNER,
    "POST practice.save_question": OWN_OWNER,
    "POST practice.order_question": OWN_OWNER,
    "POST practice.delete_question": OWN_OWNER,
    "GET practice.settings": STAFF_ONLY,
    "GET practice.embed": STAFF_ONLY,
    "GET practice.embed_preview": STAFF_ONLY,
    "POST practice.save_embed": OWNERS,
    "GET practice.therapist_profile": STAFF_ONLY,
    "POST practice.save_therapist": STAFF_ONLY,
    "GET practice.practice_profile": OWNERS,
    "POST practice.save_profile": OWNERS,
}

SECRETS = {"feeds": "feed", "resets": "reset"}
SECRETS |= dict.fromkeys(("visitor.waiting_entry", "visitor.answer_waiting"), "waiting")
SECRETS |= dict.fromkeys(("visitor.look_before_leaving", "visitor.leave_by_mail"), "waiting")
SECRETS |= dict.fromkeys(("visitor.series_offer", "visitor.answer_series_offer"), "offer")
SECRETS |= dict.fromkeys(("visitor.rest", "visitor.cancel_rest"), "date")
REPEATING = ("practice.end_series", "practice.change_series", "practice.save_series_change")
SECRETS |= dict.fromkeys(("visitor.news", "visitor.answer_news"), "news")
BOOKKEEPING = {"sessions", "limits", "audit", "heartbeats"}
VERA = {
    "mode": "phone",
    "name": "Vera Visitor",
    "email": "vera@visitor.example",
    "phone": "+14165550123",
    "language": "en",
    "zone": "America/Toronto",
    "consents": ["privacy", "policy"],
}


@dataclass
class World:
    """The demo practices with things of Ada's, and a browser for each role."""

    app: Flask
    file: Path
    browsers: dict[str, FlaskClient]
    arguments: dict[str, str]
    links: dict[str, str]
    cookies: dict[str, Cookie | None] = field(default_factory=dict)

    def keep(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        shutil.copy(self.file, self.file.with_suffix(".kept"))
        self.cookies = {role: browser.get_cookie("session") for role, browser in self.browsers.items()}

    def bring_back(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.file.with_suffix(".kept"), self.file)
        for role, cookie in self.cookies.items():
            if cookie:
                self.browsers[role].set_cookie("session", cookie.value)

    def content(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row but those of sessions, limits and the trail."""
        with closing(sqlite3.connect(self.file)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            kept = [name for (name,) in tables if name not in BOOKKEEPING]
            return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in kept}


@pytest.fixture(scope="module")
def world(sqlite_demo_template: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    file = Path(shutil.copy(sqlite_demo_template, tmp_path_factory.mktemp("matrix") / "matrix.sqlite3"))
    configuration = Settings.from_environment(settings(f"sqlite:///{file}"))
    app = create_app(configuration)
    browsers = {role: app.test_client() for role in ("stranger", "visitor")}
    browsers |= {role: signed_in(app, email) for role, email in STAFF.items()}
    with app.app_context():
        made = World(app, file, browsers, *things_of_ada(configuration))
    assert (
        made.browsers["visitor"].get(f"/feeds/{made.links['feed']}.ics").status_code == 200
    )  # notes the day
    made.keep()
    return made


def things_of_ada(configuration: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """Ids of things that are Ada's, and the secret links to them."""
    now, practice = utcnow(), directory.practice("demo")
    ada = directory.find_therapist(practice, "ada")
    call, intake = (directory.find_type(practice, slug) for slug in ("consultation", "intake"))
    at, later = offers.soonest(practice, call, therapist=ada, now=now, count=20)[0:20:19]
    asked = offers.soonest(practice, intake, therapist=ada, now=now, count=40)[-1]
    one = booking.book(practice, call, start=at, therapist=ada, raw=VERA, key="a", source="x", now=now)
    in_person = {**VERA, "mode": intake.modes[0].value, "email": "v@visitor.example"}
    two = booking.book(
        practice, intake, start=asked, therapist=ada, raw=in_person, key="b", source="x", now=now
    )
    held = holds.hold(
        practice, call, start=later, therapist=ada, source="x", language="en", zone=practice.zone, now=now
    )
    subscription, feed = subscriptions.make(ada, name="Phone", level="busy", by="test", now=now)
    wish = Wish("Private", CalendarKind.ICS, "https://calendar.example/private.ics")
    own = calendars.add(ada, wish, by="test", now=now)
    worker.run_once(configuration, now)
    with closing(sqlite3.connect(configuration.database_url.removeprefix("sqlite:///"))) as connection:
        ((mail,),) = connection.execute(
            "SELECT id FROM outbox WHERE appointment_id = ? AND kind = 'confirmation'", (one.appointment.id,)
        ).fetchall()
        change, lost = add_time_off(connection, ada.id), lose_mail(connection, two.appointment.id)
        answer = add_answer(connection, practice.id, one.appointment.id)
    question = Question(
        "00000000-0000-4000-8000-00000000000d", practice.id, QuestionKind.LINE, {"en": "?"}, {}
    )
    with transaction() as tx:
        intake_store.add(tx, question)
    ids = {
        "question_id": question.id,
        "appointment": one.appointment.id,
        "request": two.appointment.id,
        "mail_id": mail,
        "change_id": change,
        "answer_id": answer,
    }
    ids |= {"subscription_id": subscription.id, "lost_mail": lost, "calendar_id": own.id}
    links = {"token": one.token, "hold": held.token, "feed": feed}
    links["waiting"], ids["waiting_id"] = somebody_waits(practice.id, call.id, ada.id, now)
    links["news"], ids["reader_id"] = somebody_reads(practice.id, now)
    (ids["offer_id"], ids["date"]), repeating = dates_that_repeat(practice, ada, now)
    return ids, {**links, **repeating, "reset": resets.link_for(ADA, now=now)}


def dates_that_repeat(practice: Practice, ada: Therapist, now: int) -> tuple[tuple[str, str], dict[str, str]]:
    """Let Ada offer dates twice, the second time accepted; ids and links of the open offer and of a date."""
    desk = desks.of_staff(Staff("test", practice.id, ada.id, Role.THERAPIST, "Ada"))
    kind, raw = directory.find_type(practice, "session"), {**VERA, "mode": "video"}
    del raw["consents"], raw["zone"]
    tokens, made_ids = [], []
    for week in (20, 40):
        rhythm = Rhythm(now + week * WEEK, 1, 3, practice.zone)
        made = offering.make(desk, kind, ada, rhythm, raw, left_out=(), now=now)
        with reading() as tx:
            tokens.append(offer_store.token(tx, made.id))
        made_ids.append(made.id)
    series_offers.accept(
        tokens[1], made.starts, agreed_to=kind.policy_version, zone=practice.zone, language="en", now=now
    )
    date = series_offers.show(tokens[1], now=now).booked[0]
    return (made_ids[0], date.appointment.id), {"offer": tokens[0], "date": date.token}


def somebody_waits(practice_id: str, type_id: str, therapist_id: str, now: int) -> tuple[str, str]:
    """Let somebody wait for Ada; answers the secret of their link and the entry's id."""
    token, entry = new_token(), "00000000-0000-4000-8000-00000000000c"
    with transaction() as tx:
        waiting.add(
            tx,
            Waiting(
                entry,
                practice_id,
                type_id,
                therapist_id,
                Mode.VIDEO,
                "en",
                "America/Toronto",
                Wishes(),
                now,
                now,
                name="Vera",
                email="vera@visitor.example",
            ),
            token=token,
            key="vera@visitor.example",
        )
    return token, entry


def somebody_reads(practice_id: str, now: int) -> tuple[str, str]:
    """Let somebody be on the list of the newsletter; answers the secret of their link and the row's id."""
    token, reader = new_token(), "00000000-0000-4000-8000-00000000000d"
    with transaction() as tx:
        one = Reader(reader, practice_id, "vera@visitor.example", "en", 1, now, now)
        newsletter.add(tx, one, token=token, key="vera@visitor.example")
    return token, reader


def add_time_off(connection: sqlite3.Connection, therapist_id: str) -> str:
    with connection:
        connection.execute(
            "INSERT INTO time_off (id, therapist_id, kind, first_day, last_day)"
            " VALUES ('00000000-0000-4000-8000-00000000000a', ?, 'holiday', '2031-01-01', '2031-01-02')",
            (therapist_id,),
        )
    return "00000000-0000-4000-8000-00000000000a"


def add_answer(connection: sqlite3.Connection, practice_id: str, appointment_id: str) -> str:
    """Let Vera's calendar have declined, and nobody have seen it."""
    with connection:
        connection.execute(
            "INSERT INTO calendar_answers"
            " (id, practice_id, appointment_id, participant_id, message_hash, method,"
            " partstat, sequence, whole_series, stated_at, received_at)"
            " SELECT '00000000-0000-4000-8000-00000000000b', ?, ?, id, x'00', 'REPLY', 'DECLINED', 0, 0, 1, 1"
            " FROM participants WHERE appointment_id = ?",
            (practice_id, appointment_id, appointment_id),
        )
    return "00000000-0000-4000-8000-00000000000b"


def lose_mail(connection: sqlite3.Connection, appointment_id: str) -> str:
    """Let the mail server have refused one mail; only such a one can be sent again."""
    with connection:
        ((mail,),) = connection.execute(
            "UPDATE outbox SET state = 'failed' WHERE appointment_id = ? AND kind = 'request_received'"
            " RETURNING id",
            (appointment_id,),
        ).fetchall()
    return str(mail)


def routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.endpoint}"


def address(world: World, line: str, role: str) -> str:
    """Where the route lies for this role: its own links for the visitor, Ada's things for everybody else."""
    endpoint = line.split()[1]
    links = world.links if role == "visitor" else dict.fromkeys(world.links, "w" * 43)
    is_request = endpoint in ("practice.accept_request", "practice.decline_request")
    named = "request" if is_request else "date" if endpoint in REPEATING else "appointment"
    values = {
        "practice": "demo",
        "kind": "consultation",
        "token": links[SECRETS.get(endpoint) or SECRETS.get(endpoint.split(".")[0], "token")],
        "hold": links["hold"],
        "appointment_id": world.arguments[named],
        "offer_id": world.arguments["offer_id"],
        "slug": "consultation",
        "page": "fees",
        "filename": "css/base.css",
        "name": "visitor.css",
        "version": "x",
        "accent": "336699",
        "mail_id": world.arguments["lost_mail" if endpoint == "practice.resend_mail" else "mail_id"],
        "change_id": world.arguments["change_id"],
        "waiting_id": world.arguments["waiting_id"],
        "reader_id": world.arguments["reader_id"],
        "answer_id": world.arguments["answer_id"],
        "question_id": world.arguments["question_id"],
        "subscription_id": world.arguments["subscription_id"],
        "calendar_id": world.arguments["calendar_id"],
    }
    (rule, *_) = sorted(
        (rule for rule in world.app.url_map.iter_rules() if rule.endpoint == endpoint),
        key=lambda rule: -len(rule.arguments),
    )
    with world.app.test_request_context():
        return str(
            world.app.url_map.bind("localhost").build(
                endpoint, {name: values[name] for name in rule.arguments}
            )
        )


def outcome(world: World, line: str, role: str) -> tuple[str, int]:
    method = line.split()[0]
    browser = world.browsers[role]
    target = address(world, line, role)
    data = {}
    if method == "POST" and target.startswith("/practice"):
        page = "/practice/confirm" if role in STAFF else "/practice/sign-in"
        data["csrf_token"] = form_token(browser.get(page).text)
    if method == "POST" and target.startswith("/api/"):
        answer = browser.post(target, json={"start": "2031-06-03T14:30:00Z"} if "move" in target else {})
    else:
        answer = browser.open(target, method=method, data=data or None)
    led_to = answer.headers.get("Location", "")
    if answer.status_code == 401 or (answer.status_code == 303 and led_to.startswith("/practice/sign-in")):
        return "s", answer.status_code
    sent_away = method == "GET" and answer.status_code == 303  # a change that is gone leads back to the hours
    return ("-" if answer.status_code in (403, 404) or sent_away else "o"), answer.status_code


def test_every_route_has_a_line_and_every_line_a_route(world: World) -> None:
    assert set(routes(world.app)) == set(MATRIX)


@pytest.mark.parametrize("line", MATRIX)
def test_each_role_gets_exactly_where_it_should(world: World, line: str) -> None:
    found, told = "", []
    for role in ROLES:
        world.bring_back()
        before = world.content()
        letter, status = outcome(world, line, role)
        found += letter
        told.append((role, status))
        assert status < 500 or line == "GET health.readyz", told
        if letter != "o" or line.startswith("GET"):
            assert world.content() == before, f"{line} changed something for {role}"
    assert found == MATRIX[line], told


def test_staff_are_not_let_in_by_a_link_and_links_open_one_thing_only(world: World) -> None:
    world.bring_back()
    visitor = world.browsers["visitor"]
    token, hold, feed = (world.links[name] for name in ("token", "hold", "feed"))
    reset = world.links["reset"]
    for path in (
        f"/appointments/{reset}",
        f"/feeds/{reset}.ics",
        f"/reset/{token}",
        f"/reset/{feed}",
        f"/appointments/{hold}",
        f"/appointments/{feed}",
        f"/feeds/{token}.ics",
        f"/feeds/{hold}.ics",
    ):
        assert visitor.get(path).status_code == 404, path
    assert visitor.get(f"/book/other/consultation/done/{token}").status_code == 404
    assert visitor.get(f"/book/other/consultation/held/{hold}").status_code == 404
    assert visitor.get(f"/appointments/{token[:-1]}").status_code == 404
    assert visitor.get(f"/appointments/{token.swapcase()}").status_code == 404


def test_nobody_reads_another_practices_clients_in_lists(world: World) -> None:
    world.bring_back()
    lists = ("", "requests", "waiting", "series/offers", "mail", "calendars", "hours")
    pages = [f"/practice/{name}" for name in lists]
    for role in ("cora", "ben"):
        for page in pages:
            text = world.browsers[role].get(page).text
            told = [secret for secret in ("Vera", world.arguments["appointment"]) if secret in text]
            assert told == [], (role, page)
