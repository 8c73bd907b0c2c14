"""The calendar feed over HTTP, and the free/busy feed beside it."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import parse_date

from scheduler.clock import utcnow
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.practice import Therapist
from scheduler.domain.series import Rhythm
from scheduler.services import booking, by_hand, directory, holds, manage, series, setup, subscriptions
from scheduler.store import therapists
from scheduler.store.database import transaction

MONDAY = datetime(2030, 3, 4, 12, tzinfo=UTC)
START = int(datetime(2030, 3, 7, 15, tzinfo=UTC).timestamp())


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def inside(demo_app: Flask) -> Iterator[None]:
    """Inside the application, as services expect."""
    with demo_app.app_context():
        yield


ENDINGS = ["ics", "ifb"]


def subscribe(level: FeedLevel = FeedLevel.BUSY, email: str = "ben@demo.example", ending: str = "ics") -> str:
    return f"/feeds/{setup.add_feed(email, level, now=utcnow())}.{ending}"


def book(start: int = START, **changes: Any) -> booking.Booked:
    practice = directory.practice("demo")
    raw = {
        "mode": "video",
        "name": "Vera Ann Visitor",
        "email": "vera@visitor.example",
        "consents": ["privacy"],
    }
    return booking.book(
        practice,
        directory.find_type(practice, changes.pop("type", "consultation")),
        start=start,
        therapist=directory.find_therapist(practice, "ben"),
        raw={**raw, **changes},
        key=f"key-{start}",
        source="192.0.2.1",
        now=utcnow(),
        limited=False,
    )


def lines_of(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}[:;].*$", text.replace("\r\n ", "").replace("\r\n", "\n"), re.MULTILINE)


@pytest.mark.usefixtures("inside")
def test_a_feed_shows_the_appointment_and_how_it_stands(demo_client: FlaskClient) -> None:
    feed = subscribe()
    booked = book()
    text = demo_client.get(feed).get_data(as_text=True)
    assert f"UID:{booked.uid}" in text
    assert lines_of(text, "SUMMARY") == ["SUMMARY:Busy"]
    assert lines_of(text, "STATUS") == ["STATUS:CONFIRMED"]
    assert lines_of(text, "DTSTART")[-1] == "DTSTART;TZID=America/Toronto:20300307T100000"
    assert lines_of(text, "METHOD") + lines_of(text, "ATTENDEE") + lines_of(text, "ORGANIZER") == []


@pytest.mark.usefixtures("inside")
def test_a_request_is_tentative_and_a_hold_not_shown(demo_client: FlaskClient) -> None:
    feed = subscribe()
    practice = directory.practice("demo")
    holds.hold(
        practice,
        directory.find_type(practice, "consultation"),
        start=START + 4 * 3600,
        therapist=directory.find_therapist(practice, "ben"),
        source="192.0.2.1",
        language="en",
        zone="America/Toronto",
        now=utcnow(),
    )
    assert lines_of(demo_client.get(feed).text, "BEGIN:VEVENT") == []
    book(type="intake", consents=["privacy", "policy"])
    assert lines_of(demo_client.get(feed).text, "STATUS") == ["STATUS:TENTATIVE"]


@pytest.mark.usefixtures("inside")
def test_a_move_is_shown_and_a_cancelled_appointment_leaves(demo_client: FlaskClient) -> None:
    feed = subscribe()
    booked = book()
    manage.move(booked.token, START + 3600, now=utcnow())
    text = demo_client.get(feed).text
    assert (lines_of(text, "UID"), lines_of(text, "SEQUENCE")) == ([f"UID:{booked.uid}"], ["SEQUENCE:1"])
    assert lines_of(text, "DTSTART")[-1] == "DTSTART;TZID=America/Toronto:20300307T110000"
    manage.cancel(booked.token, now=utcnow())
    assert "VEVENT" not in demo_client.get(feed).text


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("level", "summary"),
    [
        (FeedLevel.BUSY, "Busy"),
        (FeedLevel.INITIALS, "Appointment · V. V."),
        (FeedLevel.FIRST_NAME, "Appointment · Vera"),
        (FeedLevel.FULL, "Appointment · Vera Ann Visitor"),
    ],
)
def test_each_level_tells_what_it_says_and_no_more(
    demo_client: FlaskClient, level: FeedLevel, summary: str
) -> None:
    feed = subscribe(level)
    token = book(phone="+1 514 555 0199", note="I sleep badly").token
    text = demo_client.get(feed).text
    assert lines_of(text, "SUMMARY") == [f"SUMMARY:{summary}"]
    for secret in ("0199", "sleep", "vera@", "Free first call", token, "LOCATION", "DESCRIPTION"):
        assert secret not in text


@pytest.mark.usefixtures("inside")
def test_only_the_own_calendar_is_shown(demo_client: FlaskClient) -> None:
    book()
    for email in ("ada@demo.example", "cora@other.example"):
        assert "VEVENT" not in demo_client.get(subscribe(email=email)).text


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(("ending", "file"), [("ics", "calendar.ics"), ("ifb", "freebusy.ifb")])
def test_the_answer_carries_what_calendar_programs_need(
    demo_client: FlaskClient, ending: str, file: str
) -> None:
    answer = demo_client.get(subscribe(ending=ending))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{file}"'
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert parse_date(answer.headers["Last-Modified"]) < MONDAY
    assert "Set-Cookie" not in answer.headers


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_two_visits_get_the_same_bytes(demo_client: FlaskClient, ending: str) -> None:
    feed = subscribe(ending=ending)
    book()
    assert demo_client.get(feed).data == demo_client.get(feed).data


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_who_has_the_feed_gets_304_with_both_stamps(demo_client: FlaskClient, ending: str) -> None:
    feed = subscribe(ending=ending)
    full = demo_client.get(feed)
    tag = full.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*", tag[:-1] + '-gzip"'):
        again = demo_client.get(feed, headers={"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Last-Modified"] == full.headers["Last-Modified"]
        assert again.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_change_gives_another_tag(
    demo_client: FlaskClient, clock: time_machine.Traveller, ending: str
) -> None:
    feed = subscribe(ending=ending)
    tags = [demo_client.get(feed).headers["ETag"]]
    token = book().token
    tags.append(demo_client.get(feed).headers["ETag"])
    manage.cancel(token, now=utcnow())
    tags.append(demo_client.get(feed).headers["ETag"])
    clock.shift(24 * 3600)
    tags.append(demo_client.get(feed).headers["ETag"])
    assert len(set(tags)) == 4
    assert demo_client.get(feed, headers={"If-None-Match": ", ".join(tags[:3])}).status_code == 200


@pytest.mark.usefixtures("inside")
def test_two_subscriptions_have_different_tags(demo_client: FlaskClient) -> None:
    assert demo_client.get(subscribe()).headers["ETag"] != demo_client.get(subscribe()).headers["ETag"]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_date_vouches_only_when_it_is_the_very_one(
    demo_client: FlaskClient, clock: time_machine.Traveller, ending: str
) -> None:
    feed = subscribe(ending=ending)
    clock.shift(60)
    date = demo_client.get(feed).headers["Last-Modified"]

    def status(since: str, **more: str) -> int:
        return demo_client.get(feed, headers={"If-Modified-Since": since, **more}).status_code

    assert status(date) == 304
    assert status("Fri, 01 Jan 2038 00:00:00 GMT") == 200
    assert status("yesterday") == 200
    assert status(date, **{"If-None-Match": '"other"'}) == 200


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_two_changes_in_one_second_are_both_seen_by_date(
    demo_client: FlaskClient, clock: time_machine.Traveller, ending: str
) -> None:
    feed = subscribe(ending=ending)
    clock.shift(60)
    token = book().token
    between = demo_client.get(feed).headers["Last-Modified"]
    manage.cancel(token, now=utcnow())
    for _ in range(3):
        answer = demo_client.get(feed, headers={"If-Modified-Since": between})
        assert (answer.status_code, "VEVENT" in answer.text) == (200, False)
        clock.shift(1)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_last_modified_never_goes_back(
    demo_client: FlaskClient, clock: time_machine.Traveller, ending: str
) -> None:
    feed = subscribe(ending=ending)
    seen = [demo_client.get(feed).headers["Last-Modified"]]
    booked = book()
    for step in (5, 86_400, 40 * 86_400):
        clock.shift(step)
        seen.append(demo_client.get(feed).headers["Last-Modified"])
        if step == 5:
            manage.cancel(booked.token, now=utcnow())
    dates = [parse_date(text) for text in seen]
    assert dates == sorted(dates)
    assert len(set(dates)) == 4


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_programs_that_take_gzip_get_it(demo_client: FlaskClient, ending: str) -> None:
    feed = subscribe(ending=ending)
    book()
    plain, packed = demo_client.get(feed), demo_client.get(feed, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = demo_client.get(
        feed, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    )
    assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
    assert "Content-Encoding" not in demo_client.get(feed, headers={"Accept-Encoding": "gzip;q=0"}).headers


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
def test_head_answers_like_get_without_a_body(demo_client: FlaskClient, ending: str) -> None:
    feed = subscribe(ending=ending)
    full, head = demo_client.get(feed), demo_client.head(feed)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
        assert head.headers[name] == full.headers[name]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_a_feed_is_only_read(demo_client: FlaskClient, method: str, ending: str) -> None:
    assert demo_client.open(subscribe(ending=ending), method=method).status_code == 405


@pytest.mark.usefixtures("inside")
def test_unknown_revoked_and_inactive_look_the_same(demo_client: FlaskClient) -> None:
    ben = directory.find_therapist(directory.practice("demo"), "ben")
    one, token = subscriptions.make(ben, name="Phone", level="busy", by="ben", now=utcnow())
    other = subscribe()
    paths = (f"/feeds/{token}.ics", f"/feeds/{token}.ifb", other, other.replace(".ics", ".ifb"))
    tags = {path: demo_client.get(path).headers["ETag"] for path in paths}
    assert len(set(tags.values())) == 4
    subscriptions.revoke(ben, one.id, by="ben", now=utcnow())
    assert demo_client.get(other).status_code == 200
    leave(ben)
    unknown = demo_client.get("/feeds/" + "x" * 43 + ".ics")
    assert unknown.status_code == 404
    assert without_number(demo_client.get("/feeds/" + "x" * 43 + ".ifb").text) == without_number(unknown.text)
    for path, tag in tags.items():
        for headers in ({}, {"If-None-Match": tag}, {"If-None-Match": "*"}):
            answer = demo_client.get(path, headers=headers)
            assert (answer.status_code, without_number(answer.text)) == (404, without_number(unknown.text))


@pytest.mark.usefixtures("inside")
def test_what_staff_add_is_shown(demo_client: FlaskClient) -> None:
    practice = directory.practice("demo")
    by_hand.book_by_hand(
        practice,
        directory.find_type(practice, "session"),
        therapist=directory.find_therapist(practice, "ben"),
        start=START,
        raw={"name": "Walt", "email": "walt@visitor.example", "phone": "", "mode": "video"},
        notify=False,
        by="ben",
        now=utcnow(),
    )
    assert lines_of(demo_client.get(subscribe()).text, "DTEND")[-1].endswith("20300307T105000")


# ---- the mere times --------------------------------------------------------


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("level", FeedLevel)
def test_free_busy_shows_times_and_nobody_at_any_level(demo_client: FlaskClient, level: FeedLevel) -> None:
    times = subscribe(level, ending="ifb")
    booked = book(phone="+1 514 555 0199", note="I sleep badly")
    answer = demo_client.get(times).text
    assert lines_of(answer, "FREEBUSY") == ["FREEBUSY;FBTYPE=BUSY:20300307T150000Z/20300307T151500Z"]
    assert lines_of(answer, "DT[A-Z]*") == [
        "DTEND:20310305T050000Z", "DTSTAMP:20300304T120000Z", "DTSTART:20300202T050000Z",
    ]  # fmt: skip
    assert [line.partition(":")[0] for line in answer.splitlines()] == [
        "BEGIN", "VERSION", "PRODID", "CALSCALE", "BEGIN", "DTEND", "DTSTAMP", "DTSTART",
        "FREEBUSY;FBTYPE=BUSY", "UID", "END", "END",
    ]  # fmt: skip
    for secret in ("Vera", "V. V.", "Ben", "ben@", "0199", "sleep", booked.uid, booked.appointment.id):
        assert secret not in answer


@pytest.mark.usefixtures("inside")
def test_free_busy_follows_what_becomes_of_an_appointment(
    demo_client: FlaskClient, clock: time_machine.Traveller
) -> None:
    times = subscribe(ending="ifb")
    token = book().token
    uid = lines_of(demo_client.get(times).text, "UID")
    clock.shift(90)
    manage.move(token, START + 3600, now=utcnow())
    moved = demo_client.get(times).text
    assert lines_of(moved, "FREEBUSY") == ["FREEBUSY;FBTYPE=BUSY:20300307T160000Z/20300307T161500Z"]
    assert (lines_of(moved, "UID"), lines_of(moved, "DTSTAMP")) == (uid, ["DTSTAMP:20300304T120130Z"])
    manage.cancel(token, now=utcnow())
    assert lines_of(demo_client.get(times).text, "FREEBUSY") == []


@pytest.mark.usefixtures("inside")
def test_a_request_is_tentative_in_free_busy(demo_client: FlaskClient) -> None:
    times = subscribe(ending="ifb")
    book(type="intake", consents=["privacy", "policy"])
    assert [line.partition(":")[0] for line in lines_of(demo_client.get(times).text, "FREEBUSY")] == [
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE"
    ]


@pytest.mark.usefixtures("inside")
def test_free_busy_has_each_date_of_a_series_within_the_window(demo_client: FlaskClient) -> None:
    practice = directory.practice("demo")
    series.book_by_hand(
        practice,
        directory.find_type(practice, "session"),
        therapist=directory.find_therapist(practice, "ben"),
        rhythm=Rhythm(START, 8, 60, practice.zone),
        raw={"name": "Walt", "email": "walt@visitor.example", "phone": "", "mode": "video"},
        notify=False,
        by="ben",
        now=utcnow(),
    )
    days = [line[-33:-25] for line in lines_of(demo_client.get(subscribe(ending="ifb")).text, "FREEBUSY")]
    assert days == [
        "20300307", "20300502", "20300627", "20300822", "20301017", "20301212", "20310206",
    ]  # fmt: skip


def leave(therapist: Therapist) -> None:
    """The therapist is no longer active."""
    values = {name: getattr(therapist, name) for name in therapist.__slots__}
    with transaction() as tx:
        therapists.save(tx, Therapist(**{**values, "active": False}))


def without_number(page: str) -> str:
    return re.sub(r"\b[0-9a-f]{12}\b", "", page)
