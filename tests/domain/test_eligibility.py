"""One free consultation per new client, and how much one address may ask for."""

import pytest

from scheduler.domain.eligibility import Claim, Outcome, consultation_outcome, is_within_limits
from scheduler.domain.practice import AppointmentType, Approval, Mode

EARLIER = Claim("earlier", 1_700_000_000)


def kind(approval: Approval, *, one_per_client: bool) -> AppointmentType:
    return AppointmentType(
        id="k",
        practice_id="p",
        slug="consultation",
        names={"en": "Free consultation"},
        descriptions={},
        duration=900,
        modes=(Mode.PHONE,),
        therapist_ids=("t",),
        approval=approval,
        one_per_client=one_per_client,
    )


@pytest.mark.parametrize(
    ("approval", "one_per_client", "claim", "outcome"),
    [
        (Approval.INSTANT, True, None, Outcome.PROCEED),
        (Approval.REQUEST, True, None, Outcome.PROCEED),
        (Approval.INSTANT, False, EARLIER, Outcome.PROCEED),
        (Approval.REQUEST, False, EARLIER, Outcome.PROCEED),
        (Approval.INSTANT, True, EARLIER, Outcome.FLAG),
        (Approval.REQUEST, True, EARLIER, Outcome.DECLINE_BY_MAIL),
    ],
)
def test_a_known_contact_is_flagged_or_declined_by_mail(
    approval: Approval, one_per_client: bool, claim: Claim | None, outcome: Outcome
) -> None:
    assert consultation_outcome(kind(approval, one_per_client=one_per_client), claim) is outcome


@pytest.mark.parametrize(
    ("live", "today", "allowed"), [(0, 0, True), (2, 5, True), (3, 0, False), (0, 6, False), (9, 9, False)]
)
def test_an_address_may_ask_for_three_at_a_time_and_six_a_day(live: int, today: int, allowed: bool) -> None:
    assert is_within_limits(live_unconfirmed=live, attempts_today=today) is allowed
