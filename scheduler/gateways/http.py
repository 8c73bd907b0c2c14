"""Fetching what somebody typed an address for, without being led into the house or held up (SSRF guard).

Each hop is resolved once, every address found must be public, and the connection goes to exactly one of
these; proxies of the environment are not used. Where the operator made an exception (`allowed`), plain http,
other ports and addresses in the house are fine too. Sign-in is Basic only.
**Source** RFC 9110, RFC 7617, RFC 4918 section 9.
"""

import socket
import threading
import time
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse  # noqa: TID251 - the guard itself speaks http
from urllib.parse import urljoin

from scheduler.gateways.addresses import BadAddress, Place, place
from scheduler.gateways.reaching import Resolve, reach
from scheduler.gateways.timed_socket import TimedSocket, TooMuchHeard, encrypt, tls_context

DEADLINE = 15.0  # seconds for the whole request, redirects included
MOST_BYTES = 5_000_000  # of a body: ten times a busy calendar of ten years
REDIRECTS = 3  # calendar hosts need one or two (http to https, then to a storage host)
AT_ONCE = 2  # requests per process, so that slow calendars cannot take every thread

_HEAD_BYTES = 65_536  # of status line and headers; large cookies have some 8 KB
_FRAMING = 2  # how much longer than its content a chunked body may be on the wire
_PORTS = (80, 443, 8443)
_PIECE = 65_536
_METHODS = ("GET", "PROPFIND", "REPORT", "OPTIONS", "PUT", "DELETE")
_SAME_AGAIN = (301, 302, 307, 308)
_FOLLOWED = {"GET": (*_SAME_AGAIN, 303), "PROPFIND": _SAME_AGAIN, "REPORT": _SAME_AGAIN}
_OUR_HEADERS = {"accept-encoding", "authorization", "connection", "content-length", "cookie", "host"}
_OUR_HEADERS |= {"transfer-encoding", "user-agent"}

_slots = threading.BoundedSemaphore(AT_ONCE)


class FetchTrouble(StrEnum):
    """Classes of failure, all that the outside may learn."""

    NOT_ALLOWED = "not_allowed"
    NO_ANSWER = "no_answer"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_A_CALENDAR = "not_a_calendar"


class FetchFailed(Exception):
    """No answer that can be used; `status` says of which class, the text no more than that."""

    def __init__(self, status: FetchTrouble) -> None:
        super().__init__(status.value)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Header names are in lower case, repeated ones joined; `url` is after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def normalise(url: str) -> str:
    """The one spelling of a web address; webcal becomes https.

    **Raises** `FetchFailed` (not allowed) for what no setting allows: other schemes, a name or password
    inside, odd characters, hosts that are none.
    """
    with _classified():
        return place(url).url


