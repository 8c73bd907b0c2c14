"""The therapist's own calendars on the practice pages: how each stands, in words, and who may do what."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
import time_machine
from flask import Flask

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind, OwnCalendar, ReadStatus, WhenStale, WriteStatus
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.intervals import Interval
from scheduler.services import calendars, directory
from scheduler.services.calendars import Wish
from scheduler.store import calendars as rows
from scheduler.store import outside
from scheduler.store.database import transaction
from tests.support.instants import HOUR, MINUTE
from tests.support.radicale import PASSWORD as RADICALE_PASSWORD
from tests.support.radicale import CalDavServer
from tests.support.signing_in import ADA, BEN, CORA, OWNER
from tests.web.practice.staff import Person, problems, working_day

PAGE = "/practice/calendars"
NEW = f"{PAGE}/own/new"
ADDRESS = "https://calendar.example/secret-token/basic.ics"
DAY = 24 * HOUR

READ_WORDS = {
    ReadStatus.EMPTY: "It came back empty",
    ReadStatus.TROUBLED: "3 entries could not be read",
    ReadStatus.CHOOSE: "Choose the calendar",
    ReadStatus.NOT_ALLOWED: "This address is not open to us",
    ReadStatus.NO_ANSWER: "The server does not answer",
    ReadStatus.SIGN_IN: "The server does not let us in",
    ReadStatus.GONE: "There is nothing at this address any more",
    ReadStatus.SERVER_TROUBLE: "The server has trouble of its own",
    ReadStatus.NOT_A_CALENDAR: "What lies at this address is no calendar",
    ReadStatus.TOO_LARGE: "This calendar is too large",
    ReadStatus.TOO_SLOW: "Reading it takes too long",
    ReadStatus.REFUSED: "There is more in this calendar than we read",
}
WRITE_WORDS = {
    WriteStatus.NOT_ALLOWED: "The address is not open to us",
    WriteStatus.NO_ANSWER: "The server does not answer.",
    WriteStatus.SIGN_IN: "The server does not let us write",
    WriteStatus.GONE: "There is no calendar at this address",
    WriteStatus.SERVER_TROUBLE: "The server has trouble of its own.",
}


class Own(Person):
    """Somebody with a calendar of their own, and the worker's notes about it."""

    def add(self, **changes: Any) -> str:
        """Give the address of a calendar; answers its id."""
        with self.app.app_context():
            wish = Wish(
                "Private", CalendarKind.ICS, ADDRESS, username="ada-at-home", password="app-password-7"
            )
            return calendars.add(self.ada, replace(wish, **changes), by="ada", now=utcnow()).id

    @property
    def ada(self) -> Any:
        return directory.find_therapist(directory.practice("demo"), "ada")

    def note(self, *, spans: tuple[Interval, ...] = (), found: Any = (), **changes: Any) -> None:
        """The worker notes how its only calendar stands."""
        with self.app.app_context(), transaction() as tx:
            calendar = replace(self.calendar, **{"due_at": utcnow() + 300, **changes})
            rows.save_reading(tx, calendar)
            rows.save_writing(tx, calendar)
            rows.keep_found(tx, calendar.id, found)
            outside.replace_spans(tx, calendar, spans)

    @property
    def calendar(self) -> OwnCalendar:
        """The only calendar as it stands."""
        with self.app.app_context():
            (calendar,) = calendars.listed(self.ada)
            return calendar

    @property
    def blocked(self) -> list[Interval]:
        """What own calendars block at any time."""
        with self.app.app_context():
            return [one[:2] for one in calendars.busy_between(self.ada.practice_id, [self.ada], (0, 2**40))]


@pytest.fixture
def ada(demo_app: Flask) -> Own:
    """Ada, signed in."""
    return Own(demo_app, ADA)


def own_part(page: str) -> str:
    """The part about calendars that come in, without its tags."""
    part = page[page.index('id="own-calendars"') :]
    return " ".join(re.sub(r"<[^>]+>", " ", part[: part.index("</section>")]).split())


# ---- how it stands -----------------------------------------------------------


