"""Thousands of random steps of a practice's life, against the model, on both databases.

`TEST_SEED=7` lives the lives of that seed; without it continuous integration lives the same ones each time,
and everybody else new ones. A failure prints its seed.
"""

import os
import random
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from scheduler.store.database import db
from tests.state_machine.machine import PracticeMachine
from tests.support.core import Core

STEPS = 50
QUICK_LIVES, LIVES = 4, 8
AT_LEAST = {"sqlite": (500, 1600), "postgresql": (120, 400)}
"""Steps each day, and at length or in CI: 2,000 in all then; one on PostgreSQL costs three times as much."""


def first_seed() -> int:
    """The seed asked for, else 1 in continuous integration, else any."""
    asked = os.environ.get("TEST_SEED")
    if asked:
        return int(asked)
    return 1 if os.environ.get("CI") == "true" else random.SystemRandom().randrange(2, 1_000_000)


def live(core: Core, *, at_least: int, lives: int, number: int) -> tuple[int, list[object]]:
    """Live until so many steps were checked, `lives` for each seed from `number` on; steps and ends."""
    ends: list[object] = []

    class Machine(PracticeMachine):
        def teardown(self) -> None:
            super().teardown()
            ends.append((self.now, [(one.kind, one.start, one.status) for one in self.model.entries]))

    Machine.core = core
    while Machine.steps < at_least:
        sys.stdout.write(f"TEST_SEED={number} from step {Machine.steps} on {db.engine.dialect.name}\n")
        run_state_machine_as_test(
            seed(number)(Machine),
            settings=settings(
                max_examples=lives,
                stateful_step_count=STEPS,
                database=None,  # the seed says it all
                phases=[Phase.explicit, Phase.generate],  # making it shorter takes many minutes
                suppress_health_check=list(HealthCheck),
            ),
        )
        number += 1
    return Machine.steps, ends


def test_a_short_life_goes_as_the_model_says(any_core: Core) -> None:
    steps, ends = live(any_core, at_least=STEPS + 1, lives=QUICK_LIVES, number=first_seed())
    assert steps > STEPS
    assert len(ends) >= QUICK_LIVES


def test_the_same_seed_lives_the_same_lives(sqlite_core: Core) -> None:
    once, again, others = (live(sqlite_core, at_least=1, lives=2, number=number) for number in (5, 5, 6))
    assert once == again
    assert once[1] != others[1]


@pytest.mark.slow
def test_a_long_life_goes_as_the_model_says(core: Core, at_length: bool) -> None:
    at_least = AT_LEAST[db.engine.dialect.name][at_length or os.environ.get("CI") == "true"]
    steps, _ = live(core, at_least=at_least, lives=LIVES, number=first_seed())
    assert steps >= at_least
