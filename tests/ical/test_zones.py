"""The VTIMEZONEs that this project writes, against the tz database itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, reset_tzpath

import pytest
from icalendar import Calendar, Timezone

from scheduler.domain.local_time import known_zones
from scheduler.ical.feed import EventTexts, feed
from scheduler.ical.invitation import download_copy
from scheduler.ical.zones import (
    Change,
    PlainRule,
    SummerTime,
    local_or_utc,
    parse_footer,
    plain_rule,
    vtimezone,
)
from tests.ical.events import at, entry, veras
from tests.ical.readers import Component, instants, offset_at, read_leniently

YEARS = range(2026, 2030)
HOUR = 3600


@cache
def transitions(zone: str) -> tuple[int, ...]:
    """The instants in these years at which the zone's offset changes, found by halving spans of ten days."""
    info = ZoneInfo(zone)

    def offset(instant: int) -> timedelta | None:
        return datetime.fromtimestamp(instant, info).utcoffset()

    found = []
    for day in range(at("2026-01-01T00:00"), at("2030-01-01T00:00"), 10 * 24 * HOUR):
        low, high = day, day + 10 * 24 * HOUR
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return tuple(found)


def samples(zone: str) -> Iterator[int]:
    """Instants around every change, and the middle of every month."""
    for change in transitions(zone):
        for distance in (-25 * HOUR, -2 * HOUR, -HOUR, -900, -1, 0, 1, 900, HOUR, 2 * HOUR, 25 * HOUR):
            yield change + distance
    for year in YEARS:
        for month in range(1, 13):
            yield at(f"{year}-{month:02}-15T12:00")


def read_back(start: int, zone: str) -> tuple[Component, tuple[int, int]]:
    calendar = read_leniently(download_copy(veras(start=start, end=start + 900, zone=zone)))
    [event] = calendar.all("VEVENT")
    return event, instants(calendar, event)


def is_doubled(start: int, zone: str) -> bool:
    shown = datetime.fromtimestamp(start, ZoneInfo(zone))
    return shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()


ODD = {
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "America/Godthab", "America/Nuuk",
    "America/Santiago", "America/Scoresbysund", "Asia/Gaza", "Asia/Hebron", "Asia/Jerusalem",
    "Asia/Tel_Aviv", "Chile/Continental", "Europe/Dublin",
}  # fmt: skip
"""Zones that change their clocks by rules which programs read differently."""

CHANGING = {
    "America/Edmonton", "America/Havana", "America/Inuvik", "America/Rainy_River", "America/Vancouver",
    "America/Winnipeg", "America/Yellowknife", "Canada/Central", "Canada/Mountain", "Canada/Pacific",
}  # fmt: skip
"""Zones that departed from the rule they have by now, within the years looked at."""


def test_each_zone_of_the_tz_database_has_a_plain_rule_or_is_written_in_utc() -> None:
    found: dict[str, set[str]] = {"plain": set(), "changing": set(), "odd": set(), "utc": set()}
    for zone in known_zones():
        component = vtimezone(zone)
        starts = sorted(set(samples(zone)))
        written = [local_or_utc((start,), zone)[0] for start in starts]
        if component is None:
            assert {each.tzinfo for each in written} == {UTC}, zone
            found["odd" if transitions(zone) else "utc"].add(zone)
            continue
        reader = offsets_of(component)
        in_utc = [start for start, each in zip(starts, written, strict=True) if each.tzinfo is UTC]
        for start, each in zip(starts, written, strict=True):
            if start not in in_utc:
                assert each.tzinfo == ZoneInfo(zone)
                assert reader(each.replace(tzinfo=UTC)) == each.utcoffset(), (zone, each)
        is_plain = all(is_doubled(start, zone) for start in in_utc)
        found["plain" if is_plain else "changing"].add(zone)
    assert (found["odd"], found["changing"]) == (ODD, CHANGING)
    for zone in found["utc"]:
        assert {datetime.fromtimestamp(start, ZoneInfo(zone)).utcoffset() for start in samples(zone)} == {
            timedelta()
        }, zone
    assert len(found["plain"]) > 450


def offsets_of(component: Timezone) -> Callable[[datetime], timedelta]:
    """What a program that knows the VTIMEZONE and nothing else takes a wall time to be off UTC."""
    lines = component.to_ical().splitlines(keepends=True)
    return _offsets_by(b"".join(line for line in lines if not line.startswith((b"TZID", b"TZNAME"))))


@cache
def _offsets_by(rules: bytes) -> Callable[[datetime], timedelta]:
    [zone] = read_leniently(b"BEGIN:VCALENDAR\r\n" + rules + b"END:VCALENDAR\r\n").all("VTIMEZONE")
    return cache(lambda wall: offset_at(zone, wall))


def different_zones() -> list[str]:
    """One zone of each kind: same rule, same changes in these years, same offset before them."""
    kinds = {}
    for zone in sorted(known_zones()):
        before = datetime.fromtimestamp(at("2026-01-01T00:00"), ZoneInfo(zone)).utcoffset()
        kinds.setdefault((plain_rule(zone), transitions(zone), before), zone)
    return list(kinds.values())


def test_every_event_of_every_zone_comes_back_to_its_instant() -> None:
    zones = different_zones()
    assert len(zones) > 60
    texts = EventTexts()
    for zone in zones:
        starts = sorted(set(samples(zone)))
        entries = [entry(start, f"{number:03}") for number, start in enumerate(starts)]
        calendar = read_leniently(feed(entries, name="Ada", zone=zone, texts=texts))
        events = calendar.all("VEVENT")
        assert [instants(calendar, event) for event in events] == [(at, at + 900) for at in starts], zone


