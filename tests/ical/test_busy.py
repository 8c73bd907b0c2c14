"""What somebody else's calendar blocks, event by event."""

import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from scheduler.ical.busy import busy_times
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
    renamed_zone,
    spoken,
)
from tests.support.instants import at

WEEKLY = ("DTSTART;TZID=Europe/Berlin:20260602T090000", "DTEND;TZID=Europe/Berlin:20260602T100000")
THREE = "RRULE:FREQ=WEEKLY;COUNT=3"
TUESDAYS = ["2026-06-02 07:00/06-02 08:00", "2026-06-09 07:00/06-09 08:00", "2026-06-16 07:00/06-16 08:00"]
SECOND = "RECURRENCE-ID;TZID=Europe/Berlin:20260609T090000"
FREE = "TRANSP:TRANSPARENT"
DAY = "DTSTART;VALUE=DATE:20260603"
BERLIN_DAY = "2026-06-02 22:00/06-03 22:00"
TOKYO = "Asia/Tokyo"

BLOCKS = {
    "an event in UTC": (calendar(event(AT_TEN, TO_ELEVEN)), [ONE_HOUR]),
    "a tentative event": (calendar(event(AT_TEN, TO_ELEVEN, "STATUS:TENTATIVE")), [ONE_HOUR]),
    "a free event": (calendar(event(AT_TEN, TO_ELEVEN, FREE)), []),
    "a cancelled event": (calendar(event(AT_TEN, TO_ELEVEN, "STATUS:cancelled")), []),
    "a task": (calendar(component("VTODO", "UID:a", AT_TEN, "DUE:20260603T110000Z")), []),
    "a time without a zone": (
        calendar(event("DTSTART:20260603T100000", "DTEND:20260603T110000")),
        ["2026-06-03 08:00/06-03 09:00"],
    ),
    "a time without a zone, in the calendar's": (
        calendar(event("DTSTART:20260603T100000", "DTEND:20260603T110000"), zone=TOKYO),
        ["2026-06-03 01:00/06-03 02:00"],
    ),
    "a time without a zone, in the calendar's Windows zone": (
        calendar(event("DTSTART:20260603T100000", "DTEND:20260603T110000"), zone="Tokyo Standard Time"),
        ["2026-06-03 01:00/06-03 02:00"],
    ),
    "a whole day": (calendar(event(DAY, "DTEND;VALUE=DATE:20260604")), [BERLIN_DAY]),
    "a whole day without an end": (calendar(event(DAY)), [BERLIN_DAY]),
    "a whole day that ends as it begins": (calendar(event(DAY, "DTEND;VALUE=DATE:20260603")), [BERLIN_DAY]),
    "a whole day with a zone it has no use for": (
        calendar(event("DTSTART;VALUE=DATE;TZID=Asia/Tokyo:20260603")),
        [BERLIN_DAY],
    ),
    "a whole day in the calendar's zone": (
        calendar(event(DAY), zone=TOKYO),
        ["2026-06-02 15:00/06-03 15:00"],
    ),
    "two days": (calendar(event(DAY, "DURATION:P2D")), ["2026-06-02 22:00/06-04 22:00"]),
    "a day of 23 hours": (
        calendar(event("DTSTART;VALUE=DATE:20260329")),
        ["2026-03-28 23:00/03-29 22:00"],
    ),
    "a day of 25 hours": (
        calendar(event("DTSTART;VALUE=DATE:20261025")),
        ["2026-10-24 22:00/10-25 23:00"],
    ),
    "a duration": (calendar(event(AT_TEN, "DURATION:PT1H30M")), ["2026-06-03 10:00/06-03 11:30"]),
    "a moment": (calendar(event(AT_TEN)), []),
    "a time that clocks skip, and an end they do not": (
        calendar(
            event("DTSTART;TZID=Europe/Berlin:20260329T023000", "DTEND;TZID=Europe/Berlin:20260329T030000")
        ),
        ["2026-03-29 01:00/03-29 01:30"],
    ),
    "events that overlap and touch": (
        calendar(
            event(AT_TEN, TO_ELEVEN, uid="a"),
            event("DTSTART:20260603T103000Z", "DTEND:20260603T113000Z", uid="b"),
            event("DTSTART:20260603T113000Z", "DTEND:20260603T120000Z", uid="c"),
        ),
        ["2026-06-03 10:00/06-03 12:00"],
    ),
    "what reaches beyond both edges": (
        calendar(event("DTSTART:20200101T000000Z", "DTEND;VALUE=DATE-TIME:99991231T235959Z")),
        ["2026-01-01 00:00/01-01 00:00"],
    ),
    "all days there are": (
        calendar(event("DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:99991231")),
        ["2026-01-01 00:00/01-01 00:00"],
    ),
    "a series": (calendar(event(*WEEKLY, THREE)), TUESDAYS),
    "a series across a change of clocks": (
        calendar(
            event(
                "DTSTART;TZID=Europe/Berlin:20260324T090000",
                "DTEND;TZID=Europe/Berlin:20260324T100000",
                "RRULE:FREQ=WEEKLY;COUNT=2",
            )
        ),
        ["2026-03-24 08:00/03-24 09:00", "2026-03-31 07:00/03-31 08:00"],
    ),
    "a series in UTC across a change of clocks": (
        calendar(
            event("DTSTART:20260324T080000Z", "DTEND:20260324T090000Z", "RRULE:FREQ=WEEKLY;COUNT=2"),
            zone=BERLIN,
        ),
        ["2026-03-24 08:00/03-24 09:00", "2026-03-31 08:00/03-31 09:00"],
    ),
    "a series that ends at a local time": (
        calendar(event(*WEEKLY, "RRULE:FREQ=WEEKLY;UNTIL=20260616T090000")),
        TUESDAYS,
    ),
    "a series until the end of all time": (
        calendar(event(*WEEKLY, "RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z")),
        TUESDAYS[:1],
    ),
    "a series until the local end of all time": (
        calendar(
            event(
                "DTSTART;TZID=America/Toronto:20260603T060000",
                "DURATION:PT1H",
                "RRULE:FREQ=YEARLY;UNTIL=99991231T235959",
            )
        ),
        [ONE_HOUR],
    ),
    "an unknown zone beside UTC": (
        calendar(event("DTSTART;TZID=Here:20260603T100000Z", "DURATION:PT1H")),
        [ONE_HOUR],
    ),
    "a series that is long over": (
        calendar(
            event("DTSTART:20100101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20251230T100000Z")
        ),
        [],
    ),
    "the last date of a series, which reaches into the window": (
        calendar(
            event("DTSTART:20251201T100000Z", "DURATION:P20D", "RRULE:FREQ=DAILY;UNTIL=20251215T100000Z")
        ),
        ["2026-01-01 00:00/01-04 10:00"],
    ),
    "a daily series from long ago": (
        calendar(
            event(
                "DTSTART;TZID=Europe/Berlin:19990101T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=100"
            )
        ),
        [
            "2026-02-08 08:00/02-08 09:00",
            "2026-05-19 07:00/05-19 08:00",
            "2026-08-27 07:00/08-27 08:00",
            "2026-12-05 08:00/12-05 09:00",
        ],
    ),
    "a series that ends at the beginning of a day": (
        calendar(event(*WEEKLY, "RRULE:FREQ=WEEKLY;UNTIL=20260617")),
        TUESDAYS,
    ),
    "a series of days that ends at a time": (
        calendar(event(DAY, "RRULE:FREQ=DAILY;UNTIL=20260605T000000Z")),
        ["2026-06-02 22:00/06-05 22:00"],
    ),
    "a series with a stray word in its rule": (
        calendar(event(*WEEKLY, "RRULE:RANDOM;FREQ=WEEKLY;COUNT=3;")),
        TUESDAYS,
    ),
    "a series without one date": (
        calendar(event(*WEEKLY, THREE, "EXDATE:20260609T070000Z")),
        [TUESDAYS[0], TUESDAYS[2]],
    ),
    "a series without one day": (
        calendar(event(*WEEKLY, THREE, "EXDATE;VALUE=DATE:20260609")),
        [TUESDAYS[0], TUESDAYS[2]],
    ),
    "a series with more dates": (
        calendar(event(*WEEKLY, "RDATE:20260604T070000Z,20260605T070000Z")),
        [TUESDAYS[0], "2026-06-04 07:00/06-04 08:00", "2026-06-05 07:00/06-05 08:00"],
    ),
    "a series with a longer date": (
        calendar(event(*WEEKLY, "RDATE;VALUE=PERIOD:20260604T070000Z/PT3H")),
        [TUESDAYS[0], "2026-06-04 07:00/06-04 10:00"],
    ),
    "a date that was moved": (
        calendar(
            event(*WEEKLY, THREE),
            event(SECOND, "DTSTART:20260610T120000Z", "DTEND:20260610T130000Z"),
        ),
        [TUESDAYS[0], "2026-06-10 12:00/06-10 13:00", TUESDAYS[2]],
    ),
    "a date that was moved, named in UTC, before its series": (
        calendar(
            event("RECURRENCE-ID:20260609T070000Z", "DTSTART:20260610T120000Z", "DTEND:20260610T130000Z"),
            event(*WEEKLY, THREE),
        ),
        [TUESDAYS[0], "2026-06-10 12:00/06-10 13:00", TUESDAYS[2]],
    ),
    "a date that was cancelled": (
        calendar(event(*WEEKLY, THREE), event(SECOND, "STATUS:CANCELLED")),
        [TUESDAYS[0], TUESDAYS[2]],
    ),
    "a date that was set free": (
        calendar(event(*WEEKLY, THREE), event(SECOND, WEEKLY[0].replace("0602", "0609"), FREE)),
        [TUESDAYS[0], TUESDAYS[2]],
    ),
    "one busy date of a free series": (
        calendar(event(*WEEKLY, THREE, FREE), event(SECOND, AT_TEN, TO_ELEVEN)),
        [ONE_HOUR],
    ),
    "this date and all later ones, moved": (
        calendar(
            event(*WEEKLY, THREE),
            event(
                SECOND.replace(";", ";RANGE=THISANDFUTURE;"),
                "DTSTART;TZID=Europe/Berlin:20260609T110000",
                "DTEND;TZID=Europe/Berlin:20260609T120000",
            ),
        ),
        [TUESDAYS[0], "2026-06-09 09:00/06-09 10:00", "2026-06-16 09:00/06-16 10:00"],
    ),
    "a changed date without its series": (calendar(event(SECOND, AT_TEN, TO_ELEVEN)), [ONE_HOUR]),
    "an older version beside a newer one": (
        calendar(
            event(AT_TEN, TO_ELEVEN, "SEQUENCE:2"),
            event("DTSTART:20260604T100000Z", "DTEND:20260604T110000Z", "SEQUENCE:1"),
        ),
        [ONE_HOUR],
    ),
    "two events of one name and version": (
        calendar(event(AT_TEN, TO_ELEVEN), event(DAY.replace("0603", "0605"))),
        [ONE_HOUR, "2026-06-04 22:00/06-05 22:00"],
    ),
    "events without a name": (
        calendar(component("VEVENT", AT_TEN, TO_ELEVEN), component("VEVENT", DAY.replace("0603", "0605"))),
        [ONE_HOUR, "2026-06-04 22:00/06-05 22:00"],
    ),
    "several calendars with zones of their own": (
        calendar(event("DTSTART:20260603T100000", "DURATION:PT1H"), zone=TOKYO)
        + calendar(event("DTSTART:20260603T100000", "DURATION:PT1H")),
        ["2026-06-03 01:00/06-03 02:00", "2026-06-03 08:00/06-03 09:00"],
    ),
    "several calendars that mean different zones by one name": (
        calendar(fixed_zone("Here", "-0500"), event("DTSTART;TZID=Here:20260603T100000", "DURATION:PT1H"))
        + calendar(fixed_zone("Here", "+0200"), event("DTSTART;TZID=Here:20260603T100000", "DURATION:PT1H")),
        ["2026-06-03 08:00/06-03 09:00", "2026-06-03 15:00/06-03 16:00"],
    ),
    "a known zone that the calendar defines otherwise": (
        calendar(
            fixed_zone(TOKYO, "-0500"), event("DTSTART;TZID=Asia/Tokyo:20260603T100000", "DURATION:PT1H")
        ),
        ["2026-06-03 01:00/06-03 02:00"],
    ),
    "a Windows zone": (
        calendar(event('DTSTART;TZID="Tokyo Standard Time":20260603T100000', "DURATION:PT1H")),
        ["2026-06-03 01:00/06-03 02:00"],
    ),
    "a Windows zone that the calendar defines": (
        calendar(
            fixed_zone("Tokyo Standard Time", "+0800"),
            event("DTSTART;TZID=Tokyo Standard Time:20260603T100000", "DURATION:PT1H"),
        ),
        ["2026-06-03 02:00/06-03 03:00"],
    ),
    "a vendor's path to a zone": (
        calendar(event("DTSTART;TZID=/example.org/2026_1/Asia/Tokyo:20260603T100000", "DURATION:PT1H")),
        ["2026-06-03 01:00/06-03 02:00"],
    ),
    "a zone name with colons in it": (
        calendar(
            fixed_zone("(UTC-05:00) Eastern", "-0500"),
            event("DTSTART;TZID=(UTC-05:00) Eastern:20260603T100000", "DURATION:PT1H"),
        ),
        ["2026-06-03 15:00/06-03 16:00"],
    ),
    "a zone of the calendar's own with summer time": (
        calendar(
            renamed_zone("America/Toronto", "Home"),
            event("DTSTART;TZID=Home:20261031T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"),
        ),
        ["2026-10-31 14:00/10-31 15:00", "2026-11-01 15:00/11-01 16:00"],
    ),
    "UTC written as a zone": (
        calendar(event("DTSTART;TZID=UTC:20260603T100000", "DURATION:PT1H")),
        [ONE_HOUR],
    ),
    "UTC as Exchange writes it": (
        calendar(event("DTSTART;TZID=tzone://Microsoft/Utc:20260603T100000", "DURATION:PT1H")),
        [ONE_HOUR],
    ),
    "UTC and a zone at once": (
        calendar(event("DTSTART;TZID=Asia/Tokyo:20260603T100000Z", "DURATION:PT1H")),
        [ONE_HOUR],
    ),
    "busy periods": (
        calendar(
            component(
                "VFREEBUSY",
                "FREEBUSY:20260603T100000Z/20260603T103000Z,20260603T103000Z/PT30M",
                "FREEBUSY;FBTYPE=FREE:20260604T100000Z/PT1H",
                "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260605T100000Z/PT1H",
            )
        ),
        [ONE_HOUR, "2026-06-05 10:00/06-05 11:00"],
    ),
    "lines folded everywhere, empty lines, a byte order mark": (
        b"\xef\xbb\xbf"
        + calendar(event("SUMMARY:é" * 9, AT_TEN, TO_ELEVEN))
        .replace(b"DTSTART:2026", b"DTSTART\r\n\r\n :20\r\n\t26")
        .replace(b"\xc3\xa9", b"\xc3\r\n \xa9"),
        [ONE_HOUR],
    ),
    "bare line feeds, small letters": (
        calendar(event(AT_TEN, TO_ELEVEN)).replace(b"\r\n", b"\n").lower(),
        [ONE_HOUR],
    ),
    "doubled carriage returns": (calendar(event(AT_TEN, TO_ELEVEN)).replace(b"\r", b"\r\r"), [ONE_HOUR]),
    "an event whose end is missing": (
        calendar(
            event(AT_TEN, TO_ELEVEN).replace("END:VEVENT\r\n", ""),
            event(DAY.replace("0603", "0605"), uid="b"),
        ),
        [ONE_HOUR, "2026-06-04 22:00/06-05 22:00"],
    ),
    "an end of nothing": (calendar("END:VALARM", event(AT_TEN, TO_ELEVEN)), [ONE_HOUR]),
    "an alarm with a time of its own, and a bad one": (
        calendar(event(AT_TEN, component("VALARM", "TRIGGER:PT-2H", "DURATION:P9D"), TO_ELEVEN)),
        [ONE_HOUR],
    ),
    "nothing": (calendar(), []),
}


