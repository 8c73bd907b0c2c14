"""Booking and free-consultation scheduler for psychotherapy practices."""

import zoneinfo

__version__ = "0.1.0"

# Zones come from the pinned tzdata package alone: the operating system's copy may be older,
# and the slots, the mails and the calendars must agree.
zoneinfo.reset_tzpath(to=())
