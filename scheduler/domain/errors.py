"""Errors named for the person who meets them; each carries a stable `code`.

The web layer turns them into HTTP in one table (`web/errors.py`).
"""


class SchedulerError(Exception):
    """Base of everything this product refuses."""

    code = "error"


class NotFound(SchedulerError):
    """There is no such thing, or it is not yours: the two look the same.

    `practice_id` is set where whoever asks has held a link of this practice that is over.
    """

    code = "not_found"

    def __init__(self, *words: object, practice_id: str = "") -> None:
        """Words are for the log alone."""
        super().__init__(*words)
        self.practice_id = practice_id


class SlotTaken(SchedulerError):
    """The time cannot be booked: somebody has it, or it is not offered."""

    code = "slot_taken"


class DatesTaken(SlotTaken):
    """Some dates of a series cannot be booked; `starts` are their instants, in order. Nothing was booked."""

    def __init__(self, starts: tuple[int, ...]) -> None:
        super().__init__(f"{len(starts)} dates cannot be booked")
        self.starts = starts


class HoldExpired(SchedulerError):
    """The held time ran out and is no longer free."""

    code = "slot_taken"


class NotEligible(SchedulerError):
    """Facts stated in the same form rule this appointment out."""

    code = "not_eligible"


class TooMany(SchedulerError):
    """A limit per person, source or practice is reached; the cause is not told apart."""

    code = "rate_limited"

    def __init__(self, retry_after: int = 3600) -> None:
        super().__init__("too many attempts")
        self.retry_after = retry_after


class WrongState(SchedulerError):
    """The appointment is in a state in which this cannot be done (cancelled, past, already answered)."""

    code = "wrong_state"


class AnotherRequest(SchedulerError):
    """The idempotency key was used before with other content."""

    code = "validation_failed"


class Paused(SchedulerError):
    """The practice takes no bookings now; `until` is an instant or None."""

    code = "paused"

    def __init__(self, until: int | None = None) -> None:
        super().__init__("booking is paused")
        self.until = until


class StoreBusy(SchedulerError):
    """The database did not answer in time; nothing was written. Try again shortly."""

    code = "try_again"


class Refused(SchedulerError):
    """Input that cannot be taken: `problems` maps a field to a message key with its values."""

    code = "validation_failed"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems
