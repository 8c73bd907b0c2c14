"""Whose clock a page shows: never left to guess."""

import pytest

from scheduler.web.visitor.zones import same_time, zones_by_region
from tests.web.visitor.walking import Visitor

JUNE = 1_780_300_800  # 1 June 2026


def test_without_script_times_are_the_practice_s_and_say_so(vera: Visitor) -> None:
    assert "Times are in Toronto time." in vera.open("/book/demo/consultation").text.replace(" .", ".")


def test_a_visitor_in_the_same_clocks_is_told_that_they_are_the_same(vera: Visitor) -> None:
    for zone in ("America/Toronto", "America/New_York"):
        assert "(same as yours)" in vera.open(f"/book/demo/consultation?tz={zone}").text


def test_calls_are_shown_in_the_visitor_s_zone(vera: Visitor) -> None:
    here = vera.open("/book/demo/consultation?day=").text
    page = vera.open("/book/demo/consultation?tz=Europe/Berlin")
    assert "Times are in your time zone: Berlin time" in page.text
    assert "The practice is on Toronto time" in page.text
    assert page.text != here


def test_meetings_in_person_are_shown_in_the_practice_s_zone_with_the_visitor_s_beneath(
    vera: Visitor,
) -> None:
    page = vera.open("/book/demo/session?tz=Europe/Berlin")
    assert "Times are in Toronto time, where the practice is" in page.text.replace(" ,", ",")
    assert "for you" in page.text


def test_the_zone_is_carried_to_the_end(vera: Visitor) -> None:
    page = vera.book(query="?tz=Asia/Tokyo")
    assert "Tokyo time" in page.text
    assert "Tokyo time" in vera.follow("Change or cancel").text


def test_the_zone_can_be_changed_without_script(vera: Visitor) -> None:
    vera.open("/book/demo/consultation")
    vera.follow("Change time zone")
    page = vera.send(vera.page.form_with("month"), tz="Asia/Kathmandu")
    assert "Kathmandu time" in page.text


@pytest.mark.parametrize(
    ("zone", "other", "same"),
    [
        ("America/Toronto", "America/New_York", True),
        ("Europe/Paris", "Europe/Berlin", True),
        ("Europe/Berlin", "Africa/Lagos", False),  # differ in summer only
        ("Europe/London", "Africa/Abidjan", False),  # differ in summer only
        ("America/Toronto", "America/Jamaica", False),
    ],
)
def test_the_same_offset_today_is_not_yet_the_same_clock(zone: str, other: str, same: bool) -> None:
    assert same_time(zone, other, JUNE) is same
    assert same_time(zone, other, JUNE + 180 * 86_400) is same


def test_every_zone_of_the_list_belongs_to_a_region() -> None:
    regions = zones_by_region()
    assert ("America/St_Johns", "St Johns") in regions["America"]
    assert ("Australia/Lord_Howe", "Lord Howe") in regions["Australia"]
    assert "Etc" not in regions
