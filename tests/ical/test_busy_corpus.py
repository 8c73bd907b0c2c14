"""Calendars that real programs wrote, and the busy times that independent readers agree on.

They lie outside of this project (`TEST_CORPUS`, else `../shared/data/ics`): `NAME.ics` beside
`NAME.expected.json`, which names the window, the owner's zone and the busy times in UTC.
"""

import json
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduler.domain.intervals import Interval
from scheduler.domain.local_time import rfc3339
from scheduler.ical.busy import BusyTimes, busy_times
from scheduler.services.busy_times import understand
from tests.support.environment import ROOT
from tests.support.instants import at

FOLDER = Path(os.environ.get("TEST_CORPUS") or ROOT.parent / "shared" / "data" / "ics")

Reader = Callable[..., BusyTimes]


@dataclass(frozen=True)
class Sample:
    """A file, and what is expected of it."""

    name: str
    content: bytes
    zone: str
    window: Interval
    busy: list[list[str]]

    def read(self, reader: Reader) -> list[list[str]]:
        """The busy times as a reader tells them."""
        found = reader(self.content, zone=self.zone, window=self.window)
        return [[rfc3339(start), rfc3339(end)] for start, end in found.intervals]


@pytest.fixture(scope="module")
def corpus() -> list[Sample]:
    """All samples; skips where there are none."""
    samples = []
    for file in sorted(FOLDER.glob("*.expected.json")):
        said = json.loads(file.read_text())
        first, last = said["window"]
        content = (FOLDER / said["file"]).read_bytes()
        samples.append(Sample(said["file"], content, said["owner_zone"], (at(first), at(last)), said["busy"]))
    if not samples:
        pytest.skip("no collection of calendars to read: TEST_CORPUS names its folder")
    return samples


def test_in_any_order_each_calendar_blocks_what_independent_readers_agree_on(corpus: list[Sample]) -> None:
    shuffled = random.sample(corpus, len(corpus))
    found = {sample.name: sample.read(busy_times) for sample in shuffled}
    assert found == {sample.name: sample.busy for sample in shuffled}


def test_calendars_read_at_once_do_not_disturb_each_other(corpus: list[Sample]) -> None:
    shuffled = random.sample(corpus, len(corpus))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda sample: sample.read(busy_times), shuffled))
    assert dict(zip((sample.name for sample in shuffled), found, strict=True)) == {
        sample.name: sample.busy for sample in shuffled
    }


def test_confined_children_beside_each_other_find_the_same(corpus: list[Sample]) -> None:
    few = random.sample(corpus, min(6, len(corpus)))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda sample: sample.read(understand), few))
    assert dict(zip((sample.name for sample in few), found, strict=True)) == {
        sample.name: sample.busy for sample in few
    }
