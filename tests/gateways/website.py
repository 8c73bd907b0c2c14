"""A web server that says, byte for byte and as slowly as wished, what a test tells it to."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from tests.support.patience import STUBBORN

Saying = Callable[["Conversation"], None]
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@dataclass(frozen=True)
class Heard:
    """One request, header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Conversation:
    """What a saying has at hand; `over` is set when the test is."""

    client: socket.socket
    over: threading.Event

    def say(self, *pieces: bytes) -> None:
        self.client.sendall(b"".join(pieces))

    def hang(self) -> None:
        """Say nothing more, stubbornly."""
        self.over.wait(STUBBORN)

    def drip(self, pieces: Iterator[bytes], pause: float = 0.05) -> None:
        """One piece after the other, stubbornly if there is always another."""
        until = time.monotonic() + STUBBORN
        for piece in pieces:
            if self.over.wait(pause) or time.monotonic() > until:
                return
            self.client.sendall(piece)


@dataclass
class Website:
    """Answers by path, 404 elsewhere; `heard` lists the requests."""

    port: int
    sayings: dict[str, Saying | bytes] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def door(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://{self.door}{path}"

    def converse(self, client: socket.socket) -> None:
        """One connection, from the handshake to the answer."""
        self.connections += 1
        with suppress(OSError), client:
            client.settimeout(STUBBORN)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            with client, client.makefile("rb") as lines:
                request = _hear(lines)
                self.heard.append(request)
                saying = self.sayings.get(request.target, answer(b"nothing here", status="404 Not Found"))
                if isinstance(saying, bytes):
                    client.sendall(saying)
                else:
                    saying(Conversation(client, self.over))


def answer(body: bytes = CALENDAR, *headers: str, status: str = "200 OK") -> bytes:
    """An ordinary answer."""
    return _head(status, f"Content-Length: {len(body)}", *headers) + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """An answer that sends elsewhere."""
    return _head(status, f"Location: {to}", "Content-Length: 0")


def without_length(*headers: str) -> bytes:
    """The head of an answer whose body ends with the connection, or never."""
    return _head("200 OK", *headers)


@contextmanager
def website(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Website]:
    """Run such a server on a loopback address until the block ends."""
    with socket.create_server((host, 0)) as listener:
        site = Website(listener.getsockname()[1], tls=tls)
        thread = threading.Thread(target=_accept, args=(site, listener))
        thread.start()
        try:
            yield site
        finally:
            site.over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a client
            thread.join()


def _accept(site: Website, listener: socket.socket) -> None:
    talks = []
    while not site.over.is_set():
        try:
            client, _ = listener.accept()
        except OSError:
            break
        talks.append(threading.Thread(target=site.converse, args=(client,)))
        talks[-1].start()
    for talk in talks:
        talk.join()


def _head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


def _hear(lines: BinaryIO) -> Heard:
    method, target, _ = lines.readline().decode().split(" ")
    headers = {}
    while line := lines.readline().strip():
        name, _, text = line.decode().partition(":")
        headers[name.lower()] = text.strip()
    return Heard(method, target, headers, lines.read(int(headers.get("content-length", 0))))
