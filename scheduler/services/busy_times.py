"""Understanding somebody else's calendar in a confined child: the only way its text is ever read."""

from collections.abc import Collection

from scheduler.domain.calendars import ReadStatus
from scheduler.domain.intervals import Interval
from scheduler.gateways.confined import ChildFailed, Exceeded, run
from scheduler.ical.busy import BusyTimes
from scheduler.ical.foreign import MOST_BYTES, CalendarRefused
from scheduler.ical.reader import MODULE, answer, request

__all__ = ["MOST_BYTES", "NotUnderstood", "understand"]


class NotUnderstood(Exception):
    """No busy times can be told; `status` is the class, `why` a sentence without anything of the content."""

    def __init__(self, status: ReadStatus, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def understand(text: bytes, *, zone: str, window: Interval, ours: Collection[str] = ()) -> BusyTimes:
    """What the text blocks inside the window (UTC epoch seconds, `[start, end)`).

    `zone` is the owner's; events whose UID is in `ours` block nothing. No text at all is a
    calendar without entries: a server may have none to send. **Raises** `NotUnderstood`.
    """
    if not text:
        return BusyTimes(intervals=(), events=0)
    if len(text) > MOST_BYTES:
        raise NotUnderstood(ReadStatus.TOO_LARGE, "the calendar is larger than 5 MB")
    try:
        return answer(run(MODULE, request(text, zone=zone, window=window, ours=ours)))
    except CalendarRefused as refused:
        raise NotUnderstood(refused.reason, refused.why) from None
    except Exceeded:
        raise NotUnderstood(ReadStatus.TOO_SLOW, "reading it takes too much time or memory") from None
    except ChildFailed:
        raise NotUnderstood(ReadStatus.REFUSED, "it cannot be read") from None
