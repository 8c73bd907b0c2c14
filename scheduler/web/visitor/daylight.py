"""Where the sun stands on the design's arc: from six in the morning to nine in the evening.

The arc is drawn from left to right over fifteen hours; a sun near an end stays
a little inside, so that it never touches the horizon.
"""

import math
from dataclasses import dataclass

from scheduler.domain.local_time import local

MORNING, AFTERNOON, EVENING = 9.5, 14.5, 19.0
_FIRST_HOUR, _HOURS = 6, 15


@dataclass(frozen=True, slots=True)
class Arc:
    """An ellipse's upper half: centre and radii, in the units of its drawing."""

    x: float
    y: float
    width: float
    height: float


SMALL = Arc(20, 18, 16, 15)
LARGE = Arc(150, 140, 128, 110.1)


def hour_of(at: int, zone: str) -> float:
    """The local hour with its fraction, 0 to 24."""
    moment = local(at, zone)
    return moment.hour + moment.minute / 60


def sun(hour: float, arc: Arc = SMALL) -> tuple[str, str]:
    """Where the sun of this local hour stands on the arc, as two numbers with one decimal."""
    share = min(0.94, max(0.06, (hour - _FIRST_HOUR) / _HOURS))
    angle = math.pi * (1 - share)
    return f"{arc.x + arc.width * math.cos(angle):.1f}", f"{arc.y - arc.height * math.sin(angle):.1f}"
