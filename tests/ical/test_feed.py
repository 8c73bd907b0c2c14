"""The calendar that programs subscribe to."""

import time

import pytest

from scheduler.ical.feed import EventTexts, FeedEntry, feed
from tests.ical.events import BOOKED, TORONTO, VERAS, entry
from tests.ical.readers import Component, instants, read_leniently
from tests.ical.test_invitation import golden

BUSY_DAY = [
    entry(),
    entry(VERAS.start + 3600, "2f", sequence=4, summary="Appointment · V. V.", location="Online"),
    entry(VERAS.start + 7200, "3a", status="TENTATIVE"),
    entry(VERAS.start + 9000, "4b", status="CANCELLED"),
]


def text(*entries: FeedEntry, name: str = "Ada", zone: str = TORONTO) -> bytes:
    return feed(entries, name=name, zone=zone, texts=EventTexts())


def read(*entries: FeedEntry, zone: str = TORONTO) -> Component:
    return read_leniently(text(*entries, zone=zone))


def test_a_feed_is_written_byte_for_byte() -> None:
    assert text(*BUSY_DAY) == golden("feed.ics")


def test_a_feed_names_itself_and_asks_for_hourly_visits() -> None:
    assert read(entry()).lines == [
        ("VERSION", {}, "2.0"),
        ("PRODID", {}, "-//Calm Scheduler//EN"),
        ("CALSCALE", {}, "GREGORIAN"),
        ("NAME", {}, "Ada"),
        ("X-WR-CALNAME", {}, "Ada"),
        ("REFRESH-INTERVAL", {"VALUE": "DURATION"}, "PT1H"),
        ("X-PUBLISHED-TTL", {}, "PT1H"),
        ("X-WR-TIMEZONE", {}, TORONTO),
    ]


def test_a_feed_entry_tells_nothing_but_its_time() -> None:
    [event] = read(entry()).all("VEVENT")
    assert event.names() == [
        "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "CLASS", "CREATED", "LAST-MODIFIED",
        "STATUS", "TRANSP",
    ]  # fmt: skip
    assert event.inside == []


def test_the_stamp_of_an_entry_is_the_time_of_its_last_change() -> None:
    [event] = read(entry(last_modified=BOOKED + 60)).all("VEVENT")
    assert event.value("DTSTAMP") == event.value("LAST-MODIFIED") == "20260528T202740Z"
    assert event.value("CREATED") == "20260528T202640Z"


def test_a_cancelled_appointment_leaves_the_feed() -> None:
    calendar = read(*BUSY_DAY)
    assert [event.value("UID") for event in calendar.all("VEVENT")] == [VERAS.uid, "2f", "3a"]


def test_entries_come_by_time_whatever_their_order_was() -> None:
    assert text(*BUSY_DAY) == text(*reversed(BUSY_DAY))


def test_entries_at_one_time_come_by_uid() -> None:
    events = read(entry(uid="b"), entry(uid="a")).all("VEVENT")
    assert [event.value("UID") for event in events] == ["a", "b"]


def test_a_change_is_seen_at_once_although_texts_are_kept() -> None:
    texts = EventTexts()
    before = feed([entry()], name="Ada", zone=TORONTO, texts=texts)
    assert feed([entry()], name="Ada", zone=TORONTO, texts=texts) == before
    changes = {
        "summary": "Appointment", "sequence": 1, "status": "TENTATIVE", "end": VERAS.end + 60,
        "location": "Online", "last_modified": BOOKED + 1, "created": BOOKED - 1, "start": VERAS.start + 60,
        "uid": "other",
    }  # fmt: skip
    for field, value in changes.items():
        changed = entry()._replace(**{field: value})
        after = feed([changed], name="Ada", zone=TORONTO, texts=texts)
        assert after != before, field
        assert after == text(changed), field


def test_the_same_appointment_in_another_zone_is_another_text() -> None:
    texts = EventTexts()
    feed([entry()], name="Ada", zone=TORONTO, texts=texts)
    calendar = read_leniently(feed([entry()], name="Ada", zone="Europe/Berlin", texts=texts))
    [event] = calendar.all("VEVENT")
    assert event.value("DTSTART") == "20260603T163000"
    assert instants(calendar, event) == (VERAS.start, VERAS.end)


def test_texts_beyond_the_limit_are_built_again() -> None:
    texts = EventTexts(limit=1)
    assert feed(BUSY_DAY, name="Ada", zone=TORONTO, texts=texts) == text(*BUSY_DAY)
    assert feed(BUSY_DAY, name="Ada", zone=TORONTO, texts=texts) == text(*BUSY_DAY)


def test_an_empty_feed_still_has_a_component() -> None:
    assert [each.name for each in read().inside] == ["VTIMEZONE"]


def test_a_zone_that_no_entry_needs_is_left_out() -> None:
    assert [each.name for each in read(entry(), zone="Europe/Dublin").inside] == ["VEVENT"]
    assert [each.name for each in read(entry(summary="x;TZID=y"), zone="UTC").inside] == ["VEVENT"]


def test_a_feed_of_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        text(entry(), zone="Mars/Base")


def test_one_change_among_five_thousand_builds_one_text() -> None:
    texts = EventTexts()
    entries = [entry(VERAS.start + 900 * n, f"{n:032x}") for n in range(5000)]
    feed(entries, name="Ada", zone=TORONTO, texts=texts)
    entries[77] = entries[77]._replace(sequence=1)
    before = time.process_time()
    feed(entries, name="Ada", zone=TORONTO, texts=texts)
    # 7 ms where this was written; building all texts again takes a second.
    assert time.process_time() - before < 0.3
