"""IMAP that speaks for a limited time and reads a limited number of bytes.

imaplib is the standard library's; its documented hooks (`open`, `read`, `readline`) bound here
how long and how much a server may speak.
"""

import imaplib
import socket
import threading
from contextlib import suppress
from typing import Any

MOST_BYTES = 30_000_000
"""Bytes that a server may send in a conversation."""


class BoundedImap(imaplib.IMAP4):
    """Speaks for a limited time and reads a limited number of bytes."""

    def __init__(self, *where: Any, deadline: float, **options: Any) -> None:
        self._left = MOST_BYTES
        self._clock = threading.Timer(deadline, self._hang_up)
        self._clock.daemon = True
        super().__init__(*where, **options)

    def open(self, *where: Any, **options: Any) -> None:
        """Connect; from now on the deadline counts, also for the greeting."""
        super().open(*where, **options)
        self._clock.start()

    def read(self, size: int) -> bytes:
        """A literal of so many bytes."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """A line of the server's."""
        line = super().readline()
        self._spend(len(line))
        return line

    def stop_clock(self) -> None:
        """The conversation is over."""
        self._clock.cancel()

    def shutdown(self) -> None:
        """Close the connection."""
        self.stop_clock()
        super().shutdown()

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("the server says too much")

    def _hang_up(self) -> None:
        with suppress(OSError):
            # Past TLS, whose state belongs to the thread that waits in it.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class EncryptedImap(BoundedImap, imaplib.IMAP4_SSL):
    """The same inside verified TLS."""
