"""Whatever happens to an appointment, no title, subject, file name, feed or log tells whose it is, or why."""

import io
import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
import time_machine
from flask import Flask

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind, OwnCalendar
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.practice import Practice, Therapist
from scheduler.domain.series import Rhythm
from scheduler.domain.staff import Role, Staff
from scheduler.gateways.http import Fetcher
from scheduler.services import (
    booking,
    by_hand,
    calendar_reading,
    calendars,
    desk,
    directory,
    manage,
    newsletter,
    offering,
    offers,
    own_entries,
    own_series,
    requests,
    resets,
    series,
    series_offers,
    subscriptions,
)
from scheduler.services.calendars import Wish
from scheduler.store import newsletter as newsletter_store
from scheduler.store import participants
from scheduler.store import series_offers as offer_store
from scheduler.store.database import db, reading
from scheduler.web.logging import Handler
from tests.gateways.website import answer, website
from tests.ical.readers import Component, read_leniently
from tests.services.test_calendar_reading import calendar_of
from tests.support.mail import MailServer, Received
from tests.support.signing_in import ADA, signed_in
from tests.web.visitor.walking import Visitor
from tests.whole import planted
from tests.whole.planted import FORM, HEALTH, PERSON, THERAPIST, Haystack

MONDAY = datetime(2030, 3, 4, 12, tzinfo=UTC)
HOUR, DAY = 3600, 86400
SHOWN = {
    FeedLevel.BUSY: "Busy",
    FeedLevel.INITIALS: "Appointment · V. M.",
    FeedLevel.FIRST_NAME: "Appointment · Verazwinkler",
    FeedLevel.FULL: "Appointment · Verazwinkler Mosskanari",
}
FEW = ("Videokanari", planted.STREET)
"""Where one meets: for the visitor alone."""

EVENT = (
    "BEGIN:VEVENT\r\nUID:outside\r\nDTSTAMP:20300101T000000Z\r\nDTSTART:20300306T140000Z\r\n"
    f"DTEND:20300306T150000Z\r\nSUMMARY:{planted.OUTSIDE}\r\nEND:VEVENT\r\n"
)


@dataclass
class Life:
    """All that happened: what was said where, the mails, and the secret tokens that were given out."""

    app: Flask
    practice: Practice
    ada: Therapist
    smtp: MailServer
    file: Path
    clock: time_machine.Traveller
    haystack: Haystack = field(default_factory=Haystack)
    tokens: dict[str, str] = field(default_factory=dict)
    feeds: dict[FeedLevel, str] = field(default_factory=dict)

    def work(self, seconds: int = 60) -> None:
        """Let time go by, and the worker do what is due."""
        self.clock.shift(seconds)
        with self.app.app_context():
            worker.run_once(self.app.config["SETTINGS"], utcnow())

    def free(self, slug: str, number: int) -> int:
        """A start of Ada's far enough from every other."""
        kind = directory.find_type(self.practice, slug)
        return offers.soonest(self.practice, kind, therapist=self.ada, now=utcnow(), count=400)[number]

    def book(self, slug: str, number: int, **changes: str) -> booking.Booked:
        """Vera books by the API's way."""
        booked = booking.book(
            self.practice, directory.find_type(self.practice, slug), start=self.free(slug, number),
            therapist=self.ada, raw={**FORM, **changes}, key=str(uuid4()), source="192.0.2.1",
            now=utcnow(), limited=False,
        )  # fmt: skip
        self.tokens[f"{slug} {number}"] = booked.token
        return booked

    def desk(self) -> desk.Desk:
        return desk.of_staff(Staff("ada", self.practice.id, self.ada.id, Role.THERAPIST, self.ada.name))