def test_every_way_a_read_can_end_has_words_of_its_own_in_both_languages(ada: Own) -> None:
    ada.add()
    assert set(READ_WORDS) == {*ReadStatus} - {ReadStatus.NEW, ReadStatus.OK}
    found = [("https://calendar.example/a/", "Private"), ("https://calendar.example/b/", "Work")]
    seen = set()
    for status, words in READ_WORDS.items():
        choices = found if status is ReadStatus.CHOOSE else []
        ada.note(status=status, read_at=utcnow(), troubled_events=3, found=choices)
        told = [text for text in READ_WORDS.values() if text in own_part(ada.read(PAGE))]
        assert told == [words]
        french = own_part(ada.read(f"{PAGE}?lang=fr"))
        assert not [text for text in READ_WORDS.values() if text in french]
        seen.add(french)
    assert len(seen) == len(READ_WORDS)


def test_a_good_calendar_says_when_it_was_read_and_nothing_else(ada: Own) -> None:
    ada.add()
    at = int(datetime(2026, 6, 2, 13, 5, tzinfo=UTC).timestamp())
    ada.note(status=ReadStatus.OK, read_at=at, due_at=2**40)
    with time_machine.travel(at + 60, tick=False):
        again = Own(ada.app, ADA)
        page = again.read(PAGE)
    assert "Last read on Tuesday 2 June, 09:05 Read now Private Change Private" in own_part(page)
    assert "data-waiting" not in page
    assert "note warn" not in page


def test_every_way_writing_can_end_has_words_of_its_own(ada: Own) -> None:
    ada.add(kind=CalendarKind.CALDAV, writes=True)
    fine = {WriteStatus.OFF, WriteStatus.NEW, WriteStatus.OK}
    assert set(WRITE_WORDS) == {*WriteStatus} - fine
    for status, words in WRITE_WORDS.items():
        ada.note(status=ReadStatus.OK, read_at=utcnow(), write_status=status)
        part = own_part(ada.read(PAGE))
        assert "Appointments could not be written into it" in part
        assert [text for text in WRITE_WORDS.values() if text in part] == [words]
    for status in (WriteStatus.OFF, WriteStatus.NEW):
        ada.note(status=ReadStatus.OK, read_at=utcnow(), write_status=status, write_due_at=utcnow())
        assert "Appointments will be written into it within a minute" in own_part(ada.read(PAGE))
    ada.note(status=ReadStatus.OK, read_at=utcnow(), write_status=WriteStatus.OK, written_at=utcnow())
    assert "Appointments are written into it" in own_part(ada.read(PAGE))
    ada.note(status=ReadStatus.SIGN_IN, read_at=utcnow(), write_status=WriteStatus.SIGN_IN)
    part = own_part(ada.read(PAGE))
    assert [READ_WORDS[ReadStatus.SIGN_IN] in part, "could not be written" in part] == [True, False]


def test_the_page_waits_for_the_worker_and_says_when_that_takes_too_long(ada: Own) -> None:
    ada.add()
    page = ada.read(PAGE)
    assert "It will be read within a minute" in page
    assert "data-waiting" in page
    assert ">Look again</a>" in page
    ada.note(due_at=utcnow() - 6 * MINUTE)
    late = ada.read(PAGE)
    assert "This takes longer than it should" in late
    assert "data-waiting" not in late


def test_an_empty_calendar_keeps_its_times_until_the_therapist_says_so(ada: Own) -> None:
    ada.add()
    span = (utcnow() + DAY, utcnow() + DAY + HOUR)
    ada.note(status=ReadStatus.EMPTY, empty_since=utcnow() - HOUR, read_at=utcnow(), spans=(span,))
    assert "its times stay blocked until" in own_part(ada.read(PAGE))
    assert ada.blocked == [span]
    page = ada.done(f"{PAGE}/own/{ada.calendar.id}/empty")
    assert "Its times are free again" in page
    assert ada.blocked == []


def test_one_of_several_calendars_is_chosen_and_nothing_that_was_not_offered(ada: Own) -> None:
    ada.add(kind=CalendarKind.CALDAV)
    offered = ("https://calendar.example/dav/office/", "Office")
    ada.note(status=ReadStatus.CHOOSE, found=[offered, ("https://calendar.example/dav/home/", "Home")])
    choose = f"{PAGE}/own/{ada.calendar.id}/choose"
    assert "Choose one of the calendars" in ada.done(choose, address="https://elsewhere.example/")
    assert "It will be read within a minute" in own_part(ada.done(choose, address=offered[0]))
    with ada.app.app_context(), transaction() as tx:
        assert rows.access(tx, ada.calendar.id).address == offered[0]


