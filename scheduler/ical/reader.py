"""Reads a calendar in a process of its own: one line of JSON and the text on stdin, JSON on stdout.

The parent runs it confined, because a small file can ask for hours of work;
nothing of the content is ever in what it answers.
"""

import json
import sys
import warnings
from collections.abc import Collection

from scheduler.domain.calendars import ReadStatus
from scheduler.domain.intervals import Interval
from scheduler.ical.busy import BusyTimes, busy_times
from scheduler.ical.foreign import MOST_BYTES, CalendarRefused

MODULE = __name__
"""What to run confined; holds where this module is imported, not where it is run."""


def request(content: bytes, *, zone: str, window: Interval, ours: Collection[str] = ()) -> bytes:
    """What the child is to read on stdin; arguments as of `busy_times`."""
    header = {"zone": zone, "window": window, "ours": sorted(ours)}
    return json.dumps(header).encode() + b"\n" + content


def answer(reply: bytes) -> BusyTimes:
    """What the child found. **Raises** `CalendarRefused` with the child's reason."""
    said = json.loads(reply)
    if "refused" in said:
        raise CalendarRefused(ReadStatus(said["refused"]), said["why"])
    return BusyTimes(
        intervals=tuple((start, end) for start, end in said["intervals"]),
        events=said["events"],
        troubled=said["troubled"],
        problems=tuple(said["problems"]),
    )


def reply(header: bytes, content: bytes) -> bytes:
    """What the child says to a request."""
    asked = json.loads(header)
    start, end = asked["window"]
    try:
        busy = busy_times(content, zone=asked["zone"], window=(start, end), ours=asked["ours"])
    except CalendarRefused as refused:
        return json.dumps({"refused": refused.reason, "why": refused.why}).encode()
    return json.dumps(
        {
            "intervals": busy.intervals,
            "events": busy.events,
            "troubled": busy.troubled,
            "problems": busy.problems,
        }
    ).encode()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.buffer.write(reply(sys.stdin.buffer.readline(), sys.stdin.buffer.read(MOST_BYTES + 1)))