@pytest.mark.parametrize(
    "zone",
    [
        "America/Toronto", "America/St_Johns", "America/New_York", "America/Sao_Paulo", "Europe/Paris",
        "Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/London", "Australia/Lord_Howe",
        "Australia/Sydney", "Pacific/Chatham", "Asia/Kathmandu", "Asia/Kolkata",
    ],
)  # fmt: skip
def test_only_what_clocks_show_twice_is_written_in_utc(zone: str) -> None:
    for start in samples(zone):
        event, _ = read_back(start, zone)
        info = ZoneInfo(zone)
        both = [datetime.fromtimestamp(each, info) for each in (start, start + 900)]
        doubled = any(each.replace(fold=0).utcoffset() != each.replace(fold=1).utcoffset() for each in both)
        assert event.value("DTSTART").endswith("Z") == doubled
        assert event.value("DTEND").endswith("Z") == doubled
        assert event.parameters("DTSTART") == ({} if doubled else {"TZID": zone})


def test_the_vtimezone_of_toronto() -> None:
    zone = vtimezone("America/Toronto")
    assert zone is not None
    assert zone.to_ical().decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:America/Toronto",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700308T020000",
        "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
        "TZNAME:EDT",
        "TZOFFSETFROM:-0500",
        "TZOFFSETTO:-0400",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19701101T020000",
        "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
        "TZNAME:EST",
        "TZOFFSETFROM:-0400",
        "TZOFFSETTO:-0500",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


def test_a_zone_without_summer_time_has_one_standard_part_without_rule() -> None:
    zone = vtimezone("Asia/Kathmandu")
    assert zone is not None
    assert zone.to_ical().decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Kathmandu",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZNAME:+0545",
        "TZOFFSETFROM:+0545",
        "TZOFFSETTO:+0545",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


def test_no_vtimezone_depends_on_dates_listed_one_by_one() -> None:
    for name in known_zones():
        zone = vtimezone(name)
        if zone is not None:
            parts = sorted(part.name for part in zone.subcomponents)
            assert parts in (["STANDARD"], ["DAYLIGHT", "STANDARD"])
            assert b"RDATE" not in zone.to_ical()
            assert len(zone.to_ical()) < 400


@pytest.mark.parametrize(
    "zone",
    [
        "UTC", "Etc/UTC", "Etc/GMT", "Africa/Abidjan", "Atlantic/Reykjavik", "America/Santiago",
        "Asia/Jerusalem", "Asia/Gaza", "Africa/Cairo", "America/Nuuk", "Europe/Dublin",
    ],
)  # fmt: skip
def test_utc_and_odd_rules_have_no_vtimezone(zone: str) -> None:
    assert vtimezone(zone) is None
    event, _ = read_back(at("2026-06-03T14:30"), zone)
    assert event.value("DTSTART") == "20260603T143000Z"


def test_an_exception_from_the_present_rule_is_written_in_utc() -> None:
    # São Paulo had summer time until 2019; its present rule has none.
    summer, winter = at("2019-01-15T12:00"), at("2019-07-15T12:00")
    assert local_or_utc((summer,), "America/Sao_Paulo")[0].tzinfo is UTC
    assert local_or_utc((winter,), "America/Sao_Paulo")[0].tzinfo == ZoneInfo("America/Sao_Paulo")


def test_start_and_end_are_written_alike_when_only_one_is_doubled() -> None:
    start = at("2026-11-01T00:30", "America/Toronto")
    assert [each.tzinfo for each in local_or_utc((start, start + HOUR), "America/Toronto")] == [UTC, UTC]


def test_a_zone_that_only_the_machine_knows_is_written_in_utc(tmp_path: Path) -> None:
    (tmp_path / "Test").mkdir()
    rules = files("tzdata").joinpath("zoneinfo", "Europe", "Berlin").read_bytes()
    (tmp_path / "Test" / "Berlin").write_bytes(rules)
    before = TZPATH
    reset_tzpath(to=(tmp_path,))
    try:
        assert plain_rule("Test/Berlin") is None
    finally:
        reset_tzpath(to=before)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        vtimezone(zone)


@pytest.mark.parametrize(
    ("footer", "expected"),
    [
        ("EST5", PlainRule("EST", -5 * HOUR)),
        ("<+0545>-5:45", PlainRule("+0545", 5 * HOUR + 45 * 60)),
        (
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
            PlainRule(
                "+1030", 37800, SummerTime("+11", 39600, Change(10, 1, 0, 7200), Change(4, 1, 0, 7200))
            ),
        ),
        (
            "NST3:30NDT,M3.2.0,M11.1.0/1:30",
            PlainRule("NST", -12600, SummerTime("NDT", -9000, Change(3, 2, 0, 7200), Change(11, 1, 0, 5400))),
        ),
        ("", None),
        ("UTC0", None),
        ("GMT0", None),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", None),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", None),
        ("EET-2EEST,M4.5.5/0,M10.5.4/24", None),
        ("EST5EDT,J60,J300", None),
        ("EST5EDT,59,299", None),
        ("EST5EDT", None),
    ],
)
def test_a_rule_is_read_or_declined(footer: str, expected: PlainRule | None) -> None:
    assert parse_footer(footer) == expected


def test_the_last_sunday_is_found_in_months_of_four_and_five_weeks() -> None:
    last = Change(3, 5, 0, HOUR)
    assert [last.in_year(year).day for year in (2026, 2027, 2028, 2029)] == [29, 28, 26, 25]


def test_the_database_and_the_calendar_library_agree_on_what_was_written() -> None:
    start = at("2026-07-01T09:00", "Europe/Berlin")
    calendar = Calendar.from_ical(download_copy(veras(start=start, end=start + 900, zone="Europe/Berlin")))
    assert calendar.events[0].start.timestamp() == start
