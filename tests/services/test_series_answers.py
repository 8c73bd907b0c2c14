"""Answers about appointments that repeat: one date, or all of them."""

import pytest

from scheduler.domain.series import Series
from scheduler.services import answers
from scheduler.services.answers import Outcome
from tests.services.practice_side import desk_of
from tests.services.test_series import book
from tests.support.answering import of_apple
from tests.support.core import NOW, Core
from tests.support.instants import wall

VERA = "vera@example.org"


def noted(core: Core, found: Series) -> list[tuple[int, str, bool]]:
    """(place of the date in the series, word, whether the whole series is meant)."""
    places = {one.id: place for place, one in enumerate(found.appointments)}
    shown = answers.unseen(desk_of(core, "ada"), now=NOW)
    return [(places[one.appointment.id], one.answer.word, one.answer.whole_series) for one in shown]


@pytest.mark.parametrize(
    "line",
    [
        "RECURRENCE-ID:20260610T130000Z",
        "RECURRENCE-ID;TZID=America/Toronto:20260610T090000",
        "RECURRENCE-ID;TZID=Eastern Standard Time:20260610T090000",
        "RECURRENCE-ID;VALUE=DATE:20260610",
    ],
)
def test_one_date_is_declined_in_whatever_manner_it_is_named(sqlite_core: Core, line: str) -> None:
    found = book(sqlite_core)
    assert wall(found.appointments[1].start, "America/Toronto") == "09:00-04:00"
    content = of_apple(found.uid, VERA, recurrence=line)
    assert list(answers.take(content, now=NOW)) == [Outcome.NOTED]
    assert noted(sqlite_core, found) == [(1, "declined", False)]


def test_a_whole_series_is_declined_at_its_next_date(core: Core) -> None:
    found = book(core)
    later = found.appointments[0].start + 3600
    assert list(answers.take(of_apple(found.uid, VERA), now=later)) == [Outcome.NOTED]
    assert noted(core, found) == [(1, "declined", True)]


def test_a_date_that_the_series_does_not_have_is_nobodys(sqlite_core: Core) -> None:
    found = book(sqlite_core)
    content = of_apple(found.uid, VERA, recurrence="RECURRENCE-ID:20260611T130000Z")
    assert list(answers.take(content, now=NOW)) == [Outcome.UNKNOWN]
