"""Whatever calendar program a person has, it shows each appointment at its instant, clock changes or not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scheduler.app import create_app
from scheduler.domain.intervals import Interval
from scheduler.settings import Settings
from scheduler.store.database import db
from tests.ical.judges import Judge, Told, evolution, icalendar, thunderbird
from tests.services.clock_changes import ZONES, House, Moment, changes
from tests.support.environment import settings


def history_in(file: Path) -> list[Moment]:
    """Eight practices through the clock changes of three years, in the order of time."""
    app = create_app(Settings.from_environment(settings(f"sqlite:///{file}")))
    houses = {zone: House.built(app, str(file), zone) for zone in ZONES}
    # Everything that can happen happens at two changes of each zone, what calendars find hardest at all.
    lives = sorted(
        (change, zone, number < 2) for zone in ZONES for number, change in enumerate(changes(zone))
    )
    found: list[Moment] = []
    with app.app_context():
        for change, zone, is_full in lives:
            house = houses[zone]
            found += house.live_fully_around(change) if is_full else house.live_around(change)
        db.engine.dispose()
    return found


class People:
    """What stands in the calendars of all who get mails: (recipient, UID) -> original start -> time."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], dict[int, Interval]] = {}

    def read(self, recipient: str, method: str, told: Told) -> None:
        """Do what a calendar program does with an invitation. **Source** RFC 5546 section 3.2."""
        key = recipient, told.uid
        if method == "REQUEST" and told.is_whole:
            self.entries[key] = dict(told.dates)
        elif method == "REQUEST":
            assert told.dates.keys() <= self.entries[key].keys()
            self.entries[key] |= told.dates
        elif told.is_whole:
            del self.entries[key]
        else:
            for original in told.dates:
                del self.entries[key][original]

    def of(self, uids: set[str]) -> dict[str, list[list[Interval]]]:
        """UID -> the times in each calendar that has it."""
        found: dict[str, list[list[Interval]]] = {}
        for (_, uid), dates in self.entries.items():
            if uid in uids and dates:
                found.setdefault(uid, []).append(sorted(dates.values()))
        return found


@pytest.mark.slow
def test_every_program_shows_what_stands_through_three_years_of_clock_changes(
    sqlite_template: Path, tmp_path: Path, node: Callable[..., Any]
) -> None:
    history = history_in(Path(shutil.copy(sqlite_template, tmp_path / "history.sqlite3")))
    check_that_it_is_rich(history)
    for judge in (thunderbird(node), evolution, icalendar):
        follow_the_mails(history, judge)
        look_at_feed_and_own_calendar(history, judge)


def check_that_it_is_rich(history: list[Moment]) -> None:
    assert {moment.zone for moment in history} == set(ZONES)
    assert len(history) == 3 * (6 * 6 + 2 * 3)
    mails = [mail for moment in history for mail in moment.mails]
    assert len(mails) > 300
    assert {method for _, method, _ in mails} == {"REQUEST", "CANCEL"}
    texts = b"".join(text for _, _, text in mails)
    for word in (b"STATUS:TENTATIVE", b"RRULE:", b"RECURRENCE-ID", b"EXDATE", b"UNTIL=", b"TZID="):
        assert word in texts, word


def follow_the_mails(history: list[Moment], judge: Judge) -> None:
    """Who does what the mails say has what stands, after each step."""
    read = iter(judge([text for moment in history for _, _, text in moment.mails]))
    people = People()
    uids: dict[str, set[str]] = {}
    for moment in history:
        for recipient, method, _ in moment.mails:
            [told] = next(read)
            people.read(recipient, method, told)
            uids.setdefault(moment.zone, set()).add(told.uid)
        readers = 2 if moment.zone == "Europe/Berlin" else 1  # there Ada gets a mail of her own
        expected = {uid: [spans] * readers for uid, spans in moment.standing.items()}
        assert people.of(uids[moment.zone]) == expected, moment.zone


def look_at_feed_and_own_calendar(history: list[Moment], judge: Judge) -> None:
    """Whoever subscribes or is written to has what stands within the window."""
    read = iter(judge([text for moment in history for text in (moment.feed, *moment.entries.values())]))
    for moment in history:
        assert {told.uid: told.spans for told in next(read)} == moment.shown, moment.zone
        objects = {uid: next(read) for uid in moment.entries}
        assert {uid: [(told.uid, told.spans) for told in found] for uid, found in objects.items()} == {
            uid: [(uid, spans)] for uid, spans in moment.shown.items()
        }, moment.zone
