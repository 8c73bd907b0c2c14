"""The calendar part of a mail and the calendar file, byte for byte."""

from pathlib import Path
from typing import Any

import pytest

from scheduler.ical.event import Attendee
from scheduler.ical.invitation import Method, download_copy, invitation
from tests.ical.events import BOOKED, at, veras
from tests.ical.readers import read_leniently

GOLDEN = Path(__file__).parents[1] / "golden"
BERLIN = "Europe/Berlin"


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


MOVED = veras(sequence=1, start=at("2026-06-04T15:00"), end=at("2026-06-04T15:15"), dtstamp=BOOKED + 600)


@pytest.mark.parametrize(
    ("name", "event", "method"),
    [
        ("booked.ics", veras(), "REQUEST"),
        ("requested.ics", veras(status="TENTATIVE"), "REQUEST"),
        ("moved.ics", MOVED, "REQUEST"),
        ("cancelled.ics", veras(sequence=2, status="CANCELLED", dtstamp=BOOKED + 900), "CANCEL"),
        (
            "notice-to-the-therapist.ics",
            veras(summary="Termin", attendee=Attendee("ada@demo.example", "Ada"), alarm_minutes=None),
            "REQUEST",
        ),
        (
            "doubled-hour.ics",
            veras(start=at("2026-10-25T01:30"), end=at("2026-10-25T01:45"), zone=BERLIN, language="de"),
            "REQUEST",
        ),
    ],
)
def test_an_invitation_is_written_byte_for_byte(name: str, event: Any, method: Method) -> None:
    assert invitation(event, method) == golden(name)


def test_the_calendar_file_is_written_byte_for_byte() -> None:
    assert download_copy(veras()) == golden("calendar-file.ics")


def test_the_calendar_file_is_no_message() -> None:
    calendar = read_leniently(download_copy(veras(sequence=3)))
    [event] = calendar.all("VEVENT")
    assert "METHOD" not in calendar.names()
    assert {"ORGANIZER", "ATTENDEE"} & set(event.names()) == set()
    assert (event.value("UID"), event.value("SEQUENCE")) == (veras().uid, "3")
    assert event.value("DTSTAMP") == event.value("LAST-MODIFIED")


def test_the_calendar_file_does_not_change_while_the_appointment_does_not() -> None:
    assert download_copy(veras(dtstamp=BOOKED + 5)) == download_copy(veras(dtstamp=BOOKED + 99))


def test_a_cancelled_appointments_file_says_so() -> None:
    [event] = read_leniently(download_copy(veras(status="CANCELLED"))).all("VEVENT")
    assert (event.value("STATUS"), event.inside) == ("CANCELLED", [])


def test_a_calendar_begins_with_what_it_is() -> None:
    assert read_leniently(invitation(veras(), "REQUEST")).lines == [
        ("VERSION", {}, "2.0"),
        ("PRODID", {}, "-//Calm Scheduler//EN"),
        ("CALSCALE", {}, "GREGORIAN"),
        ("METHOD", {}, "REQUEST"),
    ]


def test_one_mail_holds_one_event_and_the_one_zone_it_needs() -> None:
    calendar = read_leniently(invitation(veras(), "REQUEST"))
    assert [each.name for each in calendar.inside] == ["VTIMEZONE", "VEVENT"]
    calendar = read_leniently(invitation(veras(zone="UTC"), "REQUEST"))
    assert [each.name for each in calendar.inside] == ["VEVENT"]


@pytest.mark.parametrize(
    ("changes", "method", "message"),
    [
        ({"organizer": None}, "REQUEST", "names its organizer"),
        ({"attendee": None}, "REQUEST", "names its organizer and its attendee"),
        ({"status": "CANCELLED"}, "REQUEST", "METHOD REQUEST does not go with STATUS CANCELLED"),
        ({}, "CANCEL", "METHOD CANCEL does not go with STATUS CONFIRMED"),
    ],
)
def test_a_contradictory_invitation_is_refused(changes: dict[str, Any], method: Method, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        invitation(veras(**changes), method)
