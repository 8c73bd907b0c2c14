"""One free consultation per new client, and how much one address may hold.

A stranger learns nothing from any of this: a known contact gets the same page
and the same answer; the difference is seen by the therapist alone.
"""

from dataclasses import dataclass
from enum import StrEnum

from scheduler.domain.practice import AppointmentType, Approval

LIVE_UNCONFIRMED_PER_ADDRESS = 3
"""Live appointments of one address made without any of its links having been opened."""

ATTEMPTS_PER_ADDRESS_AND_DAY = 6

CLAIM_SECONDS = 365 * 24 * 3600
"""How long a consultation counts: the claim holds an HMAC only and goes after twelve months."""


class Outcome(StrEnum):
    """What becomes of a booking whose contact may have had the consultation before."""

    PROCEED = "proceed"
    FLAG = "flag"
    DECLINE_BY_MAIL = "decline_by_mail"


@dataclass(frozen=True, slots=True)
class Claim:
    """A consultation that a contact has had or booked: when it was claimed (an instant)."""

    appointment_id: str
    claimed_at: int


def consultation_outcome(kind: AppointmentType, claim: Claim | None) -> Outcome:
    """What to do with a booking of `kind` by a contact that holds `claim`.

    Instant types accept and flag it to the therapist; types by request show
    the same page to everybody and decline a known contact by mail.
    """
    if not kind.one_per_client or claim is None:
        return Outcome.PROCEED
    return Outcome.DECLINE_BY_MAIL if kind.approval is Approval.REQUEST else Outcome.FLAG


def is_within_limits(*, live_unconfirmed: int, attempts_today: int) -> bool:
    """Whether one more booking of the address may be made; counts are before this one."""
    return live_unconfirmed < LIVE_UNCONFIRMED_PER_ADDRESS and attempts_today < ATTEMPTS_PER_ADDRESS_AND_DAY