@pytest.fixture
def log(life: Life) -> io.StringIO:
    """What web and worker write, at the finest level."""
    written = io.StringIO()
    [handler] = [one for one in logging.getLogger().handlers if isinstance(one, Handler)]
    handler.setStream(written)
    for name in ("", "scheduler"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return written


@pytest.fixture
def life(make_app: Callable[..., Flask], sqlite_demo_database: str, smtp: MailServer) -> Iterator[Life]:
    """Ada's practice with every word planted, on a Monday morning."""
    levels = {name: logging.getLogger(name).level for name in ("", "scheduler")}
    with time_machine.travel(MONDAY, tick=False) as clock:
        app = make_app(sqlite_demo_database, **smtp.settings)
        practice, ada = planted.plant(app)
        file = Path(sqlite_demo_database.removeprefix("sqlite:///"))
        made = Life(app, practice, ada, smtp, file, clock)
        planted.listen(app, made.haystack)
        yield made
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


# ---- what happens ----------------------------------------------------------


def visit(life: Life) -> None:
    """Vera books in the browser, answers a question, fetches the file, moves and cancels."""
    vera = Visitor(life.app.test_client(use_cookies=False))
    vera.hold_first(query="?therapist=ada")
    life.tokens["hold"] = re.findall(r"[\w-]{43}", vera.page.address)[0]
    vera.fill(**{name: text for name, text in FORM.items() if isinstance(text, str)})
    assert vera.page.status == 200
    vera.follow("See the questions")
    vera.send(vera.page.form_with("form_token"), **{f"q-{planted.QUESTION}": planted.ANSWER})
    assert planted.ANSWER in vera.page.text
    vera.follow("Your appointment")
    address = vera.page.address.partition("?")[0]
    life.tokens["manage"] = address.rpartition("/")[2]
    life.work()
    for words, link in list(vera.page.links.items()):
        if "calendar" in words.lower():
            life.haystack.add("file", vera.client.get(link).text)
    vera.follow("Choose another time")
    vera.press_later_day(1)
    vera.press_time(vera.page.starts()[0])
    life.work()
    vera.open(address)
    vera.send(vera.page.form_with("note"), note=planted.FAREWELL)
    life.work()


def ask(life: Life) -> None:
    """Three requests: accepted and moved by Ada, declined, withdrawn; a video call in French is reminded."""
    taken, refused, gone = (life.book("intake", number, mode="in_person") for number in (40, 80, 120))
    life.work()
    requests.accept(life.desk(), taken.appointment.id, now=utcnow())
    requests.decline(life.desk(), refused.appointment.id, now=utcnow())
    manage.cancel(gone.token, note=planted.FAREWELL, now=utcnow())
    life.work()
    start = taken.appointment.start
    by_hand.move(life.practice, taken.appointment.id, start + 15 * 60, by="ada", now=utcnow())
    life.book("consultation", 90, mode="video", language="fr", email="kanarienvogel2@visitor.example")
    life.work()


def repeat(life: Life) -> None:
    """A series with a moved and a cancelled date, ended before its time."""
    kind = directory.find_type(life.practice, "session")
    rhythm = Rhythm(life.free("session", 30), 1, 5, life.practice.zone)
    booked = series.book_by_hand(
        life.practice, kind, therapist=life.ada, rhythm=rhythm, raw={**FORM, "mode": "in_person"},
        notify=True, by="ada", now=utcnow(),
    )  # fmt: skip
    life.work()
    _, second, third, fourth, _ = booked.standing
    by_hand.move(life.practice, second.id, second.start + 15 * 60, by="ada", now=utcnow())
    with reading() as tx:
        life.tokens["third date"] = participants.token(tx, third.participants[0].id)
    manage.cancel(life.tokens["third date"], note=planted.FAREWELL, now=utcnow())
    life.work()
    series.end(life.practice, fourth.id, with_this=False, by="ada", now=utcnow())
    life.work()


def offer_dates(life: Life) -> None:
    """Dates that repeat are offered three times: accepted and ended by Vera, declined, left unanswered."""
    kind = directory.find_type(life.practice, "session")
    raw = {name: words for name, words in FORM.items() if name not in ("consents", "zone")}
    for number, ending in ((200, "accepted"), (230, "declined"), (260, "open")):
        rhythm = Rhythm(life.free("session", number), 1, 3, life.practice.zone)
        made = offering.make(
            life.desk(), kind, life.ada, rhythm, {**raw, "mode": "video"}, left_out=(), now=utcnow()
        )
        with reading() as tx:
            life.tokens[f"offer {ending}"] = offer_store.token(tx, made.id)
        life.work()
    series_offers.decline(life.tokens["offer declined"], now=utcnow())
    link = life.tokens["offer accepted"]
    starts = series_offers.show(link, now=utcnow()).offer.starts
    series_offers.accept(
        link, starts, agreed_to=kind.policy_version, zone=life.practice.zone, language="en", now=utcnow()
    )
    life.work()
    life.tokens["offered date"] = series_offers.show(link, now=utcnow()).booked[1].token
    own_series.cancel_rest(life.tokens["offered date"], now=utcnow())
    life.work()


def sign_in(life: Life) -> None:
    """Ada looks at every page, and asks for a new password."""
    client = signed_in(life.app, ADA)
    with closing(sqlite3.connect(life.file)) as connection:
        [(first,)] = connection.execute("SELECT id FROM appointments WHERE by_hand LIMIT 1")
        [(answered,)] = connection.execute(
            "SELECT appointment_id FROM participants JOIN intake_answers ON participant_id = participants.id"
        )
    pages = [f"/practice/appointments/{one}" for one in (first, answered)]
    planted.read_all_pages(client, life.app, *pages)
    assert planted.ANSWER in client.get(pages[1]).text
    with life.app.app_context():
        life.tokens["reset"] = resets.link_for(ADA, now=utcnow())
        resets.set_password(life.tokens["reset"], "a better password of mine", now=utcnow())
        resets.ask(ADA, "somebody", now=utcnow())
    life.work()


def read_outside(life: Life) -> None:
    """Ada's own calendar is read, and then for two days cannot be."""
    with website() as server:
        path = f"/{planted.SECRET_PATH}/basic.ics"
        server.sayings[path] = answer(calendar_of(EVENT.encode()))
        wish = Wish(planted.OWN_CALENDAR, CalendarKind.ICS, server.url(path))
        own = calendars.add(life.ada, wish, by="ada", now=utcnow())
        fetcher = Fetcher(allowed=[server.door])
        for seconds in (0, DAY, DAY, HOUR):
            life.clock.shift(seconds)
            calendars.read_soon(life.ada, own.id, now=utcnow())
            calendar_reading.read_due(fetcher, utcnow, stop=Event())
            server.sayings[path] = answer(b"gone", status="500 Down")
    life.work()


def subscribe(life: Life) -> None:
    """Every form that calendars have, at every level."""
    client = life.app.test_client()
    for level in FeedLevel:
        _, token = subscriptions.make(life.ada, name="Phone", level=level.value, by="ada", now=utcnow())
        life.tokens[f"feed {level}"] = token
        life.feeds[level] = client.get(f"/feeds/{token}.ics").text
        life.haystack.add("times", client.get(f"/feeds/{token}.ifb").text)
    own = OwnCalendar(
        "own", life.practice.id, life.ada.id, "own", CalendarKind.CALDAV, utcnow(), level=FeedLevel.BUSY
    )
    with reading() as tx:
        for entry in own_entries.own_entries(tx, own, now=utcnow()):
            life.haystack.add("entry", entry.text.decode())


def read_news(life: Life) -> None:
    """Vera says yes to the newsletter."""
    with reading() as tx:
        reader = newsletter_store.of_address(tx, life.practice.id, planted.EMAIL)
        assert reader is not None
        life.tokens["newsletter"] = newsletter_store.token(tx, reader.id)
    newsletter.confirm(life.tokens["newsletter"], 1, now=utcnow())


# ---- where it is looked for ------------------------------------------------


def part_names(message: EmailMessage) -> Iterator[str]:
    """Every header of every part, decoded, but for those that name the reader."""
    for part in message.walk():
        for name, value in part.items():
            if name != "To":
                yield f"{name}: {value}"


def events(mail: Received) -> list[Component]:
    """The VEVENTs of its calendar part."""
    parts = [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]
    return [event for part in parts for event in read_leniently(part.get_payload(decode=True)).all("VEVENT")]


def look_into_mails(life: Life) -> None:
    """Note headers and calendar parts: what names people, what names a place, and the rest."""
    kinds = {"LOCATION": "place", "DESCRIPTION": "place", "ATTENDEE": "people", "ORGANIZER": "people"}
    for mail in life.smtp.received:
        for line in part_names(mail.message):
            life.haystack.add("mail header", line)
        for event in events(mail):
            reader = "ada" if ADA in mail.recipients else "vera"
            for name, parameters, value in event.lines:
                place = f"mail {kinds.get(name, 'event')} {event.value('STATUS')} {reader}"
                life.haystack.add(place, f"{name} {parameters} {value}")


def look_into_files(life: Life, log: io.StringIO) -> None:
    """Note the log, the trail, and the database byte for byte."""
    life.haystack.add("log", log.getvalue())
    with closing(sqlite3.connect(life.file)) as connection:
        for row in connection.execute("SELECT * FROM audit"):
            life.haystack.add("audit", repr(row))
        for place in sorted(life.file.parent.glob(f"{life.file.name}*")):
            life.haystack.add("database", place.read_bytes().decode("latin-1"))


@pytest.mark.slow
def test_no_title_subject_file_name_feed_or_log_tells_anything(life: Life, log: io.StringIO) -> None:
    visit(life)
    with life.app.app_context():
        for happening in (ask, repeat, offer_dates):
            happening(life)
    sign_in(life)  # not within: a session would stay with the application's context
    with life.app.app_context():
        for happening in (subscribe, read_outside, read_news):
            happening(life)
        life.work(DAY)
        db.engine.dispose()
    look_into_mails(life)
    look_into_files(life, log)
    check_that_plants_are_found(life)
    check_what_all_may_see(life)
    check_what_few_may_see(life)
    check_the_levels(life)


def check_that_plants_are_found(life: Life) -> None:
    """The life was rich, and what may be told was told: a search that finds nothing would prove nothing."""
    assert len(life.smtp.received) > 30
    assert len(set(life.tokens.values())) > 10
    places = {place.partition(" ")[0] for place, _ in life.haystack.said}
    assert places == {"header", "page", "file", "times", "entry", "mail", "log", "audit", "database"}
    told = {word for word, _, _ in life.haystack.found(FEW, "mail place CONFIRMED vera")}
    assert told == set(FEW)
    assert life.haystack.found(["Verazwinkler"], "mail people CONFIRMED vera")
    assert life.haystack.found([life.tokens["manage"]], "header Location")


def check_what_all_may_see(life: Life) -> None:
    """Nobody, nothing private, no word of what it is about; secret links only where they lead on."""
    haystack, tokens = life.haystack, tuple(life.tokens.values())
    private = tuple(word for word in THERAPIST if word not in FEW)
    written = ("page", "times", "entry", "log", "audit")
    said = ("mail header", "mail event", "mail place", "header", "file", *written)
    assert haystack.found((*PERSON, *private, *HEALTH), *said) == []
    assert haystack.found(tokens, "header ETag", "header Content", "mail", "file", *written) == []
    sealed = (*PERSON, *(word for word in THERAPIST if word != planted.OWN_CALENDAR), *tokens)
    assert haystack.found(sealed, "database") == []


def check_what_few_may_see(life: Life) -> None:
    """Where they meet stands in the visitor's own calendar once settled, a person in their own mail only."""
    haystack = life.haystack
    assert haystack.found(FEW, "header", "page", "times", "entry", "log", "audit", "mail header") == []
    unsettled = ("mail place TENTATIVE", "mail place CANCELLED", "mail place CONFIRMED ada", "mail event")
    assert haystack.found(FEW, *unsettled) == []
    readers = {f"mail people {status} ada" for status in ("CONFIRMED", "TENTATIVE", "CANCELLED")}
    assert haystack.found((*PERSON, *HEALTH), *readers) == []
    private = tuple(word for word in PERSON if word not in ("Verazwinkler", "Mosskanari", "kanarienvogel"))
    assert haystack.found((*private, *HEALTH), "mail people") == []


def check_the_levels(life: Life) -> None:
    """A feed shows what its level says and no more."""
    for level, text in life.feeds.items():
        [calendar] = [read_leniently(text.encode())]
        titles = {event.text("SUMMARY") for event in calendar.all("VEVENT")}
        assert titles == {SHOWN[level]}
        rest = Haystack([("feed", re.sub(r"SUMMARY:.*", "", text.replace("\r\n ", "")))])
        assert rest.found((*PERSON, *THERAPIST, *HEALTH, *FEW, *life.tokens.values()), "feed") == []
