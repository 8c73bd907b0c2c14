"""Appointments in a calendar of the therapist's own: Radicale keeps it, three programs look into it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from sqlalchemy import text

from scheduler.domain.appointment import Appointment
from scheduler.domain.calendars import CalendarKind, OwnCalendar, ReadStatus, WriteStatus
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.practice import Therapist
from scheduler.gateways.http import Fetcher
from scheduler.services import by_hand, calendar_reading, calendar_writing, calendars, offers, series
from scheduler.services.calendars import Wish
from scheduler.store.database import transaction
from tests.clients.programs import Program
from tests.gateways.website import answer, website
from tests.support.core import NOW, TUESDAY, WEDNESDAY, Core, day, vera
from tests.support.instants import HOUR, MINUTE
from tests.support.radicale import PASSWORD, CalDavServer

DAY = 24 * HOUR
WEEK = 7 * DAY
LAST = day("2026-07-31")
A_CALENDAR = (
    b'<multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><response><href>/mine/</href>'
    b"<propstat><prop><resourcetype><collection/><c:calendar/></resourcetype></prop>"
    b"<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
)


class Home:
    """A therapist's calendar on the server: written by the worker, looked into by others."""

    def __init__(self, core: Core, server: CalDavServer, slug: str, folder: Path) -> None:
        self.core, self.server, self.slug, self.folder = core, server, slug, folder
        self.therapist: Therapist = core.therapist(slug)
        self.url = server.make(slug, uuid4().hex)
        self.fetcher = Fetcher(allowed=[server.host])
        self.program: Program | None = None

    def add(self, **changes: object) -> OwnCalendar:
        wish = Wish(
            "Mine", CalendarKind.CALDAV, self.url, self.slug, PASSWORD, writes=True, level=FeedLevel.FULL
        )
        values = {name: getattr(wish, name) for name in Wish.__slots__} | changes
        return calendars.add(self.therapist, Wish(**values), by=self.slug, now=NOW)

    def write(self, now: int = NOW) -> OwnCalendar:
        """A round of the worker; how the calendar stands then."""
        calendar_writing.write_due(self.fetcher, lambda: now, stop=Event())
        return calendars.listed(self.therapist)[0]

    def seen(self) -> list[tuple[str, str]]:
        """What the `caldav` client finds until the end of July: (start in UTC, title), by start."""
        found = self.server.calendar(self.slug, self.url).search(
            start=datetime.fromtimestamp(NOW, UTC),
            end=datetime(2026, 8, 1, tzinfo=UTC),
            event=True,
            expand=True,
        )
        events = [event.icalendar_component for event in found]
        return sorted(
            (f"{event.start.astimezone(UTC):%m-%dT%H:%M}", str(event["SUMMARY"])) for event in events
        )

    def shown(self) -> list[tuple[str, str]]:
        """The same by vdirsyncer and khal."""
        if self.program is None:
            self.program = Program.with_caldav(self.folder, self.url, self.slug, PASSWORD)
        self.program.sync()
        first = datetime.fromtimestamp(NOW, UTC).date()
        return sorted(
            (shown.start.astimezone(UTC).strftime("%m-%dT%H:%M"), shown.title)
            for shown in self.program.between(first, LAST + timedelta(days=1))
        )


@pytest.fixture
def home(any_core: Core, radicale: CalDavServer, tmp_path: Path) -> Callable[[str], Home]:
    """Homes of therapists: `home("ada")`."""

    def of(slug: str) -> Home:
        return Home(any_core, radicale, slug, tmp_path / slug)

    return of


def booked(core: Core, therapist: Therapist, start: int, kind: str = "consultation") -> Appointment:
    return by_hand.book_by_hand(
        core.demo,
        core.kind(kind),
        therapist=therapist,
        start=start,
        raw=vera(),
        notify=False,
        by="x",
        now=NOW,
    )


def utc(*starts: int) -> list[str]:
    return [datetime.fromtimestamp(start, UTC).strftime("%m-%dT%H:%M") for start in starts]


def vera_at(*starts: int) -> list[tuple[str, str]]:
    return [(at, "Appointment · Vera Moss") for at in utc(*starts)]


