"""Our CalDAV client beside Radicale, and beside servers that mean ill."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from scheduler.gateways.caldav import CalDav, DavFailed, DavTrouble
from scheduler.gateways.dav_xml import BadXml, resources
from scheduler.gateways.http import Fetcher, FetchFailed, FetchTrouble
from tests.support.radicale import PASSWORD, CalDavServer

DAY = 86400
NOON = 1_780_488_000  # 2026-06-03T12:00:00Z
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:Dentist\r\n{more}"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def event(uid: str, start: str = "20260603T120000Z", end: str = "20260603T130000Z", more: str = "") -> bytes:
    return EVENT.format(uid=uid, start=start, end=end, more=more).encode()


@pytest.fixture
def connect(radicale: CalDavServer) -> Callable[..., CalDav]:
    """Our client, signed in as Ada or as whom the test says."""

    def connected(url: str, person: str = "ada", password: str = PASSWORD) -> CalDav:
        return CalDav(Fetcher(allowed=[radicale.host]), url, (person, password))

    return connected


@pytest.fixture
def calendar(radicale: CalDavServer) -> str:
    """The address of an empty calendar of Ada's."""
    return radicale.make("ada", uuid4().hex, "Private")


def test_calendars_are_found_from_the_servers_address_alone(
    radicale: CalDavServer, connect: Callable[..., CalDav], calendar: str
) -> None:
    found = connect(radicale.url).calendars()
    assert (calendar, "Private", True) in [(one.url, one.name, one.writable) for one in found]
    assert all("/ada/" in one.url for one in found)


def test_only_what_touches_the_window_is_read(
    radicale: CalDavServer, connect: Callable[..., CalDav], calendar: str
) -> None:
    weekly = "RRULE:FREQ=WEEKLY\r\n"
    radicale.store("ada", calendar, "in.ics", event("in"))
    radicale.store("ada", calendar, "out.ics", event("out", "20270603T120000Z", "20270603T130000Z"))
    radicale.store(
        "ada", calendar, "rhythm.ics", event("rhythm", "20260107T120000Z", "20260107T130000Z", weekly)
    )
    texts = connect(calendar).events((NOON - 3600, NOON + 3600))
    found = {line for text in texts for line in text.decode().splitlines() if line.startswith("UID:")}
    assert found == {"UID:in", "UID:rhythm"}


def test_the_tag_changes_with_every_change_and_stays_without(
    radicale: CalDavServer, connect: Callable[..., CalDav], calendar: str
) -> None:
    client = connect(calendar)
    first = client.tag()
    assert first
    assert client.tag() == first
    radicale.store("ada", calendar, "new.ics", event("new"))
    assert client.tag() not in ("", first)


def test_an_entry_is_put_changed_and_deleted_by_its_version(
    connect: Callable[..., CalDav], calendar: str
) -> None:
    client = connect(calendar)
    first = client.put("one.ics", event("one"))
    with pytest.raises(DavFailed) as there_already:
        client.put("one.ics", event("one"))
    second = client.put("one.ics", event("one", more="LOCATION:Online\r\n"), etag=first)
    with pytest.raises(DavFailed) as changed_meanwhile:
        client.put("one.ics", event("one"), etag=first)
    with pytest.raises(DavFailed) as not_this_version:
        client.delete("one.ics", etag=first)
    client.delete("one.ics", etag=second)
    with pytest.raises(DavFailed) as gone:
        client.delete("one.ics", etag=second)
    conflicts = [there_already, changed_meanwhile, not_this_version]
    assert [caught.value.status for caught in conflicts] == [DavTrouble.CONFLICT] * 3
    assert gone.value.status in (DavTrouble.GONE, DavTrouble.CONFLICT)


def test_a_wrong_password_and_a_missing_calendar_are_told_apart(
    radicale: CalDavServer, connect: Callable[..., CalDav], calendar: str
) -> None:
    with pytest.raises(DavFailed) as wrong:
        connect(calendar, password="no").tag()
    with pytest.raises(DavFailed) as missing:
        connect(f"{radicale.url}ada/nothing-here/").tag()
    with pytest.raises(DavFailed) as no_calendar:
        connect(f"{radicale.url}ada/").tag()
    assert (wrong.value.status, missing.value.status, no_calendar.value.status) == (
        DavTrouble.SIGN_IN,
        DavTrouble.GONE,
        DavTrouble.NOT_A_CALENDAR,
    )


def test_an_address_on_another_server_gets_no_password(connect: Callable[..., CalDav], calendar: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        connect(calendar).entry("https://elsewhere.example/entry.ics")
    assert refused.value.status is FetchTrouble.NOT_ALLOWED


MULTISTATUS = b'<?xml version="1.0"?>%s<multistatus xmlns="DAV:">%s</multistatus>'


@pytest.mark.parametrize(
    "body",
    [
        MULTISTATUS % (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>', b"&b;"),
        MULTISTATUS % (b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', b"&f;"),
        MULTISTATUS % (b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">', b""),
        MULTISTATUS % (b"", b"<response>" * 200_000),
        MULTISTATUS % (b"", b"<response/>" * 200_000),
        b"<html><body>Please sign in</body></html>",
        b"BEGIN:VCALENDAR",
        b"",
        b"\x00\xff\xfe",
    ],
    ids=["entities", "file", "dtd", "deep", "many", "html", "calendar", "nothing", "bytes"],
)
def test_an_answer_that_is_no_list_of_resources_is_refused(body: bytes) -> None:
    with pytest.raises(BadXml):
        resources(body)
