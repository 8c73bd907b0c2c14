"""Answers of calendar programs as values: read by lines, whoever wrote them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.answers import CalendarAnswer, Method, Occurrence, Reply
from scheduler.ical.answer import MOST_ANSWERS, MOST_CHARACTERS, answers
from tests.support.answering import OFFICE, calendar
from tests.support.instants import at

UID = "3f2b9d0e-7e0c-4a39-9a51-1de3f7f3a001"
VERA = "vera@example.org"
STATED = at("2026-06-01T12:00Z")
wall = datetime.fromisoformat


def test_a_reply_says_who_what_and_when() -> None:
    assert answers(calendar(UID, VERA, sequence=2)) == (
        CalendarAnswer(Method.REPLY, UID, 2, ((VERA, Reply.DECLINED),), OFFICE, None, STATED),
    )


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\r\r\n"])
def test_lines_end_as_they_like(end: str) -> None:
    text = "\ufeff" + calendar(UID, VERA).replace("\r\n", end)
    assert [one.uid for one in answers(text)] == [UID]


def test_folded_lines_are_joined() -> None:
    text = calendar(UID, VERA).replace("mailto:vera", "mail\r\n to:ve\r\n\tra")
    assert answers(text)[0].attendees == ((VERA, Reply.DECLINED),)


@pytest.mark.parametrize(
    ("inner", "outer", "meant"),
    [("REPLY", "", Method.REPLY), ("", "reply", Method.REPLY), ("CANCEL", "REPLY", Method.CANCEL)],
)
def test_the_method_inside_beats_that_of_the_mail(inner: str, outer: str, meant: Method) -> None:
    assert [one.method for one in answers(calendar(UID, VERA, method=inner), method=outer)] == [meant]


@pytest.mark.parametrize("method", ["REQUEST", "PUBLISH", "ADD", "REFRESH", "X-REPLY", ""])
def test_other_messages_are_no_answers(method: str) -> None:
    assert answers(calendar(UID, VERA, method=method)) == ()


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("RECURRENCE-ID:20260603T133000Z", Occurrence(wall("2026-06-03T13:30"), "UTC")),
        (
            "RECURRENCE-ID;TZID=America/Toronto:20260603T093000",
            Occurrence(wall("2026-06-03T09:30"), "America/Toronto"),
        ),
        ("RECURRENCE-ID;TZID=Eastern Standard Time:20260603T093000", Occurrence(wall("2026-06-03T09:30"))),
        ("RECURRENCE-ID;VALUE=DATE:20260603", Occurrence(wall("2026-06-03"), is_day=True)),
    ],
)
def test_a_date_of_a_series_is_named_as_programs_name_it(line: str, meant: Occurrence) -> None:
    assert [one.occurrence for one in answers(calendar(UID, VERA, recurrence=line))] == [meant]


def test_a_date_that_cannot_be_read_is_not_taken_for_the_whole_series() -> None:
    assert answers(calendar(UID, VERA, recurrence="RECURRENCE-ID:20261332T993000Z")) == ()
    assert answers(calendar(UID, VERA, recurrence="RECURRENCE-ID:next week")) == ()


@pytest.mark.parametrize(
    ("named", "at_instant", "expected"),
    [
        (Occurrence(wall("2026-06-03T13:30"), "UTC"), "2026-06-03T09:30-04:00", True),
        (Occurrence(wall("2026-06-03T15:30"), "Europe/Berlin"), "2026-06-03T09:30-04:00", True),
        (Occurrence(wall("2026-06-03T09:30")), "2026-06-03T09:30-04:00", True),
        (Occurrence(wall("2026-06-03"), is_day=True), "2026-06-03T23:30-04:00", True),
        (Occurrence(wall("2026-06-03T09:30"), "UTC"), "2026-06-03T09:30-04:00", False),
        (Occurrence(wall("2026-06-03"), is_day=True), "2026-06-02T23:30-04:00", False),
    ],
)
def test_an_unknown_zone_is_that_of_the_series(named: Occurrence, at_instant: str, expected: bool) -> None:
    assert named.names(at(at_instant), "America/Toronto") is expected


@pytest.mark.parametrize("written", ["", "-1", "1.5", "two", "9" * 400])
def test_a_sequence_that_is_no_number_is_zero(written: str) -> None:
    text = calendar(UID, VERA).replace("SEQUENCE:0", f"SEQUENCE:{written}")
    assert answers(text)[0].sequence == 0


def test_an_answer_without_a_state_of_its_own_says_nothing() -> None:
    said = [
        answers(calendar(UID, VERA, partstat=state))[0].attendees for state in ("NEEDS-ACTION", "X-MAYBE")
    ]
    assert said == [((VERA, Reply.NONE),)] * 2


@pytest.mark.parametrize("text", [calendar("", VERA), calendar("u" * 256, VERA)])
def test_without_a_uid_there_is_no_answer(text: str) -> None:
    assert answers(text) == ()


def test_only_the_event_itself_is_read() -> None:
    inner = (
        "BEGIN:VALARM\r\nUID:another\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@example.org\r\nEND:VALARM\r\n"
    )
    text = calendar(UID, VERA).replace("SUMMARY:", inner + "SUMMARY:")
    assert [(one.uid, len(one.attendees)) for one in answers(text)] == [(UID, 1)]
    assert answers(calendar(UID, VERA).replace("VEVENT", "VTODO")) == ()


def test_what_is_too_large_is_not_read() -> None:
    long_text = calendar(UID, VERA)
    assert answers(long_text + "\r\n" * MOST_CHARACTERS) == ()
    one = long_text.split("VERSION:2.0\r\nMETHOD:REPLY\r\n")[1].removesuffix("END:VCALENDAR\r\n")
    many = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + one * (MOST_ANSWERS + 5)
    assert len(answers(many)) == MOST_ANSWERS


@given(st.text(max_size=300) | st.text('BEGIN:VTUDA-\r\n \t;="mailto', max_size=300))
def test_no_text_whatever_makes_it_fail(noise: str) -> None:
    head, tail = calendar(UID, VERA).split("SEQUENCE:0")
    for text in (noise, head + noise + tail, head + "\r\nRECURRENCE-ID" + noise, noise + head + tail):
        assert isinstance(answers(text), tuple)