def test_an_appointment_is_entered_moved_and_taken_out(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    ada.add()
    one = booked(ada.core, ada.therapist, TUESDAY)
    # vdirsyncer empties no calendar without being asked, so one stays.
    last = TUESDAY + 7 * WEEK
    booked(ada.core, ada.therapist, last)
    written = ada.write()
    assert (written.write_status, written.written_at) == (WriteStatus.OK, NOW)
    assert ada.seen() == ada.shown() == vera_at(TUESDAY, last)
    by_hand.move(ada.core.demo, one.id, WEDNESDAY, by="x", now=NOW)
    ada.write()
    assert ada.seen() == ada.shown() == vera_at(WEDNESDAY, last)
    by_hand.cancel(ada.core.demo, one.id, by="x", now=NOW)
    ada.write()
    assert ada.seen() == ada.shown() == vera_at(last)


def test_a_series_with_one_date_moved_and_one_cancelled(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    ada.add(level=FeedLevel.BUSY)
    kind = ada.core.kind("session")
    rhythm = series.rhythm_of(ada.core.demo, TUESDAY, 1, 5)
    made = series.book_by_hand(
        ada.core.demo,
        kind,
        therapist=ada.therapist,
        rhythm=rhythm,
        raw=vera(),
        notify=False,
        by="x",
        now=NOW,
    )
    dates = [TUESDAY + number * WEEK for number in range(5)]
    ada.write()
    assert [at for at, _ in ada.seen()] == [at for at, _ in ada.shown()] == utc(*dates)
    ids = [date.appointment.id for date in made.dates if date.appointment]
    by_hand.move(ada.core.demo, ids[1], dates[1] + HOUR, by="x", now=NOW)
    by_hand.cancel(ada.core.demo, ids[3], by="x", now=NOW)
    ada.write()
    left = [dates[0], dates[1] + HOUR, dates[2], dates[4]]
    assert [at for at, _ in ada.seen()] == [at for at, _ in ada.shown()] == utc(*left)
    assert {title for _, title in ada.seen()} == {"Busy"}
    assert len(ada.server.calendar("ada", ada.url).objects()) == 1, "one object for the whole series"


def test_two_therapists_have_their_own_and_nothing_else(home: Callable[[str], Home]) -> None:
    ada, ben = home("ada"), home("ben")
    for one in (ada, ben):
        one.add()
    booked(ada.core, ada.therapist, TUESDAY)
    booked(ada.core, ben.therapist, WEDNESDAY)
    ada.write()
    assert [at for at, _ in ada.seen()] == [at for at, _ in ada.shown()] == utc(TUESDAY)
    assert [at for at, _ in ben.seen()] == [at for at, _ in ben.shown()] == utc(WEDNESDAY)


def test_a_calendar_that_is_written_and_read_does_not_block_its_own_times(
    home: Callable[[str], Home],
) -> None:
    ada = home("ada")
    ada.add()
    one = booked(ada.core, ada.therapist, TUESDAY)
    ada.write()
    calendar_reading.read_due(ada.fetcher, lambda: NOW, stop=Event())
    assert calendars.listed(ada.therapist)[0].status is ReadStatus.OK
    by_hand.cancel(ada.core.demo, one.id, by="x", now=NOW)
    offered = offers.offer(
        ada.core.demo,
        ada.core.kind("consultation"),
        day("2026-06-02"),
        day("2026-06-02"),
        therapist=ada.therapist,
        now=NOW,
    )
    assert TUESDAY in offered.starts


def test_what_somebody_changed_or_deleted_there_is_put_right_with_the_next_change(
    home: Callable[[str], Home],
) -> None:
    ada = home("ada")
    ada.add()
    first, second = (booked(ada.core, ada.therapist, TUESDAY + n * HOUR) for n in (0, 1))
    ada.write()
    calendar = ada.server.calendar("ada", ada.url)
    for event in calendar.events():
        if event.icalendar_component["UID"] == first.uid:
            event.icalendar_component["SUMMARY"] = "My own words"
            event.save()
        else:
            event.delete()
    by_hand.move(ada.core.demo, first.id, WEDNESDAY, by="x", now=NOW)
    by_hand.move(ada.core.demo, second.id, WEDNESDAY + HOUR, by="x", now=NOW)
    assert ada.write().write_status is WriteStatus.OK
    assert ada.seen() == vera_at(WEDNESDAY, WEDNESDAY + HOUR)


def test_entries_of_others_stay_as_they_are(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    foreign = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:dentist\r\n"
        "DTSTAMP:20260101T000000Z\r\nDTSTART:20260602T180000Z\r\nDTEND:20260602T190000Z\r\nSUMMARY:Dentist\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    ada.server.store("ada", ada.url, "dentist.ics", foreign.encode())
    mine = ada.add()
    one = booked(ada.core, ada.therapist, TUESDAY)
    ada.write()
    by_hand.cancel(ada.core.demo, one.id, by="x", now=NOW)
    ada.write()
    assert [title for _, title in ada.seen()] == ["Dentist"]
    booked(ada.core, ada.therapist, TUESDAY)
    ada.write()
    wish = Wish("Mine", CalendarKind.CALDAV, "", reads=True, writes=False)
    calendars.change(ada.therapist, mine.id, wish, by="ada", now=NOW)
    assert ada.write().write_status is WriteStatus.OFF
    assert [title for _, title in ada.seen()] == ["Dentist"], "switched off: ours go, others stay"


class StoppedSoon(Event):
    """Set once it was asked a few times: in the middle of writing."""

    asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > 3


def test_a_worker_stopped_in_the_middle_goes_on_when_it_is_back(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    for start in (TUESDAY, WEDNESDAY, WEDNESDAY + DAY):
        booked(ada.core, ada.therapist, start)
    ada.add()
    calendar_writing.write_due(ada.fetcher, lambda: NOW, stop=StoppedSoon())
    assert 0 < len(ada.seen()) < 3
    calendar = ada.write(NOW + 1)
    assert (len(ada.seen()), calendar.write_status, calendar.write_failures) == (3, WriteStatus.OK, 0)


def test_a_worker_that_died_before_noting_leaves_no_second_entry(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    mine = ada.add()
    booked(ada.core, ada.therapist, TUESDAY)
    ada.write()
    from_before = ada.core.all("SELECT uid FROM calendar_copies")
    with transaction() as tx:
        tx.execute(text("DELETE FROM calendar_copies"))
    calendars.read_soon(ada.therapist, mine.id, now=NOW)
    assert ada.write().write_status is WriteStatus.OK
    assert ada.core.all("SELECT uid FROM calendar_copies") == from_before
    assert len(ada.seen()) == 1


@pytest.mark.parametrize(
    ("trouble", "status"),
    [("password", WriteStatus.SIGN_IN), ("deleted", WriteStatus.GONE), ("away", WriteStatus.NO_ANSWER)],
)
def test_trouble_is_told_and_overcome(home: Callable[[str], Home], trouble: str, status: WriteStatus) -> None:
    ada = home("ada")
    mine = ada.add(password="wrong" if trouble == "password" else PASSWORD)
    booked(ada.core, ada.therapist, TUESDAY)
    if trouble == "deleted":
        ada.server.ask("ada", "DELETE", ada.url)
    if trouble == "away":
        ada.fetcher = Fetcher(allowed=[ada.server.host], resolve=lambda *_, **__: [])
        away = Wish("Mine", CalendarKind.CALDAV, "http://127.0.0.1:9/ada/x/", "ada", PASSWORD, writes=True)
        calendars.change(ada.therapist, mine.id, away, by="ada", now=NOW)
        ada.fetcher = Fetcher(allowed=["127.0.0.1:9"])
    assert ada.write().write_status is status
    assert calendars.listed(ada.therapist)[0].write_failures == 1
    ada.url = ada.server.make("ada", uuid4().hex)
    ada.fetcher = Fetcher(allowed=[ada.server.host])
    again = Wish("Mine", CalendarKind.CALDAV, ada.url, "ada", PASSWORD, writes=True, level=FeedLevel.FULL)
    calendars.change(ada.therapist, mine.id, again, by="ada", now=NOW)
    after = ada.write(NOW + 5 * MINUTE)
    assert (after.write_status, after.write_failures) == (WriteStatus.OK, 0)
    assert len(ada.seen()) == 1


@pytest.mark.parametrize(
    ("answered", "status"),
    [
        ("403 Forbidden", WriteStatus.SIGN_IN),
        ("404 Not Found", WriteStatus.GONE),
        ("423 Locked", WriteStatus.SERVER_TROUBLE),
        ("500 Oops", WriteStatus.SERVER_TROUBLE),
        ("507 Insufficient Storage", WriteStatus.SERVER_TROUBLE),
    ],
)
def test_a_refused_entry_is_tried_again_and_keeps_no_other_from_being_written(
    home: Callable[[str], Home], answered: str, status: WriteStatus
) -> None:
    ada = home("ada")
    refused, taken = (booked(ada.core, ada.therapist, TUESDAY + n * HOUR) for n in (0, 1))
    with website() as server:
        server.sayings["/mine/"] = answer(A_CALENDAR, status="207 Multi-Status")
        server.sayings[f"/mine/{refused.uid}.ics"] = answer(b"", status=answered)
        server.sayings[f"/mine/{taken.uid}.ics"] = answer(b"", 'ETag: "1"', status="201 Created")
        ada.fetcher = Fetcher(allowed=[server.door])
        ada.add(address=server.url("/mine/"))
        assert ada.write().write_status is status
        if status is WriteStatus.SERVER_TROUBLE:
            assert ada.core.all("SELECT uid FROM calendar_copies") == [(taken.uid,)]
        server.sayings[f"/mine/{refused.uid}.ics"] = answer(b"", 'ETag: "1"', status="201 Created")
        assert ada.write(NOW + 5 * MINUTE).write_status is WriteStatus.OK
        assert {uid for (uid,) in ada.core.all("SELECT uid FROM calendar_copies")} == {refused.uid, taken.uid}


def test_nothing_is_written_where_no_calendar_is(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    booked(ada.core, ada.therapist, TUESDAY)
    above = f"{ada.server.url}ada/"  # takes entries as well, and no program shows them there
    mine = ada.add(address=above, reads=False)
    assert ada.write().write_status is WriteStatus.GONE
    assert ada.core.all("SELECT uid FROM calendar_copies") == []
    here = Wish("Mine", CalendarKind.CALDAV, ada.url, "ada", PASSWORD, reads=False, writes=True)
    calendars.change(ada.therapist, mine.id, here, by="ada", now=NOW)
    assert ada.write().write_status is WriteStatus.OK
    assert len(ada.seen()) == 1


def test_nobody_is_invited_and_no_word_of_the_person_is_in_a_busy_calendar(
    home: Callable[[str], Home],
) -> None:
    ada = home("ada")
    ada.add(level=FeedLevel.BUSY)
    booked(ada.core, ada.therapist, TUESDAY)
    ada.write()
    (event,) = ada.server.calendar("ada", ada.url).events()
    words = (
        "ATTENDEE",
        "ORGANIZER",
        "METHOD",
        "Vera",
        "Moss",
        "vera@",
        "VALARM",
        "consultation",
        "/appointments/",
    )
    assert [word for word in words if word in event.data] == []


def test_at_another_address_everything_is_written_again(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    mine = ada.add()
    booked(ada.core, ada.therapist, TUESDAY)
    ada.write()
    ada.url = ada.server.make("ada", uuid4().hex)
    there = Wish("Mine", CalendarKind.CALDAV, ada.url, "ada", PASSWORD, writes=True, level=FeedLevel.FULL)
    calendars.change(ada.therapist, mine.id, there, by="ada", now=NOW)
    assert ada.write().write_status is WriteStatus.OK
    assert ada.seen() == vera_at(TUESDAY)


def test_a_servers_address_alone_lets_the_therapist_choose(home: Callable[[str], Home]) -> None:
    ada = home("ada")
    mine = ada.add(address=ada.server.url, writes=False)
    calendar_reading.read_due(ada.fetcher, lambda: NOW, stop=Event())
    found, offered = calendars.find(ada.therapist, mine.id)
    assert found.status is ReadStatus.CHOOSE
    assert ada.url in [address for address, _ in offered]
    calendars.choose(ada.therapist, mine.id, ada.url, by="ada", now=NOW)
    calendar_reading.read_due(ada.fetcher, lambda: NOW, stop=Event())
    assert calendars.find(ada.therapist, mine.id)[0].status is ReadStatus.OK
