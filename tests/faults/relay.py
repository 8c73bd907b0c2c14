"""A wire between the program and PostgreSQL that can break at the worst moment."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

BOOKING = b"INSERT INTO outbox"
"""What a transaction says that books."""


@dataclass
class Relay:
    """Passes everything on. With `loses_answers` it breaks between a booking's COMMIT and its answer."""

    server_port: int
    port: int = 0
    loses_answers: bool = False
    lost: int = 0
    wires: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """End every connection."""
        for wire in self.wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay_to(server_port: int) -> Iterator[Relay]:
    """A relay on the loopback address until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(server_port, listener.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(relay, listener), daemon=True)
        accepting.start()
        try:
            yield relay
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            relay.cut()
            accepting.join()


def _accept(relay: Relay, listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", relay.server_port))
            relay.wires += [client, server]
            talk = _Talk(relay, client, server)
            for pump in (talk.ask, talk.answer):
                threading.Thread(target=pump, daemon=True).start()


class _Talk:
    """One connection."""

    def __init__(self, relay: Relay, client: socket.socket, server: socket.socket) -> None:
        self.relay, self.client, self.server = relay, client, server
        self.books = self.is_committing = False

    def ask(self) -> None:
        """What the program says."""
        with self.end():
            while said := self.client.recv(65536):
                self.books = self.books or BOOKING in said
                if self.relay.loses_answers and self.books and b"COMMIT\0" in said:
                    self.is_committing = True
                self.server.sendall(said)

    def answer(self) -> None:
        """What PostgreSQL says."""
        with self.end():
            while said := self.server.recv(65536):
                if self.is_committing:
                    self.relay.lost += 1
                    self.relay.loses_answers = False
                    return
                self.client.sendall(said)

    @contextmanager
    def end(self) -> Iterator[None]:
        """Both sides hear of the end; closing alone would leave the thread that waits for the other one."""
        with suppress(OSError):
            yield
        for wire in (self.client, self.server):
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
