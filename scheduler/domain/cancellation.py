"""Until when cancelling is free of charge, and what becomes of the fee afterwards.

Cancelling is possible until the start whatever the terms say; they only tell
what it costs. A fee is owed by those alone who accepted it when they booked.
Moving costs nothing; but whoever moves when cancelling would cost the fee still
owes it for cancelling later, so that moving is no way around it. Nobody owes one
for a time to which the practice moved them when it was too late to refuse it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduler.domain.practice import AppointmentType

ANSWER_SECONDS = 24 * 3600
"""So much time is left to cancel free of charge what the practice moved, or it is free until it begins."""


class Fee(StrEnum):
    """What became of the late fee of one appointment."""

    NONE = "none"
    DUE = "due"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a visitor accepted. Seconds before the start (`window`) and after booking (`grace`).

    `given_up` is the earliest start from which the visitor moved away too late; None if there is none.
    `imposed` says that the practice moved it to a time so close that nobody could agree to a fee for it.
    """

    window: int
    grace: int
    fee_cents: int
    currency: str
    fee: Fee = Fee.NONE
    given_up: int | None = None
    imposed: bool = False

    def free_until(self, *, start: int, booked_at: int) -> int:
        """The instant up to which cancelling is free of charge; never after the start.

        It counts from the start, or from an earlier one that was given up late. It may lie before
        `booked_at` for a time booked shortly before: then it is never free.
        """
        if self.imposed:
            return start
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
            return replace(self, imposed=False) if self.imposed else self  # the next time is their choice
        earlier = start if self.given_up is None else min(start, self.given_up)
        return replace(self, given_up=earlier)

    def anew(self, *, start: int, at: int) -> "Terms":
        """The terms of a time that the practice chose at this instant, without having asked.

        They count from the new start where a day at least is left to say no; else it is free until it begins.
        """
        too_close = start - self.window - at < ANSWER_SECONDS
        return replace(self, fee=Fee.NONE, given_up=None, imposed=too_close)


def terms_of(kind: AppointmentType) -> Terms | None:
    """What is accepted by booking this type now; None without a fee."""
    if not kind.has_late_fee:
        return None
    return Terms(kind.cancel_window, kind.grace, kind.late_fee_cents, kind.currency)


def to_stored(terms: Terms) -> dict[str, int | str]:
    """The terms as plain values."""
    moved = {} if terms.given_up is None else {"given_up": terms.given_up}
    imposed = {"imposed": 1} if terms.imposed else {}
    return {
        "window": terms.window,
        "grace": terms.grace,
        "fee_cents": terms.fee_cents,
        "currency": terms.currency,
        "fee": terms.fee.value,
        **moved,
        **imposed,
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
        imposed=bool(values.get("imposed")),
    )
