"""From a place on the network to a connection: look up once, check every address, connect to exactly one."""

import queue
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from scheduler.gateways.addresses import Address, BadAddress, Place, is_in_the_house, is_public
from scheduler.gateways.timed_socket import TimedSocket, connect, time_left

Resolve = Callable[..., list[Any]]
"""Called and answering like `socket.getaddrinfo`."""

_TRIED = 4  # addresses, one after the other; large hosts announce more than anyone needs


def reach(asked: Place, *, resolve: Resolve, house: bool, until: float) -> TimedSocket:
    """A connection to the first address of a host that takes one; each gets its share of the time left.

    One address that must not be asked shuts the host: only public ones are fine, with `house` those of the
    house too. `until` is monotonic seconds.
    **Raises** `BadAddress`; `OSError` when nobody answers; `TimeoutError`.
    """
    found = _addresses(asked, resolve, until)
    if not all(is_public(address) or (house and is_in_the_house(address)) for address in found):
        raise BadAddress
    tried = found[:_TRIED]
    for index, address in enumerate(tried):
        patience = time_left(until) / (len(tried) - index)
        try:
            return connect(address, asked.port, until=until, patience=patience)
        except OSError:
            continue
    raise ConnectionError("no address answers")


def _addresses(asked: Place, resolve: Resolve, until: float) -> list[Address]:
    """All addresses of a host, each once, in the resolver's order. **Raises** `OSError`, `TimeoutError`."""
    try:
        return [ip_address(asked.host)]
    except ValueError:
        answer = _looked_up(asked, resolve, until)
    if isinstance(answer, Exception) or not answer:
        raise ConnectionError("no such host")
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in answer))


def _looked_up(asked: Place, resolve: Resolve, until: float) -> list[Any] | Exception:
    """The resolver's answer or failure. In a thread, since nothing else bounds a resolver's time."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(asked.host, asked.port, type=socket.SOCK_STREAM))
        except Exception as error:  # told to who waits
            answers.put(error)

    threading.Thread(target=look_up, name="name look-up", daemon=True).start()
    try:
        return answers.get(timeout=time_left(until))
    except queue.Empty:
        raise TimeoutError("the resolver is slow") from None
