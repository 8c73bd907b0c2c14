"""A mail server that misbehaves as it is told, and writes down what it hears."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.patience import STUBBORN

DRIP_SECONDS = 0.05
GREETING = "greeting"
BODY = "body"
USUAL = {GREETING: "220 here", BODY: "250 kept", "EHLO": "250 here", "DATA": "354 go on", "QUIT": "221 bye"}


@dataclass
class ScriptedServer:
    """Answers by verb (or `GREETING`, `BODY`): a reply, "drop", "hang" or "drip" (both stubbornly).

    The first of several only once.
    """

    port: int
    script: dict[str, list[str]]
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    tls: ssl.SSLContext | None = None

    def answer(self, step: str) -> str:
        """The next answer to a step."""
        waiting = self.script.get(step, [])
        return waiting.pop(0) if waiting else USUAL.get(step, "250 fine")


@contextmanager
def scripted_server(tls: ssl.SSLContext | None = None, **script: list[str]) -> Iterator[ScriptedServer]:
    """Run such a server on the loopback address until the block ends; with `tls` encrypted from the start."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        server = ScriptedServer(listener.getsockname()[1], script, tls=tls)
        thread = threading.Thread(target=_accept, args=(server, listener, over))
        thread.start()
        try:
            yield server
        finally:
            over.set()
            thread.join()


def _accept(server: ScriptedServer, listener: socket.socket, over: threading.Event) -> None:
    talks = []
    while not over.is_set():
        try:
            client, _ = listener.accept()
        except TimeoutError:
            continue
        server.connections += 1
        talks.append(threading.Thread(target=_talk, args=(server, client, over)))
        talks[-1].start()
    for talk in talks:
        talk.join()


def _talk(server: ScriptedServer, client: socket.socket, over: threading.Event) -> None:
    if server.tls:
        client = server.tls.wrap_socket(client, server_side=True)
    with client, client.makefile("rb") as lines:
        step = GREETING
        while True:
            answer = server.answer(step)
            if answer == "hang":
                over.wait(STUBBORN)
                return
            if answer == "drop":
                return
            if answer == "drip":
                _drip(client, over)
                return
            client.sendall(answer.encode() + b"\r\n")
            if step == "DATA" and answer.startswith("354"):
                while lines.readline() not in (b".\r\n", b""):
                    pass
                step = BODY
                continue
            heard = lines.readline().decode().strip()
            if not heard:
                return
            server.heard.append(heard)
            step = heard.split(" ")[0].split(":")[0].upper()


def _drip(client: socket.socket, over: threading.Event) -> None:
    """One more byte of an answer each moment, until nobody listens."""
    until = time.monotonic() + STUBBORN
    with suppress(OSError):
        while not over.wait(DRIP_SECONDS) and time.monotonic() < until:
            client.sendall(b"2")
