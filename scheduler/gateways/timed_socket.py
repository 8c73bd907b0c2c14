"""Sockets that know when the whole conversation must be over and how much of it may be heard.

A socket's own timeout counts from the last byte: a server that sends one every few seconds never meets it.
"""

import math
import socket
import ssl
import time
from ipaddress import ip_address
from typing import Any

from scheduler.gateways.addresses import Address


class TooMuchHeard(Exception):
    """The other side sent more than was allowed."""


class TimedSocket(socket.socket):
    """A socket whose turns end with the conversation: `until` in monotonic seconds, `hearable` bytes."""

    until = math.inf
    hearable = math.inf

    def recv_into(self, *args: Any, **named: Any) -> int:
        """As ever. **Raises** `TimeoutError` after the end, `TooMuchHeard`."""
        self._hurry()
        heard = super().recv_into(*args, **named)
        self.hearable -= heard
        if self.hearable < 0:
            raise TooMuchHeard
        return heard

    def send(self, *args: Any, **named: Any) -> int:
        """As ever. **Raises** `TimeoutError` after the end."""
        self._hurry()
        return super().send(*args, **named)

    def sendall(self, *args: Any, **named: Any) -> None:
        """As ever. **Raises** `TimeoutError` after the end."""
        self._hurry()
        return super().sendall(*args, **named)

    def _hurry(self) -> None:
        self.settimeout(time_left(self.until))


class TimedTlsSocket(TimedSocket, ssl.SSLSocket):
    """The same, encrypted; made by a context of `tls_context`."""


def time_left(until: float) -> float:
    """Seconds until then. **Raises** `TimeoutError` when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Verifies certificates and host names; `ca_file` names further authorities beside the machine's own."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    context.sslsocket_class = TimedTlsSocket
    return context


def connect(address: Address, port: int, *, until: float, patience: float) -> TimedSocket:
    """A connection to exactly this address, waiting at most `patience` seconds. **Raises** `OSError`."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connected = TimedSocket(family, socket.SOCK_STREAM)
    try:
        connected.until = until
        connected.settimeout(min(patience, time_left(until)))
        connected.connect((str(address), port))
        if ip_address(connected.getpeername()[0]) != address:
            raise ConnectionError("connected elsewhere")
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connected.close()
        raise
    return connected


def encrypt(plain: TimedSocket, context: ssl.SSLContext, host: str) -> TimedTlsSocket:
    """TLS for a host name over a connection. **Raises** `OSError`; the connection is closed then."""
    try:
        plain.settimeout(time_left(plain.until))  # bounds the handshake as a whole, not each read of it
        encrypted = context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    assert isinstance(encrypted, TimedTlsSocket)  # noqa: S101 - for the type checker: the context makes such sockets
    encrypted.until = plain.until
    return encrypted
