"""With a part of the guard around fetched calendars taken away, the test that is named for it fails."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from scheduler.gateways import http, reaching
from scheduler.gateways.timed_socket import TimedSocket
from tests.gateways import test_http, test_http_limits
from tests.gateways.conftest import Wires, site, wires
from tests.gateways.website import Website, website
from tests.guards.test_guards_bite import Patch, fails
from tests.support import patience

__all__ = ["site", "wires"]


@pytest.fixture
def other_site() -> Iterator[Website]:
    """Another origin."""
    with website() as running:
        yield running


def test_without_the_look_at_addresses_names_lead_into_the_house(monkeypatch: Patch, wires: Wires) -> None:
    monkeypatch.setattr(reaching, "is_public", lambda _address: True)
    fails(test_http.test_one_address_in_the_house_among_public_ones_is_enough, "10.0.0.1", wires)
    fails(test_http.test_no_spelling_of_loopback_gets_through, "127.0.0.1", wires)


def test_without_the_look_at_exceptions_clouds_hand_out_their_keys(monkeypatch: Patch, wires: Wires) -> None:
    monkeypatch.setattr(reaching, "is_in_the_house", lambda _address: True)
    fails(test_http.test_an_exception_does_not_open_the_cloud_s_own_services, wires)


def test_without_origins_credentials_travel(monkeypatch: Patch, site: Website, other_site: Website) -> None:
    monkeypatch.setattr(http.Place, "origin", property(lambda _place: "everywhere the same"))
    fails(test_http.test_credentials_stay_with_their_origin, site, other_site)


def test_without_the_deadline_a_server_may_drip(monkeypatch: Patch, site: Website) -> None:
    monkeypatch.setattr(TimedSocket, "_hurry", lambda _socket: None)
    monkeypatch.setattr(patience, "PATIENCE", 0.5)
    site.sayings["/"] = b""
    fails(test_http_limits.test_a_server_that_drips_is_left_in_time, dripping_for_a_second, site)


def dripping_for_a_second(talk: test_http_limits.Conversation) -> None:
    talk.drip(iter([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 9]), pause=0.1)


def test_without_waiting_more_than_two_run_at_once(monkeypatch: Patch, site: Website) -> None:
    monkeypatch.setattr(http, "_one_of_few", lambda _patience: nullcontext())
    fails(test_http_limits.test_two_requests_run_at_once_and_no_more, site)
