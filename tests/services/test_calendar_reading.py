"""Calendars of the therapists' own: what a read brings, and that trouble never frees a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

import pytest

from scheduler.domain.calendars import CalendarKind, OwnCalendar, ReadStatus, WhenStale
from scheduler.domain.errors import NotFound, Refused, SlotTaken
from scheduler.domain.staff import Role
from scheduler.gateways.http import Fetcher
from scheduler.services import booking, calendar_reading, calendars, offers
from scheduler.services.calendars import Wish
from scheduler.store import accounts, therapists
from scheduler.store.database import reading, transaction
from tests.gateways.website import Conversation, Website, answer, website
from tests.support.core import NOW, SOURCE, TUESDAY, WEDNESDAY, Core, day, vera
from tests.support.instants import HOUR, MINUTE

# Each read starts a confined process of its own.
pytestmark = pytest.mark.slow

DAY = 24 * HOUR
HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//somebody//EN\r\n"
TAIL = b"END:VCALENDAR\r\n"
EMPTY = HEAD + TAIL


def utc(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def entry(start: int, end: int, uid: str = "", more: str = "") -> bytes:
    """An event with a telling title."""
    lines = (
        "BEGIN:VEVENT",
        f"UID:{uid or uuid4()}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART:{utc(start)}",
        f"DTEND:{utc(end)}",
        "SUMMARY:Oncologist Dr. Quux",
        *filter(None, [more]),
        "END:VEVENT",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def calendar_of(*entries: bytes) -> bytes:
    return b"".join((HEAD, *entries, TAIL))


DENTIST = calendar_of(entry(TUESDAY, TUESDAY + HOUR))


class Outside:
    """Ada's own calendar on a web server of the test, and the worker's rounds."""

    def __init__(self, core: Core, server: Website) -> None:
        self.core, self.server = core, server
        self.ada = core.therapist("ada")
        self.fetcher = Fetcher(allowed=[server.door])

    def serve(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        """What the address answers from now on."""
        self.server.sayings["/secret-token/basic.ics"] = answer(body, *headers, status=status)

    def add(self, **changes: object) -> OwnCalendar:
        wish = Wish("Private", CalendarKind.ICS, self.server.url("/secret-token/basic.ics"))
        return calendars.add(self.ada, replace(wish, **changes), by="ada", now=NOW)  # type: ignore[arg-type]

    def read(self, now: int) -> OwnCalendar:
        """A round of the worker at that instant; the calendar as it stands then."""
        calendar_reading.read_due(self.fetcher, lambda: now, stop=Event())
        (calendar,) = calendars.listed(self.ada)
        return calendar

    def read_again(self, now: int) -> OwnCalendar:
        """A round whatever was due when."""
        (calendar,) = calendars.listed(self.ada)
        calendars.read_soon(self.ada, calendar.id, now=now)
        return self.read(now)

    def offered(self, now: int = NOW) -> list[int]:
        """Ada's starts for a consultation on Tuesday and Wednesday morning."""
        kind = self.core.kind("consultation")
        days = (day("2026-06-02"), day("2026-06-03"))
        return list(offers.offer(self.core.demo, kind, *days, therapist=self.ada, now=now).starts)

    def is_blocked(self, now: int = NOW) -> bool:
        """Whether the first hour of Tuesday is blocked and the second is not."""
        starts = self.offered(now)
        hours = [set(range(TUESDAY + n * HOUR, TUESDAY + (n + 1) * HOUR, 15 * MINUTE)) for n in (0, 1)]
        assert hours[1] <= set(starts)
        blocked = not hours[0] & set(starts)
        assert blocked or hours[0] <= set(starts)
        return blocked


@contextmanager
def outside_of(core: Core) -> Iterator[Outside]:
    core.change_type("consultation", notice=0)
    with website() as server:
        yield Outside(core, server)


