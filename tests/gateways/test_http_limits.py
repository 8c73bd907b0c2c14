"""Fetching from servers that are slow, endless, or lie: everything ends in time and in bounds."""

import gc
import gzip
import itertools
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from scheduler.gateways.http import AT_ONCE, Fetcher, FetchFailed, FetchTrouble
from scheduler.gateways.timed_socket import TimedSocket, tls_context
from tests.gateways.certificates import Authority
from tests.gateways.test_http import house, trouble
from tests.gateways.website import CALENDAR, Conversation, Website, answer, redirect, website, without_length
from tests.support.patience import PATIENCE, STUBBORN, ends_by_itself

SOON = 0.25
"""Seconds: the deadline of a fetch that fails."""


def forever(piece: bytes) -> Iterator[bytes]:
    return itertools.repeat(piece)


def silent(talk: Conversation) -> None:
    talk.hang()


def dripping_status(talk: Conversation) -> None:
    talk.drip(bytes([sign]) for sign in b"HTTP/1.1 200 " + b"OK" * 1000)


def dripping_headers(talk: Conversation) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\n")
    talk.drip(forever(b"X: y\r\n"), pause=0.1)


def dripping_body(talk: Conversation) -> None:
    talk.say(without_length("Content-Length: 1000"))
    talk.drip(forever(b"."))


def dripping_chunk_sizes(talk: Conversation) -> None:
    talk.say(without_length("Transfer-Encoding: chunked"))
    talk.drip(forever(b"0"))


def dripping_to_the_end(talk: Conversation) -> None:
    talk.say(without_length())
    talk.drip(forever(b"."))


def continuing(talk: Conversation) -> None:
    talk.drip(forever(b"HTTP/1.1 100 Continue\r\n\r\n"))


@pytest.mark.parametrize(
    "saying",
    [
        silent,
        dripping_status,
        dripping_headers,
        dripping_body,
        dripping_chunk_sizes,
        dripping_to_the_end,
        continuing,
    ],
)
def test_a_server_that_drips_is_left_in_time(saying: object, site: Website) -> None:
    site.sayings["/"] = saying  # type: ignore[assignment]
    with ends_by_itself():
        assert trouble(house(site, deadline=SOON), site.url()) == FetchTrouble.TOO_SLOW


def test_redirects_share_one_deadline(site: Website) -> None:
    def slowly(talk: Conversation) -> None:
        talk.over.wait(SOON / 2)
        talk.say(redirect("/"))

    site.sayings["/"] = slowly
    with ends_by_itself():
        assert trouble(house(site, deadline=SOON), site.url()) == FetchTrouble.TOO_SLOW
    assert len(site.heard) <= 2


def test_a_request_that_nobody_reads_is_left_in_time(site: Website) -> None:
    with ends_by_itself(), pytest.raises(FetchFailed, match="too_slow"):
        house(site, deadline=SOON).request("PUT", unheard(site), body=b"x" * 20_000_000)


def unheard(site: Website) -> str:
    """A place of the site whose connection is not read beyond the headers."""

    def read_only_the_head(client: socket.socket) -> None:
        with client:
            client.recv(100)
            site.over.wait(STUBBORN)

    site.converse = read_only_the_head  # type: ignore[method-assign]
    return site.url()


@pytest.mark.parametrize("piece", [b"", b"\x16\x03\x03\x40\x00" + b"\x02"])
def test_a_handshake_that_drips_is_left_in_time(piece: bytes, site: Website) -> None:
    def drip(client: socket.socket) -> None:
        with client:
            client.recv(10)
            Conversation(client, site.over).drip(itertools.chain([piece], forever(piece[-1:])))

    site.converse = drip  # type: ignore[method-assign]
    with ends_by_itself():
        url = f"https://{site.door}/"
        assert trouble(house(site, deadline=SOON), url) == FetchTrouble.TOO_SLOW


