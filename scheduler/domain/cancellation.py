"""Until when cancelling is free of charge, and what becomes of the fee afterwards.

Cancelling is possible until the start whatever the terms say; they only tell
what it costs. A fee is owed by those alone who accepted it when they booked.
Moving costs nothing; but whoever moves when cancelling would cost the fee still
owes it for cancelling later, so that moving is no way around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduler.domain.practice import AppointmentType


class Fee(StrEnum):
    """What became of the late fee of one appointment."""

    NONE = "none"
    DUE = "due"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a visitor accepted. Seconds before the start (`window`) and after booking (`grace`).

    `given_up` is the earliest start from which the visitor moved away too late; None if there is none.
    """

    window: int
    grace: int
    fee_cents: int
    currency: str
    fee: Fee = Fee.NONE
    given_up: int | None = None

    def free_until(self, *, start: int, booked_at: int) -> int:
        """The instant up to which cancelling is free of charge; never after the start.

        It counts from the start, or from an earlier one that was given up late. It may lie before
        `booked_at` for a time booked shortly before: then it is never free.
        """
        counted = start if self.given_up is None else min(start, self.given_up)
        return min(max(counted - self.window, booked_at + self.grace), start)

    def is_late(self, *, start: int, booked_at: int, at: int) -> bool:
        """Whether cancelling at this instant, before the start, costs the fee."""
        never_free = not self.is_ever_free(start=start, booked_at=booked_at)
        return never_free or at > self.free_until(start=start, booked_at=booked_at)

    def is_ever_free(self, *, start: int, booked_at: int) -> bool:
        """Whether there is any moment left, after booking, in which cancelling is free of charge."""
        return self.free_until(start=start, booked_at=booked_at) > booked_at

    def after_move(self, *, start: int, booked_at: int, at: int) -> "Terms":
        """The terms once the visitor has moved away from this start at this instant."""
        if not self.is_late(start=start, booked_at=booked_at, at=at):
            return self
        earlier = start if self.given_up is None else min(start, self.given_up)
        return replace(self, given_up=earlier)


def terms_of(kind: AppointmentType) -> Terms | None:
    """What is accepted by booking this type now; None without a fee."""
    if not kind.has_late_fee:
        return None
    return Terms(kind.cancel_window, kind.grace, kind.late_fee_cents, kind.currency)


def to_stored(terms: Terms) -> dict[str, int | str]:
    """The terms as plain values."""
    moved = {} if terms.given_up is None else {"given_up": terms.given_up}
    return {
        "window": terms.window,
        "grace": terms.grace,
        "fee_cents": terms.fee_cents,
        "currency": terms.currency,
        "fee": terms.fee.value,
        **moved,
    }


def from_stored(values: Mapping[str, int | str]) -> Terms:
    """The terms of plain values, as `to_stored` gave them."""
    return Terms(
        window=int(values["window"]),
        grace=int(values["grace"]),
        fee_cents=int(values["fee_cents"]),
        currency=str(values["currency"]),
        fee=Fee(str(values["fee"])),
        given_up=int(values["given_up"]) if "given_up" in values else None,
    )
