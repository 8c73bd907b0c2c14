"""A stranger's calendar is read in a child that cannot be kept busy, and by the operator's command."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scheduler.domain.calendars import ReadStatus
from scheduler.gateways.confined import Exceeded, Limit, run
from scheduler.ical.reader import MODULE, request
from scheduler.services.busy_times import NotUnderstood, understand
from scheduler.upkeep import calendar_busy
from tests.ical.foreign_files import (
    AT_TEN,
    BERLIN,
    ONE_HOUR,
    TO_ELEVEN,
    YEAR,
    calendar,
    component,
    event,
    spoken,
)
from tests.support.commands import flask
from tests.support.environment import settings

# Each starts a confined process of its own.
pytestmark = pytest.mark.slow

GOOD = calendar(event(AT_TEN, TO_ELEVEN))
HUGE = 100 * 2**20
NEVER = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"


def test_a_calendar_is_understood_with_its_troubles() -> None:
    content = calendar(
        event(AT_TEN, TO_ELEVEN), event(AT_TEN, "DTEND:late", uid="b"), event(AT_TEN, TO_ELEVEN, uid="c")
    )
    busy = understand(content, zone=BERLIN, window=YEAR, ours=("c", "d"))
    assert (spoken(busy.intervals), busy.events, busy.troubled, busy.problems) == (
        [ONE_HOUR],
        3,
        1,
        ("unreadable_event",),
    )


def test_a_server_that_has_nothing_to_send_has_an_empty_calendar() -> None:
    assert understand(b"", zone=BERLIN, window=YEAR).events == 0


HOSTILE = {
    "every second since 1970": (
        calendar(event("DTSTART:19700101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")),
        ReadStatus.REFUSED,
    ),
    "a hundred megabytes": (GOOD + bytes(HUGE), ReadStatus.TOO_LARGE),
    "a million components deep": (b"BEGIN:VCALENDAR\n" * 300_000, ReadStatus.REFUSED),
    "a page": (b"<html>" + b"<p>VCALENDAR</p>\n" * 100_000, ReadStatus.NOT_A_CALENDAR),
    "XML that grows": (
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        ReadStatus.NOT_A_CALENDAR,
    ),
    "zeros": (bytes(4_000_000), ReadStatus.NOT_A_CALENDAR),
}


@pytest.mark.parametrize(("content", "status"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_content_is_refused_in_little_time(content: bytes, status: ReadStatus) -> None:
    with pytest.raises(NotUnderstood) as refused:
        understand(content, zone=BERLIN, window=YEAR)
    assert refused.value.status is status  # and not ReadStatus.TOO_SLOW: the child had ten seconds


BEARABLE = {
    "a duration of thousands of years": event(
        "DTSTART:20200101T000000Z", "DURATION:P2000000D", "RRULE:FREQ=DAILY"
    ),
    "every day since the year 1": event("DTSTART:00010101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"),
    "100,000 components inside an event": event(AT_TEN, "BEGIN:A\r\nEND:A\r\n" * 100_000, uid="x"),
    "a million folds in a title": event(AT_TEN, TO_ELEVEN, "SUMMARY:" + "a\r\n " * 1_200_000),
    "zeros in a title": event(AT_TEN, TO_ELEVEN, "SUMMARY:" + "\0" * 60_000),
}


@pytest.mark.parametrize("part", BEARABLE.values(), ids=BEARABLE)
def test_hostile_content_within_the_limits_is_read_in_little_time(part: str) -> None:
    assert understand(calendar(part), zone=BERLIN, window=YEAR).events == 1  # else TOO_SLOW is raised


@pytest.mark.slow
def test_a_rule_that_never_comes_true_is_stopped() -> None:
    content = calendar(*(event(AT_TEN, TO_ELEVEN, NEVER, uid=f"{number}") for number in range(20)))
    with pytest.raises(Exceeded) as stopped:
        run(MODULE, request(content, zone=BERLIN, window=YEAR), cpu_seconds=1)
    assert stopped.value.limit is Limit.TIME


@pytest.mark.slow
def test_five_thousand_events_are_read_in_the_time_that_a_child_has() -> None:
    many = "".join(
        event(
            f"DTSTART;TZID=Europe/Berlin:20{number % 26:02}{number % 12 + 1:02}{number % 28 + 1:02}T090000",
            "DURATION:PT50M",
            "RRULE:FREQ=WEEKLY;COUNT=10",
            component("VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M"),
            uid=f"{number}",
        )
        for number in range(5000)
    )
    busy = understand(calendar(many), zone=BERLIN, window=YEAR)
    assert (busy.events, busy.troubled, len(busy.intervals) > 0) == (5000, 0, True)


def tell(file: Path, content: bytes, *arguments: str) -> Result:
    file.write_bytes(content)
    asked = arguments or ("--zone", BERLIN, "--from", "2026-01-01T00:00:00Z", "--to", "2027-01-01T00:00:00Z")
    return CliRunner().invoke(calendar_busy, [str(file), *asked])


def test_the_command_prints_what_a_calendar_would_block(tmp_path: Path) -> None:
    told = tell(tmp_path / "a.ics", GOOD)
    assert (told.exit_code, told.stderr) == (0, "")
    assert json.loads(told.stdout) == [["2026-06-03T10:00:00Z", "2026-06-03T11:00:00Z"]]


def test_the_command_says_what_was_not_understood(tmp_path: Path) -> None:
    told = tell(tmp_path / "a.ics", calendar(event(AT_TEN, TO_ELEVEN), event("DTSTART:soon", uid="b")))
    assert (told.exit_code, json.loads(told.stdout)) == (
        0,
        [["2026-06-03T10:00:00Z", "2026-06-03T11:00:00Z"]],
    )
    assert told.stderr == "1 of 2 entries could not be read in full\nmet: unreadable_event\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Error: refused (not_a_calendar): the text does not begin with a calendar\n"),
        (
            calendar(event(AT_TEN, "RRULE:FREQ=HOURLY")),
            "Error: refused (refused): something repeats every hour or oftener\n",
        ),
        (GOOD + b"\n" * 5_000_000, "Error: refused (too_large): the calendar is larger than 5 MB\n"),
    ],
    ids=["an empty file", "every hour", "too large"],
)
def test_the_command_says_what_was_refused_and_prints_nothing(
    tmp_path: Path, content: bytes, said: str
) -> None:
    told = tell(tmp_path / "a.ics", content)
    assert (told.exit_code, told.stdout, told.stderr) == (1, "", said)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--zone", "Middle-earth", "--from", "2026-01-01T00:00:00Z", "--to", "2027-01-01T00:00:00Z"),
        ("--zone", BERLIN, "--from", "soon", "--to", "2027-01-01T00:00:00Z"),
        ("--zone", BERLIN, "--from", "2027-01-01T00:00:00Z", "--to", "2027-01-01T00:00:00Z"),
    ],
    ids=["an unknown zone", "no instant", "no time between"],
)
def test_the_command_says_how_to_ask(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    told = tell(tmp_path / "a.ics", GOOD, *arguments)
    assert (told.exit_code, told.stdout) == (2, "")


@pytest.mark.slow
def test_the_command_is_one_of_flasks(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(GOOD)
    window = ("--from", "2026-06-01T00:00:00Z", "--to", "2026-07-01T00:00:00Z")
    told = flask(
        "calendar-busy",
        str(tmp_path / "a.ics"),
        "--zone",
        BERLIN,
        *window,
        settings=settings(f"sqlite:///{tmp_path}/none.sqlite"),
    )
    assert json.loads(told.stdout) == [["2026-06-03T10:00:00Z", "2026-06-03T11:00:00Z"]]