def test_a_body_that_drips_through_tls_is_left_in_time(authority: Authority, bundle: str) -> None:
    with website(authority.server_context("127.0.0.1")) as site:
        site.sayings["/"] = dripping_body
        with ends_by_itself():
            fetcher = house(site, deadline=SOON, ca_file=bundle)
            assert trouble(fetcher, site.url()) == FetchTrouble.TOO_SLOW


def test_a_resolver_that_thinks_is_left_ends_by_itself() -> None:
    over = threading.Event()

    def think(*_question: object, **_more: object) -> list[object]:
        over.wait(STUBBORN)
        return []

    with ends_by_itself():
        fetcher = Fetcher(resolve=think, deadline=SOON)
        assert trouble(fetcher, "https://cal.example/") == FetchTrouble.TOO_SLOW
    over.set()


def test_a_door_that_nobody_opens_gives_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        door = full.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for guest in crowd:
            guest.setblocking(False)
            guest.connect_ex(door)
        with ends_by_itself():
            fetcher = Fetcher(allowed=[f"127.0.0.1:{door[1]}"], deadline=SOON)
            assert trouble(fetcher, f"http://127.0.0.1:{door[1]}/") in ("no_answer", "too_slow")
        for guest in crowd:
            guest.close()


# ---- size ------------------------------------------------------------------------------------------


def endless_body(talk: Conversation) -> None:
    talk.say(without_length())
    talk.drip(forever(b"x" * 10_000), pause=0)


def endless_chunks(talk: Conversation) -> None:
    talk.say(without_length("Transfer-Encoding: chunked"))
    talk.drip(forever(b"2710\r\n" + b"x" * 10_000 + b"\r\n"), pause=0)


def chunks_that_are_mostly_frame(talk: Conversation) -> None:
    talk.say(without_length("Transfer-Encoding: chunked"))
    talk.drip(forever(b"1;" + b"x" * 10_000 + b"\r\n.\r\n"), pause=0)


def endless_line(talk: Conversation) -> None:
    talk.say(b"HTTP/1.1 200 OK\r\nX: ")
    talk.drip(forever(b"x" * 10_000), pause=0)


def endless_continuing(talk: Conversation) -> None:
    talk.drip(forever(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 100), pause=0)


@pytest.mark.parametrize(
    "saying",
    [
        endless_body,
        endless_chunks,
        chunks_that_are_mostly_frame,
        endless_line,
        endless_continuing,
        answer(b"x" * 100_001),
        without_length("Content-Length: 99999999999999999999"),
        without_length(*[f"X-{number}: " + "x" * 1000 for number in range(90)]),
    ],
    ids=lambda saying: getattr(saying, "__name__", None),
)
def test_an_answer_larger_than_allowed_is_not_read_on(saying: object, site: Website) -> None:
    site.sayings["/"] = saying  # type: ignore[assignment]
    fetcher = Fetcher(allowed=[site.door], most_bytes=100_000, deadline=PATIENCE)
    assert trouble(fetcher, site.url()) == FetchTrouble.TOO_LARGE


def test_an_answer_of_just_the_largest_size_is_read(site: Website) -> None:
    fetcher = Fetcher(allowed=[site.door], most_bytes=100_000)
    for body in (answer(b"x" * 100_000), without_length() + b"x" * 100_000):
        site.sayings["/"] = body
        assert fetcher.request("GET", site.url()).body == b"x" * 100_000
    pieces = b"".join(b"%x\r\n%b\r\n" % (250, b"x" * 250) for _ in range(400))
    site.sayings["/"] = without_length("Transfer-Encoding: chunked") + pieces + b"0\r\n\r\n"
    assert fetcher.request("GET", site.url()).body == b"x" * 100_000


