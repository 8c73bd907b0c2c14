"""The only reader of the wall clock."""

import time


def utcnow() -> int:
    """The current instant in whole UTC epoch seconds."""
    return int(time.time())