@pytest.fixture
def outside(any_core: Core) -> Iterator[Outside]:
    """On whichever database: what is decided here is decided before anything is stored."""
    with outside_of(any_core) as found:
        yield found


@pytest.fixture
def outside_on_both(core: Core) -> Iterator[Outside]:
    """On SQLite, and again on PostgreSQL."""
    with outside_of(core) as found:
        yield found


def test_what_is_busy_outside_is_not_offered_and_offered_again_when_it_is_gone(
    outside_on_both: Outside,
) -> None:
    outside = outside_on_both
    outside.serve(DENTIST)
    outside.add()
    assert not outside.is_blocked()
    read = outside.read(NOW + 5)
    assert (read.status, read.read_at, read.failures) == (ReadStatus.OK, NOW + 5, 0)
    assert outside.is_blocked()
    with pytest.raises(SlotTaken):
        booking.book(
            outside.core.demo,
            outside.core.kind("consultation"),
            start=TUESDAY,
            therapist=outside.ada,
            raw=vera(),
            key=str(uuid4()),
            source=SOURCE,
            now=NOW,
        )
    outside.serve(calendar_of(entry(WEDNESDAY, WEDNESDAY + HOUR)))
    outside.read(NOW + 20 * MINUTE)
    assert not outside.is_blocked()


