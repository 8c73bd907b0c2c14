"""Thousands of random steps of a practice's life, against the model, on both databases."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from scheduler.store.database import db
from tests.state_machine.machine import PracticeMachine
from tests.support.core import Core

STEPS = 50
QUICK_EXAMPLES = 4
EXAMPLES = {"sqlite": (14, 42), "postgresql": (4, 12)}
AT_LEAST = {"sqlite": (400, 1500), "postgresql": (100, 500)}
"""Lives and steps each day and at length, 2,000 steps then; one on PostgreSQL costs three times as much."""


def live(core: Core, examples: int) -> int:
    """Run so many lives; returns how many steps were checked."""

    class Machine(PracticeMachine):
        pass

    Machine.core = core
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # making it shorter takes many minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Machine.steps


def test_a_short_life_goes_as_the_model_says(any_core: Core) -> None:
    assert live(any_core, QUICK_EXAMPLES) > STEPS


@pytest.mark.slow
def test_a_long_life_goes_as_the_model_says(core: Core, at_length: bool) -> None:
    database = db.engine.dialect.name
    assert live(core, EXAMPLES[database][at_length]) >= AT_LEAST[database][at_length]