def test_a_server_is_given_a_calendar_chosen_and_appointments_are_written_into_it(
    make_app: Callable[..., Flask], sqlite_demo_database: str, radicale: CalDavServer
) -> None:
    private, work = (radicale.make("ada", name, name) for name in ("pages-private", "pages-work"))
    ada = Own(make_app(sqlite_demo_database, SCHEDULER_CALENDAR_HOSTS_ALLOWED=radicale.host), ADA)
    ada.done(
        NEW,
        kind="caldav",
        name="Radicale",
        address=radicale.url,
        username="ada",
        password=RADICALE_PASSWORD,
        reads="1",
        writes="1",
        level="busy",
    )
    look_outside(ada)
    page = ada.read(PAGE)
    assert {private, work} <= set(re.findall(r'name="address" value="([^"]+)"', page))
    assert "Appointments could not be written into it" not in page
    ada.done(f"{PAGE}/own/{ada.calendar.id}/choose", address=work)
    look_outside(ada)
    part = own_part(ada.read(PAGE))
    assert "Last read on" in part
    assert "Appointments are written into it" in part
    assert radicale.calendar("ada", work).events()
    assert not radicale.calendar("ada", private).events()


def look_outside(who: Own) -> None:
    """A round of the worker."""
    with who.app.app_context():
        worker.look_outside(who.app.config["SETTINGS"], utcnow, stop=Event())


# ---- adding and changing ------------------------------------------------------


def test_a_calendar_is_added_and_its_address_is_never_shown_again(ada: Own) -> None:
    choice = ada.read(NEW)
    assert [f"{NEW}?kind={kind}" in choice for kind in ("ics", "caldav")] == [True, True]
    fields = {"name": "Private", "address": ADDRESS, "when_stale": "stop"}
    assert "Secret address in iCal format" in ada.read(f"{NEW}?kind=ics")
    assert "It will be read within a minute" in ada.done(NEW, kind="ics", **fields)
    calendar = ada.calendar
    assert (calendar.name, calendar.reads, calendar.writes) == ("Private", True, False)
    assert calendar.when_stale is WhenStale.STOP
    for path in (PAGE, f"{PAGE}/own/{calendar.id}", "/practice/"):
        assert "secret-token" not in ada.read(path), path


def test_what_is_wrong_is_told_at_its_field_and_only_the_password_is_to_be_typed_again(ada: Own) -> None:
    answer = ada.send(
        NEW,
        kind="caldav",
        name=" ",
        address="ftp://x",
        username="ada",
        password="app-password-7",
        level="full",
    )
    assert answer.status_code == 422
    assert problems(answer) == [
        "name: Give it a name, so that you recognise it later",
        "address: Give the whole address, as it begins: https:// or webcal://",
        "reads: Choose at least one: it blocks time, or appointments are written into it",
    ]
    assert 'value="ftp://x"' in answer.text
    assert 'value="ada"' in answer.text
    assert re.search(r'value="full"\s+checked', answer.text)
    assert "app-password-7" not in answer.text
    assert "a password is never sent back" in answer.text
    assert "Give the user name and an app password" in ada.send(NEW, kind="caldav", address=ADDRESS).text
    with ada.app.app_context():
        assert calendars.listed(ada.ada) == []


def test_a_change_keeps_what_is_left_empty_and_sends_no_password_to_another_address(ada: Own) -> None:
    ada.add(kind=CalendarKind.CALDAV)
    edit = f"{PAGE}/own/{ada.calendar.id}"
    page = ada.read(edit)
    assert [word for word in (ADDRESS, "ada-at-home", "app-password-7") if word in page] == []
    ada.done(edit, name="Work", reads="1", writes="1", level="initials", when_stale="keep")
    calendar = ada.calendar
    assert (calendar.name, calendar.writes, calendar.level) == ("Work", True, FeedLevel.INITIALS)
    with ada.app.app_context(), transaction() as tx:
        kept = rows.access(tx, calendar.id)
    assert (kept.address, kept.username, kept.password) == (ADDRESS, "ada-at-home", "app-password-7")
    moved = ada.send(edit, name="Work", reads="1", address="https://other.example/dav/")
    assert problems(moved) == ["password: Give the user name and an app password"]
    assert "What was written into it is being taken out" not in ada.done(edit, name="Work", reads="1")


