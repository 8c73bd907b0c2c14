"""What a calendar program that subscribes sees of appointments that repeat."""

import recurring_ical_events
from icalendar import Calendar

from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.series import WEEK, Rhythm, Series
from scheduler.services import by_hand, feeds, series
from scheduler.store import subscriptions
from scheduler.store.database import transaction
from scheduler.store.secrets import new_token, token_hash
from scheduler.store.subscriptions import Subscription
from tests.ical.readers import Component, read_leniently
from tests.services.practice_side import booked
from tests.services.test_series import BY, FIVE, book, starts
from tests.support.core import NOW, TORONTO, Core
from tests.support.instants import HOUR

DAY = 24 * HOUR


def subscribe(core: Core, level: FeedLevel = FeedLevel.BUSY) -> str:
    """The secret of a feed of Ada's."""
    token, ada = new_token(), core.therapist("ada")
    with transaction() as tx:
        one = Subscription(f"feed-{level}", ada.practice_id, ada.id, "phone", level, NOW)
        subscriptions.add(tx, one, token_hash(token))
    return token


def body(token: str, now: int = NOW) -> bytes:
    return feeds.calendar(token, now=now)[1].body


def times(token: str, now: int = NOW) -> list[int]:
    """The starts that a calendar program finds."""
    found = recurring_ical_events.of(Calendar.from_ical(body(token, now))).between((2026, 1, 1), (2028, 1, 1))
    return sorted(int(each.start.timestamp()) for each in found)


def entries(token: str) -> list[Component]:
    return read_leniently(body(token)).all("VEVENT")


def test_a_series_is_one_entry_under_its_own_uid(core: Core) -> None:
    token = subscribe(core)
    one = booked(core, "consultation", starts()[1] + 2 * HOUR)
    found = book(core)
    uids = [each.value("UID") for each in entries(token)]
    assert sorted(uids) == sorted([one.uid, found.uid])
    assert times(token) == sorted([*starts(), one.start])


def test_moved_and_cancelled_dates_stand_with_their_series(core: Core) -> None:
    token = subscribe(core)
    found = book(core)
    between = booked(core, "consultation", starts()[1] + DAY)
    by_hand.move(core.demo, found.standing[1].id, starts()[1] + 2 * DAY, by=BY, now=NOW)
    by_hand.cancel(core.demo, found.standing[3].id, by=BY, now=NOW)
    listed = entries(token)
    assert [each.value("UID") for each in listed] == [found.uid, found.uid, between.uid]
    assert {each.value("SEQUENCE") for each in listed[:2]} == {"2"}
    assert times(token) == sorted(
        [starts()[0], starts()[1] + 2 * DAY, starts()[2], starts()[4], between.start]
    )


def test_bytes_stay_while_a_series_does(core: Core) -> None:
    token = subscribe(core)
    book(core)
    before = body(token)
    assert body(token, NOW + 9 * HOUR) == before
    series.end(core.demo, _first(core, token), with_this=False, by=BY, now=NOW + HOUR)
    assert body(token, NOW + 2 * HOUR) != before


def _first(core: Core, token: str) -> str:
    [(first,)] = core.all("SELECT id FROM appointments ORDER BY start_at LIMIT 1")
    return str(first)


def test_a_series_enters_whole_while_one_of_its_dates_is_near(core: Core) -> None:
    token = subscribe(core)
    found = book(core, Rhythm(FIVE.start, 8, 10, TORONTO))
    late = found.standing[0].start + 400 * DAY
    assert times(token) == [one.start for one in found.standing]
    assert len(times(token, late)) == 10
    assert times(token, found.standing[-1].start + 40 * DAY) == []


def test_a_series_that_was_called_off_leaves(core: Core) -> None:
    token = subscribe(core)
    found: Series = book(core)
    series.end(core.demo, found.standing[0].id, with_this=True, by=BY, now=NOW)
    assert entries(token) == []


def test_a_series_shows_what_the_level_shows(core: Core) -> None:
    book(core, left_out=(starts()[0] + WEEK,))
    titles = {}
    for level in FeedLevel:
        titles[level.value] = {each.value("SUMMARY") for each in entries(subscribe(core, level))}
    assert titles == {
        "busy": {"Busy"},
        "initials": {"Appointment · V. M."},
        "first-name": {"Appointment · Vera"},
        "full": {"Appointment · Vera Moss"},
    }