class Fetcher:
    """Asks web servers. Safe to share between threads; `deadline` in seconds.

    `allowed` holds the operator's exceptions, `host:port` each; `ca_file` names certificate authorities
    beside the machine's own; `resolve` is called like `socket.getaddrinfo`.
    """

    def __init__(
        self,
        *,
        allowed: Collection[str] = (),
        resolve: Resolve = socket.getaddrinfo,
        deadline: float = DEADLINE,
        most_bytes: int = MOST_BYTES,
        redirects: int = REDIRECTS,
        ca_file: str | None = None,
    ) -> None:
        exceptions = (place(f"http://{word}") for word in allowed)
        self._allowed = frozenset((exception.host, exception.port) for exception in exceptions)
        self._resolve = resolve
        self._deadline = deadline
        self._most_bytes = most_bytes
        self._redirects = redirects
        self._tls = tls_context(ca_file)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
        credentials: tuple[str, str] | None = None,
    ) -> Answer:
        """One request; GET, PROPFIND and REPORT follow redirects. Any status is an answer.

        Credentials (name, password) go to the origin of `url` alone; without TLS only to an exception.
        **Raises** `FetchFailed`; `ValueError` for a method or header that is not the caller's to set.
        """
        if method not in _METHODS or any(name.lower() in _OUR_HEADERS for name in headers):
            raise ValueError("not a method or header of a calendar client")
        if not all(text.isprintable() for text in headers.values()):
            raise ValueError("a header is one line of text")
        with _classified(), _one_of_few(self._deadline):
            until = time.monotonic() + self._deadline
            return self._follow(method, place(url), dict(headers), body, credentials, until)

    def _follow(
        self,
        method: str,
        first: Place,
        headers: dict[str, str],
        body: bytes,
        credentials: tuple[str, str] | None,
        until: float,
    ) -> Answer:
        asked = first
        for _ in range(self._redirects + 1):
            # A public server must not lead us to the exceptions: those are for who typed one of them.
            exception = self._is_exception(first) and self._is_exception(asked)
            answer = self._ask(method, asked, headers | _sign_in(credentials), body, exception, until)
            location = answer.headers.get("location")
            if answer.status not in _FOLLOWED.get(method, ()) or not location:
                return answer
            following = place(urljoin(asked.url, location))
            if asked.scheme == "https" and following.scheme != "https":
                raise BadAddress
            if following.origin != asked.origin:
                credentials = None  # for good: another server shall not choose what is asked with them
            asked = following
        raise FetchFailed(FetchTrouble.NO_ANSWER)

    def _is_exception(self, asked: Place) -> bool:
        return (asked.host, asked.port) in self._allowed

    def _ask(
        self, method: str, asked: Place, headers: dict[str, str], body: bytes, exception: bool, until: float
    ) -> Answer:
        if not exception and (asked.scheme != "https" or asked.port not in _PORTS):
            raise BadAddress
        with closing(reach(asked, resolve=self._resolve, house=exception, until=until)) as plain:
            heard = encrypt(plain, self._tls, asked.host) if asked.scheme == "https" else plain
            with closing(heard):
                return self._converse(heard, method, asked, headers, body)

    def _converse(
        self, heard: TimedSocket, method: str, asked: Place, headers: dict[str, str], body: bytes
    ) -> Answer:
        connection = HTTPConnection(asked.host, asked.port)
        connection.sock = heard
        ours = {
            "Host": asked.authority,
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "calm-scheduler",
        }
        heard.hearable = _HEAD_BYTES
        connection.request(method, asked.target, body or None, headers | ours)
        with closing(connection.getresponse()) as response:
            _refuse_odd(response)
            heard.hearable += _FRAMING * self._most_bytes
            lines: dict[str, str] = {}
            for name, text in response.headers.items():
                before = [lines[name.lower()]] if name.lower() in lines else []
                lines[name.lower()] = ", ".join([*before, _one_line(text)])
            return Answer(response.status, lines, self._whole(response), asked.url)

    def _whole(self, response: HTTPResponse) -> bytes:
        """The body. **Raises** `TooMuchHeard`, `HTTPException` when it ends before its time."""
        if (response.length or 0) > self._most_bytes:
            raise TooMuchHeard
        read = bytearray()
        while piece := response.read(_PIECE):
            read += piece
            if len(read) > self._most_bytes:
                raise TooMuchHeard
        if response.length:
            raise HTTPException("cut off")
        return bytes(read)


def _one_line(text: str) -> str:
    """A header that may be sent back as it is: a folded one has line breaks inside."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _sign_in(credentials: tuple[str, str] | None) -> dict[str, str]:
    if credentials is None:
        return {}
    return {"Authorization": "Basic " + b64encode(":".join(credentials).encode()).decode("ascii")}


def _refuse_odd(response: HTTPResponse) -> None:
    """No encodings, for identity was asked for and what comes compressed may be a bomb; no two lengths."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    transfer = response.headers.get("transfer-encoding", "chunked").strip().lower()
    if encoding not in ("", "identity") or transfer != "chunked":
        raise FetchFailed(FetchTrouble.NOT_A_CALENDAR)
    if len(set(response.headers.get_all("content-length", []))) > 1:
        raise HTTPException("two lengths")


@contextmanager
def _one_of_few(patience: float) -> Iterator[None]:
    """One of `AT_ONCE` requests. **Raises** `TimeoutError` when the others do not end."""
    if not _slots.acquire(timeout=patience):
        raise TimeoutError
    try:
        yield
    finally:
        _slots.release()


@contextmanager
def _classified() -> Iterator[None]:
    """Turns every failure into its class; address, content and timing stay behind."""
    try:
        yield
    except BadAddress:
        raise FetchFailed(FetchTrouble.NOT_ALLOWED) from None
    except TooMuchHeard:
        raise FetchFailed(FetchTrouble.TOO_LARGE) from None
    except TimeoutError:
        raise FetchFailed(FetchTrouble.TOO_SLOW) from None
    except (OSError, HTTPException, ValueError):  # the last for chunks of -5 bytes
        raise FetchFailed(FetchTrouble.NO_ANSWER) from None
