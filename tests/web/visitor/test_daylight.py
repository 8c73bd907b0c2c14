"""The sun on the arc: a picture of the hour."""

from datetime import date

import pytest

from scheduler.domain.waitlist import part_of_day
from scheduler.web.visitor.daylight import LARGE, hour_of, sun
from tests.web.visitor.moments import at


@pytest.mark.parametrize(
    ("hour", "place"),
    [(10.5, ("10.6", "5.9")), (16.25, ("28.7", "5.4")), (9.0, ("7.1", "9.2")), (13.5, ("20.0", "3.0"))],
)
def test_the_sun_stands_where_the_design_draws_it(hour: float, place: tuple[str, str]) -> None:
    assert sun(hour) == place


def test_the_large_arc_is_the_same_picture() -> None:
    assert sun(10.5, LARGE) == ("74.8", "50.9")


def test_the_sun_never_sets_on_the_page() -> None:
    assert sun(2.0) == sun(6.0)
    assert sun(23.0) == sun(21.0)


def test_the_hour_is_that_of_the_zone() -> None:
    assert hour_of(at(date(2026, 6, 3), 10, 30), "Europe/Berlin") == 10.5
    assert hour_of(at(date(2026, 6, 3), 10, 30), "America/Toronto") == 4.5


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "morning"), (11.9, "morning"), (12, "afternoon"), (17, "evening")]
)
def test_the_day_has_three_parts(hour: float, part: str) -> None:
    assert part_of_day(hour) == part
