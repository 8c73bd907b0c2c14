"""What is no calendar, what is too much of one, and that nothing else is ever raised."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.calendars import ReadStatus
from scheduler.domain.intervals import Interval
from scheduler.ical.busy import BusyTimes, busy_times
from scheduler.ical.foreign import CalendarRefused
from tests.ical.foreign_files import (
    AT_TEN,
    BERLIN,
    ONE_HOUR,
    TO_ELEVEN,
    YEAR,
    calendar,
    component,
    event,
    fixed_zone,
    read,
    spoken,
)

GOOD = calendar(event(AT_TEN, TO_ELEVEN))
DEEP = "A" * 1000


def dates(count: int) -> str:
    return ",".join(["20200101T000000Z"] * count)


NO_CALENDAR = {
    "nothing": b"",
    "empty lines": b"\r\n\r\n",
    "a page": b"<!DOCTYPE html><html><body>BEGIN:VCALENDAR</body></html>",
    "a page with a calendar in it": b"<pre>\r\n" + GOOD + b"</pre>",
    "XML": b'<?xml version="1.0"?><icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"/>',
    "JSON": b'["vcalendar", [], []]',
    "a packed calendar": gzip.compress(GOOD, mtime=0),
    "a calendar in two-byte characters": GOOD.decode().encode("utf-16"),
    "zeros": bytes(100_000),
    "an event without a calendar": event(AT_TEN, TO_ELEVEN).encode(),
    "an event after the calendar": GOOD + event(AT_TEN, TO_ELEVEN).encode(),
    "a second calendar that stops": GOOD + GOOD[:-20],
    "an address book": component("VCARD", "FN:Vera").encode(),
}


@pytest.mark.parametrize("content", NO_CALENDAR.values(), ids=NO_CALENDAR)
def test_what_is_no_calendar_is_told(content: bytes) -> None:
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    assert refused.value.reason is ReadStatus.NOT_A_CALENDAR


def reason(content: bytes) -> ReadStatus:
    try:
        read(content)
    except CalendarRefused as refused:
        return refused.reason
    return ReadStatus.OK


def test_half_a_calendar_is_none_wherever_it_stops() -> None:
    whole = calendar(event(AT_TEN, TO_ELEVEN), event(AT_TEN, component("VALARM", "TRIGGER:-PT5M"), TO_ELEVEN))
    stops = [
        length for length in range(len(whole)) if reason(whole[:length]) is not ReadStatus.NOT_A_CALENDAR
    ]
    assert stops == [len(whole) - 2, len(whole) - 1]  # without the last line's end


EVERY_HOUR = event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=HOURLY")
MANY_A_DAY = "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40"

TOO_MUCH = {
    "every hour": calendar(EVERY_HOUR),
    "every minute": calendar(EVERY_HOUR.replace("HOURLY", "MINUTELY")),
    "every second, in small letters, folded": calendar(EVERY_HOUR.replace("HOURLY", "sec\r\n ondly")),
    "every hour, but free": calendar(EVERY_HOUR.replace("RRULE", "TRANSP:TRANSPARENT\r\nRRULE")),
    "25 times a day": calendar(event(AT_TEN, TO_ELEVEN, MANY_A_DAY)),
    "a zone that changes every second": calendar(
        fixed_zone("Here", "+0100").replace("TZOFFSETTO", "RRULE:FREQ=SECONDLY\r\nTZOFFSETTO")
    ),
    "5,001 events": calendar(event(AT_TEN, TO_ELEVEN) * 5001),
    "5,001 tasks": calendar(component("VTODO", "UID:a") * 5001),
    "5,001 events inside each other": calendar("BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 5001),
    "components five deep": calendar("BEGIN:VEVENT\r\n" * 4, "END:VEVENT\r\n" * 4),
    "components a thousand deep": calendar("BEGIN:X\r\n" * 1000, "END:X\r\n" * 1000),
    "2,001 added dates": calendar(event(AT_TEN, f"RDATE:{dates(2001)}")),
    "2,001 left-out dates, in several events": calendar(event(AT_TEN, f"EXDATE:{dates(1001)}") * 2),
    "a line of more than 64 KB": calendar(event(AT_TEN, TO_ELEVEN, "DESCRIPTION:" + "x" * 65_536)),
    "a folded time of more than 64 KB": calendar(
        event(AT_TEN, f"RDATE:{dates(1) * 5000}".replace("Z", "Z\r\n "))
    ),
    "another way to count days": calendar("CALSCALE:CHINESE", event(AT_TEN)),
    "3,001 occurrences": calendar(
        *(
            event(f"DTSTART:20260101T{n:02}0000Z", "DURATION:PT1M", "RRULE:FREQ=DAILY", uid=f"{n}")
            for n in range(9)
        )
    ),
}


@pytest.mark.parametrize("content", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_is_refused(content: bytes) -> None:
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    assert refused.value.reason is ReadStatus.REFUSED


def test_more_than_five_megabytes_are_too_large() -> None:
    with pytest.raises(CalendarRefused) as refused:
        read(GOOD + b"\r\n" * 2_500_000)
    assert refused.value.reason is ReadStatus.TOO_LARGE


JUST_ENOUGH = {
    "5,000 events with alarms": calendar(
        event(AT_TEN, TO_ELEVEN),
        event("DTSTART:20250603T100000Z", "DURATION:PT1H", component("VALARM"), uid="") * 4999,
    ),
    "2,000 dates left out": calendar(event(AT_TEN, TO_ELEVEN, f"EXDATE:{dates(2000)}")),
    "a line of 64 KB": calendar(event(AT_TEN, TO_ELEVEN, "DESCRIPTION:" + "x" * (65_536 - 13))),
    "a picture in a folded line": calendar(event(AT_TEN, TO_ELEVEN, "ATTACH:" + "x\r\n " * 100_000)),
    "components four deep": calendar(event(AT_TEN, component("VALARM", component("X-THING")), TO_ELEVEN)),
    "24 times a day, on one day": calendar(
        event(
            "DTSTART:20260603T100000Z",
            "DURATION:PT15M",
            "RRULE:FREQ=DAILY;COUNT=4;BYHOUR=10,11,12,13,14,15;BYMINUTE=0,15,30,45",
        )
    ),
    "a task that repeats every hour": calendar(
        component("VTODO", AT_TEN, "RRULE:FREQ=HOURLY"), event(AT_TEN, TO_ELEVEN)
    ),
}


@pytest.mark.parametrize("content", JUST_ENOUGH.values(), ids=JUST_ENOUGH)
def test_what_is_just_not_too_much_is_read(content: bytes) -> None:
    assert spoken(read(content).intervals) == [ONE_HOUR]


TIMES = st.sampled_from(
    [
        "20260603T100000",
        "20260603T110000Z",
        "20260329T023000",
        "20261025T023000",
        "20260101",
        "99991231",
        "00010101",
        "20260603T100000Z/PT1H",
        "20260603T100000Z/20260603T090000Z",
        "soon",
        "",
        "20260230",
        " 20260603",
    ]
)
DURATIONS = st.sampled_from(
    ["PT1H", "-PT1H", "P1D", "P1W", "PT-2H", "P99999999D", "P", "PT0S", f"P{'9' * 5000}D"]
)
RULES = st.sampled_from(
    [
        "FREQ=DAILY;COUNT=5",
        "FREQ=WEEKLY;BYDAY=MO,XX",
        "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20261231",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=YEARLY;UNTIL=99991231T235959",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;INTERVAL=99999999999",
        "FREQ",
        "=;=",
        "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2;COUNT=3",
        "FREQ=WEEKLY;BYSETPOS=1;UNTIL=20260930",
        "FREQ=MONTHLY;COUNT=0",
    ]
)
ZONES = st.sampled_from(
    ["", ";TZID=Europe/Berlin", ";TZID=Here", ";TZID=There", ';TZID="', ";VALUE=DATE", ";=;;"]
)
WORDS = st.sampled_from(["TRANSPARENT", "OPAQUE", "CANCELLED", "TENTATIVE", "-1", "7", "one", "two", ""])
OFFSETS = st.sampled_from(["+0100", "-0500", "+9999", "+01", "", "-0000"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    name = draw(
        st.sampled_from(
            [
                "DTSTART",
                "DTEND",
                "DURATION",
                "RRULE",
                "RDATE",
                "EXDATE",
                "RECURRENCE-ID",
                "STATUS",
                "TRANSP",
                "SEQUENCE",
                "UID",
                "FREEBUSY",
            ]
        )
    )
    values = {"DURATION": DURATIONS, "RRULE": RULES}.get(name, WORDS if name[0] in "SUT" else TIMES)
    return f"{name}{draw(ZONES)}:{draw(values)}"


@st.composite
def zones(draw: st.DrawFn) -> str:
    times = (f"DTSTART:{draw(TIMES)}", f"TZOFFSETFROM:{draw(OFFSETS)}", f"TZOFFSETTO:{draw(OFFSETS)}")
    rules = [f"RRULE:{draw(RULES)}"] if draw(st.booleans()) else []
    return component(
        "VTIMEZONE",
        "TZID:Here",
        *(component("STANDARD", *times, *rules) for _ in range(draw(st.integers(0, 2)))),
    )


ENTRIES = st.builds(
    lambda kind, inside: component(kind, *inside),
    st.sampled_from(["VEVENT", "VEVENT", "VFREEBUSY"]),
    st.lists(lines(), max_size=7),
)
WHOLE_ENTRIES = st.builds(lambda inside: event(AT_TEN, TO_ELEVEN, *inside), st.lists(lines(), max_size=4))
CALENDARS = st.builds(calendar, st.just(""), zones(), ENTRIES, WHOLE_ENTRIES, ENTRIES)
NARROW: Interval = (YEAR[0] + 150 * 86400, YEAR[0] + 160 * 86400)


def in_order(busy: BusyTimes, window: Interval) -> bool:
    edges = [window[0] - 1, *(edge for span in busy.intervals for edge in span), window[1] + 1]
    return edges == sorted(set(edges))


@given(CALENDARS, st.sampled_from([YEAR, NARROW]))
def test_whatever_a_calendar_says_the_intervals_are_disjoint_in_order_and_inside(
    content: bytes, window: Interval
) -> None:
    busy = read(content, window=window)
    assert in_order(busy, window)
    assert busy.troubled <= busy.events == 3


@given(CALENDARS)
def test_a_smaller_window_shows_a_part_of_the_same(content: bytes) -> None:
    whole, part = read(content), read(content, window=NARROW)
    low, high = NARROW
    cut = [(max(start, low), min(end, high)) for start, end in whole.intervals if start < high and end > low]
    assert list(part.intervals) == cut


@given(CALENDARS)
def test_one_more_event_never_frees_time(content: bytes) -> None:
    more = (
        content.removesuffix(b"END:VCALENDAR\r\n")
        + event("DTSTART:20260101T000000Z", "DURATION:P365D", uid="x").encode()
    )
    [whole] = read(more + b"END:VCALENDAR\r\n").intervals
    assert all(whole[0] <= start and end <= whole[1] for start, end in read(content).intervals)


@given(st.one_of(st.binary(), st.lists(st.binary(max_size=12)).map(lambda parts: GOOD[:60].join(parts))))
def test_random_bytes_are_refused_and_nothing_worse(content: bytes) -> None:
    with pytest.raises(CalendarRefused):
        busy_times(content, zone=BERLIN, window=YEAR)


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_a_calendar_with_random_damage_is_read_or_refused(position: int, damage: bytes) -> None:
    damaged = GOOD[:position] + damage + GOOD[position + len(damage) :]
    try:
        busy = busy_times(damaged, zone=BERLIN, window=YEAR)
    except CalendarRefused:
        return
    assert in_order(busy, YEAR)
