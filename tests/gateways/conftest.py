"""Web servers on loopback, and a network on which addresses of the internet lead to them."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from scheduler.gateways.timed_socket import TimedSocket
from tests.gateways.certificates import Authority
from tests.gateways.website import Website, website


@pytest.fixture
def site() -> Iterator[Website]:
    """A web server without TLS."""
    with website() as running:
        yield running


@pytest.fixture
def other_site() -> Iterator[Website]:
    """Another one, on another port: another origin."""
    with website() as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that no machine knows."""
    return Authority(tmp_path_factory.mktemp("authority"))


@dataclass
class Wires:
    """A fake socket layer: `lead` an address to a web server; `tried` is what anybody tried to reach."""

    to: dict[tuple[str, int], int] = field(default_factory=dict)
    tried: list[tuple[str, int]] = field(default_factory=list)
    honest: bool = True

    def lead(self, address: str, port: int, site: Website) -> None:
        self.to[address, port] = site.port


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Wires:
    """No connection leaves the machine; those with a wire end at a server of the test."""
    laid = Wires()

    def connect(connecting: TimedSocket, place: tuple[str, int]) -> None:
        laid.tried.append(place)
        if place not in laid.to:
            raise ConnectionRefusedError
        socket.socket.connect(connecting, ("127.0.0.1", laid.to[place]))
        if laid.honest:
            monkeypatch.setattr(connecting, "getpeername", lambda: place)

    monkeypatch.setattr(TimedSocket, "connect", connect, raising=False)
    return laid


@dataclass
class Names:
    """A resolver that gives a host's next answer at each question, the last one for ever."""

    answers: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, *, type: int) -> list[Any]:
        self.asked.append(host)
        waiting = self.answers.get(host, [])
        if not waiting:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in address], type, 6, "", (address, port)) for address in addresses]


@pytest.fixture
def bundle(authority: Authority) -> str:
    """The file that makes a fetcher trust the authority."""
    return str(authority.file)