def test_five_megabytes_pass_and_a_byte_more_does_not(site: Website) -> None:
    site.sayings["/"] = answer(b"x" * 5_000_000)
    assert len(house(site).request("GET", site.url()).body) == 5_000_000
    site.sayings["/"] = without_length() + b"x" * 5_000_001
    assert trouble(house(site), site.url()) == FetchTrouble.TOO_LARGE


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Encoding: gzip", gzip.compress(bytes(10_000_000), mtime=0)),
        ("Content-Encoding: GZIP, identity", gzip.compress(CALENDAR, mtime=0)),
        ("Content-Encoding: deflate", zlib.compress(CALENDAR)),
        ("Content-Encoding: br", b"x"),
        ("Transfer-Encoding: gzip, chunked", b"x"),
        ("Transfer-Encoding: gzip", b"x"),
    ],
)
def test_an_encoded_answer_is_refused_unread(header: str, body: bytes, site: Website) -> None:
    site.sayings["/"] = answer(body, header)
    assert trouble(house(site), site.url()) == FetchTrouble.NOT_A_CALENDAR


# ---- lies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie",
    [
        without_length("Content-Length: 1000") + CALENDAR,
        without_length("Content-Length: 5", "Content-Length: 32") + CALENDAR,
        without_length("Transfer-Encoding: chunked") + b"20\r\n" + CALENDAR,
        without_length("Transfer-Encoding: chunked") + b"zz\r\n" + CALENDAR,
        without_length("Transfer-Encoding: chunked") + b"-5\r\n" + CALENDAR,
        b"",
        b"HTTP/1.1",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example ESMTP\r\n",
        b"\x00" * 1000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n",
    ],
)
def test_an_answer_that_does_not_hold_is_none(lie: bytes, site: Website) -> None:
    site.sayings["/"] = lie
    assert trouble(house(site), site.url()) == FetchTrouble.NO_ANSWER


def test_what_comes_after_the_announced_length_is_not_heard(site: Website) -> None:
    site.sayings["/"] = without_length("Content-Length: 32") + CALENDAR + b"more"
    assert house(site).request("GET", site.url()).body == CALENDAR


# ---- several at once -------------------------------------------------------------------------------


def test_two_requests_run_at_once_and_no_more(site: Website) -> None:
    together = threading.Barrier(AT_ONCE)
    running, most = [], []

    def slowly(talk: Conversation) -> None:
        running.append(talk)
        most.append(len(running))
        together.wait(PATIENCE)
        talk.over.wait(0.05)  # for a third to come, if it could
        running.remove(talk)
        talk.say(answer())

    site.sayings["/"] = slowly
    fetcher = house(site)
    askers = [threading.Thread(target=fetcher.request, args=("GET", site.url())) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert (len(site.heard), max(most)) == (6, AT_ONCE)


def test_who_waits_too_long_for_the_others_is_told(site: Website) -> None:
    site.sayings["/"] = silent
    patient = house(site)
    askers = [threading.Thread(target=trouble, args=(patient, site.url())) for _ in range(AT_ONCE)]
    for asker in askers:
        asker.start()
    while len(site.heard) < AT_ONCE and all(asker.is_alive() for asker in askers):
        time.sleep(0.01)
    assert trouble(house(site, deadline=0.1), site.url()) == FetchTrouble.TOO_SLOW
    assert len(site.heard) == AT_ONCE
    site.over.set()
    for asker in askers:
        asker.join()


def test_nothing_stays_open(authority: Authority, bundle: str) -> None:
    with website(authority.server_context("127.0.0.1")) as site:
        site.sayings = {"/": answer(), "/silent": silent, "/round": redirect("/round"), "/lie": b""}
        for path in site.sayings:
            fetcher = house(site, deadline=SOON if path == "/silent" else PATIENCE, ca_file=bundle)
            with suppress(FetchFailed):
                fetcher.request("GET", site.url(path))
        with suppress(FetchFailed):
            house(site).request("GET", site.url())  # a certificate that is not believed
        assert site.connections == 8
    made = [one for one in gc.get_objects() if isinstance(one, TimedSocket)]
    assert [one for one in made if one.fileno() != -1] == []


def test_the_machine_s_own_authorities_are_believed_beside_the_given_one(bundle: str) -> None:
    own = ssl.create_default_context().cert_store_stats()["x509_ca"]
    assert tls_context(bundle).cert_store_stats()["x509_ca"] == own + 1
