"""A last word on how long a conversation may take, however slowly the other side goes on talking.

A socket's timeout counts from the last byte: a server that sends one every few seconds never meets it.
"""

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

TOO_LONG = "the conversation took too long"
_AGAIN_AFTER = 0.5
"""Seconds after which a cut is repeated: in the middle of a TLS handshake there is no socket to cut."""


@contextmanager
def deadline(host: smtplib.SMTP, seconds: float, *, is_begin: bool = False) -> Iterator[None]:
    """Cuts the connection when the block is not over after so many seconds.

    **Raises** `SMTPServerDisconnected` then, instead of what the block made of half an answer; if it took
    that for a good end, only at the beginning of a conversation: a mail that was taken is taken.
    """
    over, cut = threading.Event(), threading.Event()
    arguments = (host, seconds, over, cut)
    threading.Thread(target=_watch, args=arguments, name="mail deadline", daemon=True).start()
    try:
        yield
    except smtplib.SMTPException as error:
        if cut.is_set():
            raise smtplib.SMTPServerDisconnected(TOO_LONG) from error
        raise
    finally:
        over.set()
    if is_begin and cut.is_set():
        raise smtplib.SMTPServerDisconnected(TOO_LONG)


class PromptSMTP(smtplib.SMTP):
    """A client whose connecting, the server's greeting included, ends after `limit` seconds."""

    def __init__(self, server: str, port: int, *, limit: float, **options: Any) -> None:
        self._limit = limit
        super().__init__(server, port, **options)

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        """Connect and hear the greeting. **Raises** `SMTPException`, `OSError`."""
        with deadline(self, self._limit, is_begin=True):
            return super().connect(host, port, source_address)


class PromptSMTPOverTLS(PromptSMTP, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _watch(host: smtplib.SMTP, seconds: float, over: threading.Event, cut: threading.Event) -> None:
    pause = seconds
    while not over.wait(pause):
        cut.set()
        sock = getattr(host, "sock", None)
        if sock is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which takes the encryption from under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        pause = _AGAIN_AFTER