def test_reading_now_and_removing(ada: Own) -> None:
    one = ada.add()
    span = (utcnow() + DAY, utcnow() + DAY + HOUR)
    ada.note(status=ReadStatus.OK, read_at=utcnow(), etag='"1"', spans=(span,))
    assert "It will be read within a minute" in own_part(ada.done(f"{PAGE}/own/{one}/read"))
    assert ada.calendar.etag == ""
    assert "Its times are free again at once" in own_part(ada.read(PAGE))
    assert "Removed. Its times are free again." in ada.done(f"{PAGE}/own/{one}/remove")
    assert ada.blocked == []
    assert "None yet." in own_part(ada.read(PAGE))


# ---- who ------------------------------------------------------------------------


def test_neither_ben_nor_cora_reaches_adas_calendar_and_the_owner_does(ada: Own) -> None:
    one = ada.add()
    actions = ("", "/choose", "/read", "/empty", "/remove")
    for email in (BEN, CORA):
        other = Person(ada.app, email)
        assert "Private" not in own_part(other.read(PAGE))
        other.read(f"{PAGE}/own/{one}", 404)
        for action in actions:
            assert other.send(f"{PAGE}/own/{one}{action}", name="Mine", reads="1").status_code == 404, action
    assert ada.calendar.name == "Private"
    owner = Person(ada.app, OWNER)
    assert "Private" in own_part(owner.read(f"{PAGE}?therapist=ada"))
    assert "Private" not in own_part(owner.read(f"{PAGE}?therapist=ben"))
    owner.done(f"{PAGE}/own/{one}/remove?therapist=ada")
    with ada.app.app_context():
        assert calendars.listed(ada.ada) == []


def test_no_form_works_without_its_token(ada: Own) -> None:
    one = ada.add()
    before = ada.calendar
    for path in (NEW, *(f"{PAGE}/own/{one}{part}" for part in ("", "/choose", "/read", "/empty", "/remove"))):
        fields = {"name": "Forged", "address": ADDRESS, "kind": "ics"}
        assert ada.client.post(path, data=fields).status_code == 400, path
    assert ada.calendar == before


def test_giving_an_address_takes_a_fresh_password(ada: Own) -> None:
    one = ada.add()
    with time_machine.travel(utcnow() + 16 * MINUTE, tick=False):
        for path in (NEW, f"{PAGE}/own/{one}"):
            for answer in (ada.client.get(path), ada.send(path, name="Late", address=ADDRESS, kind="ics")):
                assert answer.headers["Location"] == f"/practice/confirm?next={path}"
        ada.read(PAGE)
    assert ada.calendar.name == "Private"


# ---- the week --------------------------------------------------------------------


def test_the_week_shows_what_is_busy_elsewhere_and_visitors_see_no_name(ada: Own) -> None:
    ada.add(name="Choir and family")
    day = working_day()
    noon = int(datetime(day.year, day.month, day.day, 17, tzinfo=UTC).timestamp())
    ada.note(status=ReadStatus.OK, read_at=utcnow(), spans=((noon, noon + HOUR),))
    page = ada.read(f"/practice/?week={day}&day={day}")
    assert page.count('class="ev busy') == 2  # in the grid, and in the agenda of a phone
    assert re.search(r"Busy until 1[34]:00</b><span><bdi>Choir and family", page)
    assert "busy in your own calendar" in page
    assert "note warn" not in page
    assert "busy in your own calendar" not in Person(ada.app, BEN).read(f"/practice/?week={day}&day={day}")
    assert "Choir" not in ada.client.get("/book/demo/consultation?therapist=ada").text


@pytest.mark.parametrize("when_stale", list(WhenStale))
def test_the_week_says_when_a_calendar_is_out_of_date(ada: Own, when_stale: WhenStale) -> None:
    ada.add(when_stale=when_stale)
    ada.note(status=ReadStatus.GONE, read_at=utcnow() - DAY - 1)
    for path in ("/practice/", PAGE):
        page = ada.read(path)
        assert "What it blocked stays blocked. What is newer is not known here." in page, path
        assert ("visitors find no free times" in page) == (when_stale is WhenStale.STOP), path
    assert "“Private” was last read on" in ada.read("/practice/")