def test_a_calendar_is_read_when_it_is_due_and_not_before(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add()
    outside.read(NOW)
    outside.read(NOW + 14 * MINUTE)
    assert len(outside.server.heard) == 1
    outside.read(NOW + 15 * MINUTE)
    assert len(outside.server.heard) == 2


TROUBLES = {
    "500": (answer(DENTIST, status="500 Oops"), ReadStatus.SERVER_TROUBLE),
    "401": (answer(b"", status="401 Who"), ReadStatus.SIGN_IN),
    "404": (answer(b"", status="404 Gone"), ReadStatus.GONE),
    "html": (answer(b"<!DOCTYPE html><html>Please sign in"), ReadStatus.NOT_A_CALENDAR),
    "nothing": (answer(b" "), ReadStatus.NOT_A_CALENDAR),
    "half": (answer(DENTIST[: len(DENTIST) // 2]), ReadStatus.NOT_A_CALENDAR),
    "every second": (
        answer(calendar_of(entry(NOW - DAY, NOW, more="RRULE:FREQ=SECONDLY"))),
        ReadStatus.REFUSED,
    ),
    "to the house": (
        answer(b"", "Location: http://169.254.169.254/x", status="302 Found"),
        ReadStatus.NOT_ALLOWED,
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_frees_nothing_and_is_told_by_its_class(outside: Outside, trouble: str) -> None:
    outside.serve(DENTIST)
    outside.add()
    good = outside.read(NOW)
    said, status = TROUBLES[trouble]
    outside.server.sayings["/secret-token/basic.ics"] = said
    bad = outside.read(NOW + 15 * MINUTE)
    assert (bad.status, bad.failures, bad.read_at) == (status, 1, good.read_at)
    assert outside.is_blocked()
    outside.serve(DENTIST)
    assert outside.read(NOW + HOUR).failures == 0


def test_a_server_that_is_away_frees_nothing(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add()
    outside.read(NOW)
    outside.fetcher = Fetcher(allowed=["127.0.0.1:9"])
    calendars.change(
        outside.ada,
        calendars.listed(outside.ada)[0].id,
        Wish("Private", CalendarKind.ICS, "http://127.0.0.1:9/x.ics"),
        by="ada",
        now=NOW,
    )
    assert outside.read(NOW + 15 * MINUTE).status is ReadStatus.NO_ANSWER
    assert outside.is_blocked()


def test_an_empty_calendar_is_believed_a_day_later(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add()
    outside.read(NOW)
    outside.serve(EMPTY)
    since = NOW + HOUR
    for now in (since, since + 30 * MINUTE, since + DAY - 1):
        assert outside.read_again(now).status is ReadStatus.EMPTY
        assert outside.is_blocked()
    assert outside.read_again(since + DAY).status is ReadStatus.OK
    assert not outside.is_blocked()


def test_the_therapist_can_say_that_an_empty_calendar_is_empty(outside: Outside) -> None:
    outside.serve(DENTIST)
    mine = outside.add()
    outside.read(NOW)
    outside.serve(EMPTY)
    outside.read(NOW + HOUR)
    calendars.believe_empty(outside.ada, mine.id, by="ada", now=NOW + HOUR)
    assert not outside.is_blocked()
    assert outside.read(NOW + HOUR).status is ReadStatus.OK


def test_one_broken_entry_of_a_hundred_spoils_none_of_the_others(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add()
    outside.read(NOW)
    others = [entry(WEDNESDAY + n * DAY, WEDNESDAY + n * DAY + HOUR) for n in range(0, 99 * 7, 7)]
    broken = b"BEGIN:VEVENT\r\nUID:broken\r\nDTSTART:soon\r\nEND:VEVENT\r\n"
    outside.serve(calendar_of(broken, *others))
    read = outside.read(NOW + HOUR)
    assert (read.status, read.troubled_events) == (ReadStatus.TROUBLED, 1)
    assert WEDNESDAY not in outside.offered()
    assert outside.is_blocked(), "the dentist may be the broken entry"


def test_what_we_issued_ourselves_blocks_nothing_when_it_comes_back(outside: Outside) -> None:
    booked = booking.book(
        outside.core.demo,
        outside.core.kind("consultation"),
        start=TUESDAY + HOUR,
        therapist=outside.ada,
        raw=vera(),
        key=str(uuid4()),
        source=SOURCE,
        now=NOW,
    )
    outside.serve(calendar_of(entry(TUESDAY, TUESDAY + HOUR, uid=booked.uid)))
    outside.add()
    assert outside.read(NOW).status is ReadStatus.OK
    assert TUESDAY in outside.offered()


def test_a_calendar_that_did_not_change_is_not_sent_again_until_the_horizon_moves_on(
    outside: Outside,
) -> None:
    def by_tag(talk: Conversation) -> None:
        asked = outside.server.heard[-1].headers.get("if-none-match")
        same = asked == '"v1"'
        talk.say(answer(b"", status="304 Same") if same else answer(DENTIST, 'ETag: "v1"'))

    outside.server.sayings["/secret-token/basic.ics"] = by_tag
    outside.add()
    first = outside.read(NOW)
    second = outside.read(NOW + 15 * MINUTE)
    assert "if-none-match" in outside.server.heard[-1].headers
    assert (second.status, second.read_at) == (ReadStatus.OK, NOW + 15 * MINUTE)
    assert outside.is_blocked()
    later = outside.read(NOW + 40 * DAY)
    assert "if-none-match" not in outside.server.heard[-1].headers
    assert first.read_until is not None
    assert later.read_until is not None
    assert later.read_until > first.read_until


def test_a_calendar_out_of_date_stops_the_offer_where_the_therapist_wants_it(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add(when_stale=WhenStale.STOP)
    outside.read(NOW)
    outside.serve(b"", status="500 Oops")
    assert outside.offered(NOW + DAY - 1)
    assert not outside.offered(NOW + DAY)
    outside.serve(DENTIST)
    outside.read_again(NOW + DAY)
    assert outside.offered(NOW + DAY)


def test_the_therapist_is_told_once_a_week_of_a_calendar_that_stays_broken(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add()
    outside.read(NOW)
    outside.serve(b"", status="500 Oops")
    with transaction() as tx:
        for name in ("ada", "ben"):
            accounts.add_user(
                tx,
                practice_id=outside.core.demo.id,
                therapist_id=outside.core.therapist(name).id,
                role=Role.THERAPIST,
                name=name,
                email=f"{name}@demo.example",
                password_hash="",
                now=NOW,
            )
    mails = []
    for hours in (1, 2, 23, 25, 26, 100, 24 * 7 + 24, 24 * 8 + 3):
        outside.read_again(NOW + hours * HOUR)
        mails.append(outside.core.kinds_of_mail().count("account_calendar"))
    assert mails == [0, 0, 0, 1, 1, 1, 1, 2]


def test_only_times_are_kept_of_what_was_read(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add(username="ada-at-home", password="app-password-7")
    outside.read(NOW)
    kept = str(outside.core.all("SELECT * FROM calendars") + outside.core.all("SELECT * FROM calendar_busy"))
    assert not [word for word in ("Quux", "secret-token", "ada-at-home", "app-password-7") if word in kept]
    assert outside.core.all("SELECT start_at, end_at FROM calendar_busy") == [(TUESDAY, TUESDAY + HOUR)]


def test_a_read_that_ends_after_a_change_is_thrown_away(outside_on_both: Outside) -> None:
    outside = outside_on_both
    mine = outside.add()

    def changed_meanwhile(talk: Conversation) -> None:
        with outside.core.app.app_context():
            calendars.read_soon(outside.ada, mine.id, now=NOW)
        outside.serve(EMPTY)
        talk.say(answer(DENTIST))

    outside.server.sayings["/secret-token/basic.ics"] = changed_meanwhile
    outside.read(NOW)
    assert not outside.is_blocked()


def test_a_calendar_that_was_removed_blocks_nothing_and_is_not_read(outside_on_both: Outside) -> None:
    outside = outside_on_both
    outside.serve(DENTIST)
    mine = outside.add()
    outside.read(NOW)
    calendars.remove(outside.ada, mine.id, by="ada", now=NOW)
    assert not outside.is_blocked()
    calendar_reading.read_due(outside.fetcher, lambda: NOW + HOUR, stop=Event())
    assert len(outside.server.heard) == 1


def test_an_unchanged_calendar_leaves_every_cache_as_it_is(outside: Outside) -> None:
    outside.serve(DENTIST)
    outside.add()
    outside.read(NOW)

    def revision() -> int:
        with reading() as tx:
            return therapists.find(tx, outside.core.demo.id, outside.ada.id).calendar_revision

    before = revision()
    outside.read(NOW + HOUR)
    assert revision() == before


def test_a_calendar_belongs_to_its_therapist_alone(outside: Outside) -> None:
    outside.serve(DENTIST)
    mine = outside.add()
    for stranger in (outside.core.therapist("ben"), outside.core.therapist("cora", "other")):
        with pytest.raises(NotFound):
            calendars.find(stranger, mine.id)
        with pytest.raises(NotFound):
            calendars.remove(stranger, mine.id, by="x", now=NOW)
        assert calendars.listed(stranger) == []
    outside.read(NOW)
    busy = calendars.busy_between(outside.core.demo.id, [outside.ada], (TUESDAY, TUESDAY + DAY))
    assert [tuple(one) for one in busy] == [(TUESDAY, TUESDAY + HOUR, "Private")]
    assert (
        calendars.busy_between(outside.core.demo.id, [outside.core.therapist("ben")], (NOW, NOW + DAY)) == []
    )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "x" * 61}, {"name"}),
        ({"address": ""}, {"address"}),
        ({"address": "ftp://calendar.example/x.ics"}, {"address"}),
        ({"address": "https://ada:secret@calendar.example/x.ics"}, {"address"}),
        ({"kind": CalendarKind.CALDAV, "username": "ada"}, {"password"}),
        ({"reads": False}, {"reads"}),
    ],
)
def test_a_wish_that_cannot_be_met_is_answered_by_field(
    outside: Outside, changes: dict[str, object], fields: set[str]
) -> None:
    with pytest.raises(Refused) as refused:
        outside.add(**changes)
    assert set(refused.value.problems) == fields
