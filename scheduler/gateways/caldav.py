"""A CalDAV server: find calendars, read what touches a window, put and delete single entries.

Own requests instead of the `caldav` package: each hop must pass the address
guard, and everything that comes back is bounded. See docs/decisions/0013-therapists-own-calendars.md.
**Source** RFC 4791, RFC 6764 section 6, RFC 4918.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from scheduler.domain.intervals import Interval
from scheduler.gateways.dav_xml import (
    CALDAV,
    DAV,
    PROPERTIES,
    SERVER,
    BadXml,
    Resource,
    events_query,
    resources,
)
from scheduler.gateways.http import Answer, Fetcher, FetchFailed, FetchTrouble, normalise

_MULTISTATUS = 207
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_WELL_KNOWN = "/.well-known/caldav"
_FAMILIES = {"caldav.icloud.com": ".icloud.com"}
"""Hosts whose calendars live on other hosts of the same company, and where these end."""


class DavTrouble(StrEnum):
    """Classes of refusal. `NOT_A_CALENDAR`: the address is something else, perhaps a list of calendars."""

    SIGN_IN = "sign_in"
    DENIED = "denied"
    GONE = "gone"
    CONFLICT = "conflict"
    NOT_A_CALENDAR = "not_a_calendar"
    SERVER_TROUBLE = "server_trouble"


_TROUBLE = {
    401: DavTrouble.SIGN_IN,
    403: DavTrouble.DENIED,
    404: DavTrouble.GONE,
    409: DavTrouble.GONE,  # RFC 4918 section 9.7.1: the collection above is missing
    410: DavTrouble.GONE,
    412: DavTrouble.CONFLICT,
}


class DavFailed(Exception):
    """The server did not do what was asked; `status` says of which class, the text no more than that."""

    def __init__(self, status: DavTrouble) -> None:
        super().__init__(status.value)
        self.status = status


@dataclass(frozen=True, slots=True)
class FoundCalendar:
    """A calendar that takes events. `writable` as far as the server tells."""

    url: str
    name: str
    writable: bool


class CalDav:
    """One address on a CalDAV server, with name and password.

    Every method **raises** `DavFailed`, and `FetchFailed` when there is no answer at all.
    """

    def __init__(self, fetcher: Fetcher, url: str, credentials: tuple[str, str]) -> None:
        self._fetcher = fetcher
        self._url = normalise(url)
        self._credentials = credentials

    # ---- finding -------------------------------------------------------------

    def calendars(self) -> list[FoundCalendar]:
        """The calendars below the address, or those of the person who signs in; by name."""
        here = self._here_or_well_known()
        homes = [self._url, *here.hrefs(f"{CALDAV}calendar-home-set")]
        for principal in here.hrefs(f"{DAV}current-user-principal")[:1]:
            homes += self._resource(self._absolute(principal)).hrefs(f"{CALDAV}calendar-home-set")
        found: dict[str, FoundCalendar] = {}
        for home in dict.fromkeys(self._absolute(href) for href in homes):
            for resource in self._listed(home):
                url = self._absolute(resource.href)
                if resource.holds_events:
                    name = (
                        resource.text(f"{DAV}displayname") or urlsplit(url).path.strip("/").rsplit("/", 1)[-1]
                    )
                    found[url] = FoundCalendar(url, name[:120], resource.is_writable)
        return sorted(found.values(), key=lambda calendar: (calendar.name, calendar.url))

    def _here_or_well_known(self) -> Resource:
        try:
            return self._resource(self._url)
        except DavFailed as failed:
            if failed.status in (DavTrouble.SIGN_IN, DavTrouble.DENIED):
                raise
            return self._resource(urljoin(self._url, _WELL_KNOWN))

    def _listed(self, home: str) -> list[Resource]:
        try:
            return self._multistatus("PROPFIND", home, PROPERTIES, depth="1")
        except DavFailed as failed:
            if failed.status is DavTrouble.SIGN_IN:
                raise
            return []  # an address that lists nothing is no trouble: the next may

    # ---- reading -------------------------------------------------------------

    def tag(self) -> str:
        """What changes whenever anything in the calendar does; empty where the server has no such thing."""
        resource = self._resource(self._url)
        if not resource.holds_events:
            raise DavFailed(DavTrouble.NOT_A_CALENDAR)
        return resource.text(f"{SERVER}getctag") or resource.text(f"{DAV}sync-token")

    def events(self, window: Interval) -> list[bytes]:
        """The calendar objects with an event that touches the window, each a whole VCALENDAR."""
        found = self._multistatus("REPORT", self._url, events_query(window), depth="1")
        texts = (resource.properties.get(f"{CALDAV}calendar-data") for resource in found)
        return [(text.text or "").encode() for text in texts if text is not None]

    # ---- writing -------------------------------------------------------------

    def put(self, path: str, text: bytes, *, etag: str = "") -> str:
        """Store one entry under the calendar; returns its new ETag, empty where the server does not say.

        Without an ETag it must not exist yet, with one it must still be that version: else `CONFLICT`.
        """
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        headers |= {"If-Match": etag} if etag else {"If-None-Match": "*"}
        answer = self._done("PUT", self._entry(path), headers=headers, body=text)
        return _strong(answer.headers.get("etag", ""))

    def delete(self, path: str, *, etag: str = "") -> None:
        """Take one entry out; with an ETag only if it is still that version: else `CONFLICT`."""
        self._done("DELETE", self._entry(path), headers={"If-Match": etag} if etag else {})

    def entry(self, path: str) -> tuple[bytes, str]:
        """An entry's text and its ETag."""
        answer = self._done("GET", self._entry(path))
        return answer.body, _strong(answer.headers.get("etag", ""))

    # ---- asking --------------------------------------------------------------

    def _entry(self, path: str) -> str:
        return self._absolute(urljoin(self._url.rstrip("/") + "/", path))

    def _resource(self, url: str) -> Resource:
        found = self._multistatus("PROPFIND", url, PROPERTIES, depth="0")
        if not found:
            raise DavFailed(DavTrouble.SERVER_TROUBLE)
        return found[0]

    def _multistatus(self, method: str, url: str, body: bytes, *, depth: str) -> list[Resource]:
        answer = self._done(method, url, headers=_XML | {"Depth": depth}, body=body)
        try:
            if answer.status != _MULTISTATUS:
                raise BadXml
            return resources(answer.body)
        except BadXml:
            raise DavFailed(DavTrouble.SERVER_TROUBLE) from None

    def _done(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        answer = self._fetcher.request(
            method, url, headers=headers or {}, body=body, credentials=self._credentials
        )
        if not 200 <= answer.status < 300:
            raise DavFailed(_TROUBLE.get(answer.status, DavTrouble.SERVER_TROUBLE))
        return answer

    def _absolute(self, href: str) -> str:
        """The whole address of what a server named. Another server's gets no password of ours.

        **Raises** `FetchFailed` (not allowed).
        """
        url = normalise(urljoin(self._url, href))
        ours, theirs = urlsplit(self._url), urlsplit(url)
        family = _FAMILIES.get(ours.hostname or "")
        is_family = family and theirs.scheme == "https" and (theirs.hostname or "").endswith(family)
        if theirs[:2] != ours[:2] and not is_family:
            raise FetchFailed(FetchTrouble.NOT_ALLOWED)
        return url


def _strong(etag: str) -> str:
    """An ETag that If-Match takes: a weak one never matches. **Source** RFC 9110 section 13.1.1."""
    return "" if etag.startswith("W/") or len(etag) > 200 else etag
