"""What stands in a VEVENT, whatever the texts are."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.ical.event import Attendee, Organizer, line, lines, vevent
from scheduler.ical.invitation import invitation
from tests.ical.events import VERA, veras
from tests.ical.readers import Component, read_leniently

HARD_TEXT = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("\r\n\t\0\x0b\x1c\x85\u2028\ufeff\\;,:\"^'"))
)


def read(event: Any) -> Component:
    calendar = read_leniently(invitation(event, "CANCEL" if event.status == "CANCELLED" else "REQUEST"))
    [found] = calendar.all("VEVENT")
    return found


def test_an_event_has_everything_that_calendars_ask_for() -> None:
    event = read(veras())
    assert event.names() == [
        "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "ATTENDEE", "CLASS", "CREATED",
        "DESCRIPTION", "LAST-MODIFIED", "LOCATION", "ORGANIZER", "STATUS", "TRANSP",
    ]  # fmt: skip
    assert event.text("DESCRIPTION") == "Par téléphone; nous vous appelons,\nà l’heure dite."
    assert event.text("LOCATION") == "4200, rue Saint-Denis, Montréal (Québec) H2J 2K8"
    assert event.value("CLASS") == "PRIVATE"
    assert event.value("TRANSP") == "OPAQUE"
    assert event.parameters("SUMMARY") == {"LANGUAGE": "fr"}


def test_an_event_without_texts_has_an_empty_summary_and_no_other_text() -> None:
    event = read(veras(summary="", description="", location="", language=""))
    assert event.value("SUMMARY") == ""
    assert event.parameters("SUMMARY") == {}
    assert {"DESCRIPTION", "LOCATION"} & set(event.names()) == set()


def test_a_note_leaves_the_time_free_and_may_be_public() -> None:
    event = read(veras(transparency="TRANSPARENT", private=False))
    assert (event.value("TRANSP"), event.value("CLASS")) == ("TRANSPARENT", "PUBLIC")


def test_the_visitor_has_accepted_by_booking() -> None:
    event = read(veras())
    assert event.value("ATTENDEE") == "mailto:vera@visitor.example"
    assert event.parameters("ATTENDEE") == {
        "CN": "Vera Visitor",
        "CUTYPE": "INDIVIDUAL",
        "PARTSTAT": "ACCEPTED",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "FALSE",
    }


def test_a_therapist_can_be_asked_for_an_answer() -> None:
    event = read(veras(attendee=Attendee("ada@demo.example", partstat="NEEDS-ACTION", rsvp=True)))
    parameters = event.parameters("ATTENDEE")
    assert (parameters["PARTSTAT"], parameters["RSVP"], "CN" in parameters) == ("NEEDS-ACTION", "TRUE", False)


def test_names_are_written_without_quotes_and_carets() -> None:
    event = read(veras(organizer=Organizer("ada@demo.example", 'Ada "The\r\nListener", ^n;: Montréal')))
    assert event.parameters("ORGANIZER") == {"CN": "Ada 'The Listener', n;: Montréal"}


def test_a_domain_outside_ascii_is_written_as_punycode() -> None:
    event = read(veras(organizer=Organizer("cora@straße.example", "")))
    assert event.value("ORGANIZER") == "mailto:cora@xn--strae-oqa.example"
    assert event.parameters("ORGANIZER") == {}


def test_the_reminder_is_a_plain_display() -> None:
    [alarm] = read(veras(alarm_minutes=90)).all("VALARM")
    assert alarm.lines == [
        ("ACTION", {}, "DISPLAY"),
        ("DESCRIPTION", {}, "Rendez-vous"),
        ("TRIGGER", {}, "-PT1H30M"),
    ]


@pytest.mark.parametrize("changes", [{"alarm_minutes": None}, {"status": "CANCELLED"}])
def test_without_a_wish_or_an_appointment_there_is_no_reminder(changes: dict[str, Any]) -> None:
    assert read(veras(**changes)).inside == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end": veras().start}, "ends after it starts"),
        ({"zone": "Mars/Base"}, "unknown time zone"),
        ({"language": "fr\r\nX"}, "not a language tag"),
        ({"attendee": Attendee("Vera <vera@visitor.example>")}, "not a plain mail address"),
        ({"organizer": Organizer("", "Ada")}, "not a plain mail address"),
    ],
)
def test_what_cannot_be_written_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vevent(veras(**changes))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Vera", "Vera"),
        (" Vera\t\x00Visitor\x07 ", "Vera Visitor"),
        ("one\r\ntwo\rthree\nfour\x0bfive\u2028six\x85seven", "one two three four five six seven"),
        ("\ufeffVera\ud800", "Vera\ufffd"),
        ("10\u00a0h\u00a030", "10\u00a0h\u00a030"),
        ("x" * 21, "x" * 19 + "…"),
    ],
)
def test_a_line_is_one_line(typed: str, kept: str) -> None:
    assert line(typed, 20 if len(typed) < 22 and "x" * 3 in typed else 80) == kept


def test_lines_stay_lines() -> None:
    assert lines("one\r\ntwo\u2029three", 80) == "one\ntwo\nthree"


@settings(deadline=None)
@given(
    summary=HARD_TEXT,
    description=HARD_TEXT,
    location=HARD_TEXT,
    uid=HARD_TEXT,
    organizer=HARD_TEXT,
    attendee=HARD_TEXT,
)
def test_no_text_adds_a_line_a_component_or_a_control_character(
    summary: str, description: str, location: str, uid: str, organizer: str, attendee: str
) -> None:
    event = veras(
        summary=summary,
        description="d" + description,
        location="l" + location,
        uid=uid,
        organizer=Organizer("booking@demo.example", organizer),
        attendee=Attendee(VERA.address, attendee),
    )
    content = invitation(event, "REQUEST")
    calendar, plain = read_leniently(content), read_leniently(invitation(veras(), "REQUEST"))
    assert calendar.lines == plain.lines
    assert [each.name for each in calendar.inside] == [each.name for each in plain.inside]
    [found], [expected] = calendar.all("VEVENT"), plain.all("VEVENT")
    assert found.names() == expected.names()
    assert [each.names() for each in found.inside] == [each.names() for each in expected.inside]
    assert found.value("ATTENDEE") == expected.value("ATTENDEE")
    assert found.parameters("ATTENDEE").keys() - {"CN"} == expected.parameters("ATTENDEE").keys() - {"CN"}
    assert re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", content.decode()) is None
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    assert max(len(row) for row in content.split(b"\r\n")) <= 75


@settings(deadline=None)
@given(HARD_TEXT)
def test_a_text_comes_back_as_it_was_cleaned(text: str) -> None:
    event = read(veras(summary=text))
    # icalendar reads a typed \N as a newline; nothing else is changed on the way.
    assert event.text("SUMMARY") == line(text, 80).replace("\\N", "\n")
