"""One page keeps one time: pressed twice, or after going back, nobody loses a time to oneself."""

import pytest

from scheduler.domain.appointment import HOLD_SECONDS
from scheduler.domain.errors import SlotTaken
from scheduler.services import booking, holds
from scheduler.services.holds import Held
from tests.support.core import NOW, SOURCE, TUESDAY, Core, vera
from tests.support.instants import MINUTE

QUARTER = 15 * MINUTE


def press(core: Core, start: int, *, page: str = "page", who: str | None = "ada", now: int = NOW) -> Held:
    return holds.hold(
        core.demo,
        core.kind("consultation"),
        start=start,
        therapist=core.therapist(who) if who else None,
        source=SOURCE,
        language="en",
        zone="Europe/Berlin",
        press=page,
        now=now,
    )


def test_the_same_time_of_the_same_page_is_held_once(any_core: Core) -> None:
    first = press(any_core, TUESDAY, who=None)
    holds.keep_answers(any_core.demo, first.token, {"name": "Vera"}, now=NOW)
    again = press(any_core, TUESDAY, who=None, now=NOW + MINUTE)
    assert (again.token, again.expires_at, again.answers) == (first.token, first.expires_at, {"name": "Vera"})
    assert any_core.all("SELECT count(*) FROM appointments") == [(1,)]


def test_another_page_never_gets_it(any_core: Core) -> None:
    press(any_core, TUESDAY)
    with pytest.raises(SlotTaken):
        press(any_core, TUESDAY, page="another")


def test_two_presses_of_one_page_at_once_hold_once(core: Core) -> None:
    found = core.together(2, lambda _: press(core, TUESDAY, who=None).token)
    assert isinstance(found[0], str)
    assert found[0] == found[1]
    assert core.all("SELECT count(*) FROM appointments") == [(1,)]


def test_another_time_of_the_same_page_gives_the_first_back(any_core: Core) -> None:
    first = press(any_core, TUESDAY)
    holds.keep_answers(any_core.demo, first.token, {"name": "Vera"}, now=NOW)
    second = press(any_core, TUESDAY + QUARTER)
    assert (second.start, second.answers) == (TUESDAY + QUARTER, {"name": "Vera"})
    assert holds.find(any_core.demo, first.token, now=NOW).status == "expired"
    assert press(any_core, TUESDAY).token not in (first.token, second.token)


def test_another_time_that_is_lost_leaves_the_first_held(any_core: Core) -> None:
    first = press(any_core, TUESDAY)
    press(any_core, TUESDAY + QUARTER, page="another")
    with pytest.raises(SlotTaken):
        press(any_core, TUESDAY + QUARTER)
    assert holds.find(any_core.demo, first.token, now=NOW).status == "held"


def test_what_was_booked_is_found_again_until_it_is_over(any_core: Core) -> None:
    held = press(any_core, TUESDAY)
    booked = booking.book_held(any_core.demo, held.token, vera(), key="k" * 16, source=SOURCE, now=NOW)
    again = press(any_core, TUESDAY)
    assert (again.status, again.manage_token) == ("booked", booked.token)
    assert press(any_core, TUESDAY + QUARTER).status == "held"


def test_a_lapsed_time_is_held_anew(any_core: Core) -> None:
    first = press(any_core, TUESDAY)
    second = press(any_core, TUESDAY, now=NOW + HOLD_SECONDS)
    assert second.token != first.token
    assert second.status == "held"
