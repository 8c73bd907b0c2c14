"""Until when cancelling is free of charge, and what becomes of the fee afterwards.

Cancelling is possible until the start whatever the terms say; they only tell
what it costs. A fee is owed by those alone who accepted it when they booked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scheduler.domain.practice import AppointmentType


class Fee(StrEnum):
    """What became of the late fee of one appointment."""

    NONE = "none"
    DUE = "due"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a visitor accepted. Seconds before the start (`window`) and after booking (`grace`)."""

    window: int
    grace: int
    fee_cents: int
    currency: str
    fee: Fee = Fee.NONE

    def free_until(self, *, start: int, booked_at: int) -> int:
        """The instant up to which cancelling is free of charge; never after the start.

        It may lie before `booked_at` for a time booked shortly before: then it is never free.
        """
        return min(max(start - self.window, booked_at + self.grace), start)

    def is_late(self, *, start: int, booked_at: int, at: int) -> bool:
        """Whether cancelling at this instant, before the start, costs the fee."""
        never_free = not self.is_ever_free(start=start, booked_at=booked_at)
        return never_free or at > self.free_until(start=start, booked_at=booked_at)

    def is_ever_free(self, *, start: int, booked_at: int) -> bool:
        """Whether there is any moment left, after booking, in which cancelling is free of charge."""
        return self.free_until(start=start, booked_at=booked_at) > booked_at


def terms_of(kind: AppointmentType) -> Terms | None:
    """What is accepted by booking this type now; None without a fee."""
    if not kind.has_late_fee:
        return None
    return Terms(kind.cancel_window, kind.grace, kind.late_fee_cents, kind.currency)


def to_stored(terms: Terms) -> dict[str, int | str]:
    """The terms as plain values."""
    return {
        "window": terms.window,
        "grace": terms.grace,
        "fee_cents": terms.fee_cents,
        "currency": terms.currency,
        "fee": terms.fee.value,
    }


def from_stored(values: Mapping[str, int | str]) -> Terms:
    """The terms of plain values, as `to_stored` gave them."""
    return Terms(
        window=int(values["window"]),
        grace=int(values["grace"]),
        fee_cents=int(values["fee_cents"]),
        currency=str(values["currency"]),
        fee=Fee(str(values["fee"])),
    )
