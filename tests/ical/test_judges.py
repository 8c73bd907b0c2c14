"""Other people's calendar programs read what this project writes, and find the same instants."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from scheduler.ical.feed import EventTexts, feed
from scheduler.ical.invitation import invitation
from tests.ical.events import at, entry, veras
from tests.ical.judges import evolution, icalendar, thunderbird
from tests.ical.libical import Reader, libical
from tests.ical.test_zones import transitions

__all__ = ["libical"]

ZONES = [
    "America/Toronto", "America/St_Johns", "America/Sao_Paulo", "Europe/Paris", "Europe/Berlin",
    "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kathmandu",
]  # fmt: skip


def expected(zone: str) -> dict[str, tuple[int, int]]:
    """Quarters of an hour around each clock change of four years, and at noon of each month."""
    around = [change + 900 * step for change in transitions(zone) for step in (-100, *range(-9, 10), 100)]
    monthly = [
        at(f"{year}-{month:02}-15T12:00", zone) for year in range(2026, 2030) for month in range(1, 13)
    ]
    return {f"event-{start}": (start, start + 900) for start in sorted({*around, *monthly})}


def written(zone: str) -> bytes:
    entries = [entry(start, uid) for uid, (start, _) in expected(zone).items()]
    return feed(entries, name="Ada", zone=zone, texts=EventTexts())


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize("name", ["ical.js", "libical", "icalendar"])
def test_each_program_finds_the_same_instants_in_eight_zones(node: Callable[..., Any], name: str) -> None:
    readers = {"ical.js": thunderbird(node), "libical": evolution, "icalendar": icalendar}
    for zone, told in zip(ZONES, readers[name]([written(zone) for zone in ZONES]), strict=True):
        assert {one.uid: one.spans for one in told} == {
            uid: [span] for uid, span in expected(zone).items()
        }, zone


def test_thunderbirds_library_reads_an_invitation(node: Callable[..., Any]) -> None:
    text = invitation(veras(sequence=2, summary="Rendez-vous; à l’heure, \\n"), "REQUEST").decode()
    assert node("expand.mjs", {"text": text, "from": 0, "until": at("2031-01-01T00:00")}) == [
        {
            "uid": veras().uid,
            "sequence": 2,
            "status": "CONFIRMED",
            "summary": "Rendez-vous; à l’heure, \\n",
            "occurrences": [["2026-06-03T14:30:00Z", "2026-06-03T14:45:00Z"]],
        }
    ]


def test_libical_reads_an_invitation(libical: Reader) -> None:
    assert libical(invitation(veras(), "REQUEST")) == {veras().uid: (veras().start, veras().end)}