@pytest.mark.parametrize(("content", "expected"), BLOCKS.values(), ids=BLOCKS)
def test_an_event_blocks_its_time(content: bytes, expected: list[str]) -> None:
    busy = read(content)
    assert (spoken(busy.intervals), busy.troubled, busy.problems) == (expected, 0, ())


GOOD = event("DTSTART:20260701T100000Z", "DTEND:20260701T110000Z", uid="good")
GOODS = "2026-07-01 10:00/07-01 11:00"
BAD_ZONE = component("VTIMEZONE", "TZID:Here", "TZID:There", component("STANDARD", "DTSTART:19700101T000000"))

NOT_WHOLLY_READ = {
    "an unknown zone is read as local": (
        (event("DTSTART;TZID=Middle-earth:20260603T100000", "DURATION:PT1H"),),
        ["2026-06-03 08:00/06-03 09:00"],
        0,
        ("unknown_zone",),
    ),
    "a zone with two names is read as local": (
        (BAD_ZONE, event("DTSTART;TZID=Here:20260603T100000", "DURATION:PT1H")),
        ["2026-06-03 08:00/06-03 09:00"],
        0,
        ("unknown_zone",),
    ),
    "a zone without an offset is read as local": (
        (component("VTIMEZONE", "TZID:Here"), event("DTSTART;TZID=Here:20260603T100000", "DURATION:PT1H")),
        ["2026-06-03 08:00/06-03 09:00"],
        0,
        ("unknown_zone",),
    ),
    "a bad zone that nobody names is no trouble": ((BAD_ZONE, event(AT_TEN, TO_ELEVEN)), [ONE_HOUR], 0, ()),
    "an end before the start blocks what is between": (
        (event("DTSTART:20260603T110000Z", "DTEND:20260603T100000Z"),),
        [ONE_HOUR],
        0,
        ("unreadable_part",),
    ),
    "a day with a time for its end blocks from its midnight": (
        (event(DAY, "DTEND:20260603T100000Z"),),
        ["2026-06-02 22:00/06-03 10:00"],
        0,
        ("unreadable_part",),
    ),
    "a time with a day for its end blocks that day too": (
        (event(AT_TEN, "DTEND;VALUE=DATE:20260603"),),
        ["2026-06-03 10:00/06-03 22:00"],
        0,
        ("unreadable_part",),
    ),
    "hours counted from a day begin at its midnight": (
        (event(DAY, "DURATION:PT8H"),),
        ["2026-06-02 22:00/06-03 06:00"],
        0,
        ("unreadable_part",),
    ),
    "a left-out date that cannot be read blocks": (
        (event(*WEEKLY, THREE, "EXDATE:soon"),),
        TUESDAYS,
        0,
        ("unreadable_part",),
    ),
    "a change of an unknown date blocks, and so does the date": (
        (event(*WEEKLY, THREE), event("RECURRENCE-ID:soon", AT_TEN, TO_ELEVEN)),
        [TUESDAYS[0], ONE_HOUR, *TUESDAYS[1:]],
        0,
        ("unreadable_part",),
    ),
    "a cancellation of an unknown date frees nothing": (
        (event(*WEEKLY, THREE), event("RECURRENCE-ID:soon", AT_TEN, "STATUS:CANCELLED")),
        TUESDAYS,
        0,
        (),
    ),
    "a free event with a bad start is no trouble": ((event("DTSTART:soon", FREE),), [], 0, ()),
    "a bad start": ((event("DTSTART:soon", TO_ELEVEN),), [], 1, ("unreadable_event",)),
    "a day that does not exist": ((event("DTSTART;VALUE=DATE:20260230"),), [], 1, ("unreadable_event",)),
    "no start": ((event(TO_ELEVEN),), [], 1, ("unreadable_event",)),
    "two starts": ((event(AT_TEN, DAY, TO_ELEVEN),), [], 1, ("unreadable_event",)),
    "a bad end": ((event(AT_TEN, "DTEND:late"),), [], 1, ("unreadable_event",)),
    "a bad end beside a duration": (
        (event(AT_TEN, "DTEND:late", "DURATION:PT1H"),),
        [],
        1,
        ("unreadable_event",),
    ),
    "a bad duration": ((event(AT_TEN, "DURATION:PT-2H"),), [], 1, ("unreadable_event",)),
    "a duration without measure": ((event(AT_TEN, f"DURATION:P{'9' * 30}D"),), [], 1, ("unreadable_event",)),
    "a duration beyond all days": ((event(AT_TEN, "DURATION:P9999999D"),), [], 1, ("unreadable_event",)),
    "a bad rule": ((event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=SOMETIMES"),), [ONE_HOUR], 1, ("unreadable_rule",)),
    "a rule without a step": (
        (event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=DAILY;INTERVAL=0"),),
        [ONE_HOUR],
        1,
        ("unreadable_rule",),
    ),
    "a rule with a bad day": (
        (event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=WEEKLY;BYDAY=XX"),),
        [ONE_HOUR],
        1,
        ("unreadable_rule",),
    ),
    "a rule that the library cannot follow": (
        (event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=YEARLY;RSCALE=CHINESE"),),
        [ONE_HOUR],
        1,
        ("unreadable_rule",),
    ),
    "two durations": ((event(AT_TEN, "DURATION:PT1H", "DURATION:PT2H"),), [], 1, ("unreadable_event",)),
    "a rule with two frequencies": (
        (event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=DAILY;FREQ=WEEKLY"),),
        [ONE_HOUR],
        1,
        ("unreadable_rule",),
    ),
    "a rule until nobody knows when": (
        (event(AT_TEN, TO_ELEVEN, "RRULE:FREQ=DAILY;UNTIL=SOON"),),
        [ONE_HOUR],
        1,
        ("unreadable_rule",),
    ),
    "a bad busy period beside a good one": (
        (component("VFREEBUSY", "FREEBUSY:soon,20260603T100000Z/PT1H"),),
        [ONE_HOUR],
        1,
        ("unreadable_busy_time",),
    ),
    "a zone that changes its offset every day, for ever, is read as local": (
        (
            fixed_zone("Here", "+0100").replace("TZOFFSETTO", "RRULE:FREQ=DAILY\r\nTZOFFSETTO"),
            event("DTSTART;TZID=Here:20260603T100000", "DURATION:PT1H"),
        ),
        ["2026-06-03 08:00/06-03 09:00"],
        0,
        ("unknown_zone",),
    ),
    "a zone with an offset of 99 hours is read as local": (
        (fixed_zone("Here", "+9900"), event("DTSTART;TZID=Here:20260603T100000", "DURATION:PT1H")),
        ["2026-06-03 08:00/06-03 09:00"],
        0,
        ("unknown_zone",),
    ),
    "a bad further date": ((event(AT_TEN, TO_ELEVEN, "RDATE:soon"),), [ONE_HOUR], 1, ("unreadable_rule",)),
    "a bad busy period": ((component("VFREEBUSY", "FREEBUSY:soon"),), [], 1, ("unreadable_busy_time",)),
}


@pytest.mark.parametrize(
    ("parts", "expected", "troubled", "problems"), NOT_WHOLLY_READ.values(), ids=NOT_WHOLLY_READ
)
def test_what_cannot_be_read_spoils_nothing_else_and_is_told(
    parts: tuple[str, ...], expected: list[str], troubled: int, problems: tuple[str, ...]
) -> None:
    busy = read(calendar(*parts, GOOD))
    assert (spoken(busy.intervals), busy.troubled, busy.problems) == ([*expected, GOODS], troubled, problems)


def observance(kind: str, begins: str, before: str, after: str, *more: str) -> str:
    return component(kind, f"DTSTART:{begins}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", *more)


def test_a_zone_may_list_its_changes_or_end_its_rules() -> None:
    zone = component(
        "VTIMEZONE",
        "TZID:Home",
        observance(
            "DAYLIGHT", "20240301T020000", "+010000", "+020000", "RRULE:FREQ=YEARLY;UNTIL=20260301T010000Z"
        ),
        observance(
            "STANDARD", "20241001T030000", "+0200", "+0100", "RDATE:20251001T030000,20261001T030000", "RDATE:"
        ),
    )
    noons = event(
        "DTSTART;TZID=Home:20260215T120000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;INTERVAL=4;COUNT=3"
    )
    assert spoken(read(calendar(zone, noons)).intervals) == [
        "2026-02-15 11:00/02-15 12:00",
        "2026-06-15 10:00/06-15 11:00",
        "2026-10-15 11:00/10-15 12:00",
    ]


def test_before_its_first_change_a_zone_has_the_offset_that_this_names() -> None:
    zone = component("VTIMEZONE", "TZID:Home", observance("DAYLIGHT", "20260701T020000", "+0300", "+0400"))
    content = calendar(zone, event("DTSTART;TZID=Home:20260603T130000", "DURATION:PT1H"))
    assert spoken(read(content).intervals) == [ONE_HOUR]


def test_of_two_definitions_of_a_zone_the_first_counts() -> None:
    zones = (fixed_zone("Home", "+0300"), fixed_zone("Home", "+0400"))
    content = calendar(*zones, event("DTSTART;TZID=Home:20260603T130000", "DURATION:PT1H"))
    assert spoken(read(content).intervals) == [ONE_HOUR]


def test_an_unknown_zone_of_the_calendar_gives_way_to_the_owners() -> None:
    busy = read(calendar(event("DTSTART:20260603T100000", "DURATION:PT1H"), zone="Middle-earth"))
    assert (spoken(busy.intervals), busy.problems) == (["2026-06-03 08:00/06-03 09:00"], ("unknown_zone",))


def test_what_we_issued_blocks_nothing_but_counts_as_an_entry() -> None:
    theirs = event(DAY, uid="theirs")
    content = calendar(
        event(*WEEKLY, THREE, uid="ours"), event(SECOND, AT_TEN, TO_ELEVEN, uid="ours"), theirs
    )
    busy = read(content, ours=("ours", "another"))
    assert (spoken(busy.intervals), busy.events) == ([BERLIN_DAY], 3)


def test_what_we_issued_is_no_trouble_however_another_program_wrote_it() -> None:
    assert read(calendar(event("DTSTART:soon", uid="ours")), ours=("ours",)).troubled == 0


def test_busy_times_are_cut_to_the_window() -> None:
    window = (at("2026-06-03T10:15Z"), at("2026-06-03T10:30Z"))
    assert read(calendar(event(AT_TEN, TO_ELEVEN)), window=window).intervals == (window,)


def test_a_long_occurrence_from_before_the_window_blocks() -> None:
    content = calendar(event("DTSTART:20251220T100000Z", "DURATION:P20D", "RRULE:FREQ=YEARLY;COUNT=1"))
    assert spoken(read(content).intervals) == ["2026-01-01 00:00/01-09 10:00"]


def test_a_date_moved_into_the_window_from_far_away_blocks() -> None:
    series = event("DTSTART:20200603T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    assert spoken(
        read(calendar(series, event("RECURRENCE-ID:20200604T100000Z", AT_TEN, TO_ELEVEN))).intervals
    ) == [ONE_HOUR]


def test_an_owners_unknown_zone_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        busy_times(calendar(), zone="Middle-earth", window=YEAR)


OFFSETS = {"-0500": "2026-06-03 15:00/06-03 16:00", "+0200": "2026-06-03 08:00/06-03 09:00",
           "+0900": "2026-06-03 01:00/06-03 02:00"}  # fmt: skip


def of_practice(offset: str) -> bytes:
    zone = fixed_zone("Customized Time Zone", offset)
    return calendar(zone, event("DTSTART;TZID=Customized Time Zone:20260603T100000", "DURATION:PT1H"))


def test_zones_of_one_name_from_several_practices_never_mix() -> None:
    for order in permutations(OFFSETS):
        found = {offset: spoken(read(of_practice(offset)).intervals) for offset in order}
        assert found == {offset: [expected] for offset, expected in OFFSETS.items()}


def test_zones_of_one_name_never_mix_between_threads() -> None:
    asked = [*OFFSETS] * 20
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda offset: spoken(read(of_practice(offset)).intervals), asked))
    assert found == [[OFFSETS[offset]] for offset in asked]


def test_nothing_of_the_content_is_told(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Zefirelli"
    parts = (
        event(AT_TEN, TO_ELEVEN, f"SUMMARY:{secret}", f"DTSTART;TZID={secret}:20260603T100000", uid=secret),
        event(f"DTSTART:{secret}", uid="b"),
        event(AT_TEN, f"RRULE:FREQ=YEARLY;BYSETPOS={secret}", f"STATUS:{secret}", uid="c"),
        event(AT_TEN, f"RRULE:{secret}=1", f"RDATE:{secret}", f"EXDATE:{secret}", uid="d"),
    )
    told = repr(read(calendar(*parts, zone=secret)))
    assert secret not in told + caplog.text + "".join(capfd.readouterr())
