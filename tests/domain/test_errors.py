"""Every refusal carries a code that stays the same."""

import pytest

from scheduler.domain import errors
from scheduler.domain.errors import SchedulerError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFound(), "not_found"),
        (errors.SlotTaken(), "slot_taken"),
        (errors.HoldExpired(), "slot_taken"),
        (errors.NotEligible(), "not_eligible"),
        (errors.TooMany(), "rate_limited"),
        (errors.WrongState(), "wrong_state"),
        (errors.AnotherRequest(), "validation_failed"),
        (errors.Paused(), "paused"),
        (errors.StoreBusy(), "try_again"),
        (errors.Refused({}), "validation_failed"),
    ],
)
def test_a_refusal_has_its_code(error: SchedulerError, code: str) -> None:
    assert error.code == code
    assert isinstance(error, SchedulerError)


def test_too_many_says_when_to_come_back() -> None:
    assert (errors.TooMany().retry_after, errors.TooMany(900).retry_after) == (3600, 900)


def test_a_pause_says_until_when() -> None:
    assert (errors.Paused().until, errors.Paused(1_800_000_000).until) == (None, 1_800_000_000)


def test_a_refusal_names_fields_and_never_what_was_typed() -> None:
    refused = errors.Refused({"name": "Tell us what to call you", "email": "Check it"})
    assert str(refused) == "email, name"
    assert refused.problems == {"name": "Tell us what to call you", "email": "Check it"}
