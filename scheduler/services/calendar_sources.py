"""What a therapist's own calendar holds, asked of its server: an ICS address, or CalDAV.

Answers are bytes that nobody has looked into yet; troubles are classes, without
anything that the server said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scheduler.domain.calendars import CalendarKind, OwnCalendar, ReadStatus
from scheduler.domain.intervals import Interval
from scheduler.gateways.caldav import CalDav, DavFailed, DavTrouble
from scheduler.gateways.http import Fetcher, FetchFailed
from scheduler.store.calendars import Access

_OK = 200
_NOT_MODIFIED = 304
_TROUBLE = {
    401: ReadStatus.SIGN_IN,
    403: ReadStatus.SIGN_IN,
    404: ReadStatus.GONE,
    410: ReadStatus.GONE,
}
_DAV_TROUBLE = {
    DavTrouble.SIGN_IN: ReadStatus.SIGN_IN,
    DavTrouble.DENIED: ReadStatus.SIGN_IN,
    DavTrouble.GONE: ReadStatus.GONE,
    DavTrouble.NOT_A_CALENDAR: ReadStatus.NOT_A_CALENDAR,
}


class NothingRead(Exception):
    """The read brought no busy times; `status` says of which class the trouble is.

    With `CHOOSE`, `found` holds the calendars (address, name) to choose from.
    """

    def __init__(self, status: ReadStatus, found: list[tuple[str, str]] | None = None) -> None:
        super().__init__(status.value)
        self.status = status
        self.found = found or []


@dataclass(frozen=True, slots=True)
class Content:
    """What a server sent, and the validators by which to ask it next time. Empty text: nothing there."""

    text: bytes = field(repr=False)
    etag: str = ""
    modified: str = ""


def ask(
    fetcher: Fetcher, access: Access, calendar: OwnCalendar, window: Interval, *, anew: bool
) -> Content | None:
    """The calendar's content; None when it is as at the last good read, which is not asked if `anew`.

    CalDAV sends what touches the window, an address everything. **Raises** `NothingRead`.
    """
    try:
        return _SOURCES[calendar.kind](fetcher, access, calendar, window, anew)
    except FetchFailed as failed:
        raise NothingRead(ReadStatus(failed.status.value)) from None


def _address(
    fetcher: Fetcher, access: Access, calendar: OwnCalendar, _window: Interval, anew: bool
) -> Content | None:
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    if not anew:
        headers |= {"If-None-Match": calendar.etag} if calendar.etag else {}
        headers |= {"If-Modified-Since": calendar.modified} if calendar.modified else {}
    credentials = (access.username, access.password) if access.username else None
    answer = fetcher.request("GET", access.address, headers=headers, credentials=credentials)
    if answer.status == _NOT_MODIFIED and len(headers) > 1:
        return None
    if answer.status != _OK:
        raise NothingRead(_TROUBLE.get(answer.status, ReadStatus.SERVER_TROUBLE))
    return Content(
        answer.body,
        etag=_kept(answer.headers.get("etag", ""), 200),
        modified=_kept(answer.headers.get("last-modified", ""), 60),
    )


def _caldav(
    fetcher: Fetcher, access: Access, calendar: OwnCalendar, window: Interval, anew: bool
) -> Content | None:
    server = CalDav(fetcher, access.address, (access.username, access.password))
    try:
        tag = _kept(server.tag(), 200)
        if tag and tag == calendar.etag and not anew:
            return None
        return Content(b"\r\n".join(server.events(window)), etag=tag)
    except DavFailed as failed:
        status = _DAV_TROUBLE.get(failed.status, ReadStatus.SERVER_TROUBLE)
        if calendar.read_until is not None or status is ReadStatus.SIGN_IN:
            raise NothingRead(status) from None
    # Never read yet: perhaps the address is the server's, or a person's, and the calendars lie below.
    try:
        offered = [(found.url, found.name) for found in server.calendars()]
    except DavFailed:
        offered = []
    raise NothingRead(ReadStatus.CHOOSE if offered else status, offered)


def _kept(value: str, limit: int) -> str:
    """A validator as it came, or none: half a validator would never match."""
    return value if len(value) <= limit else ""


_Source = Callable[[Fetcher, Access, OwnCalendar, Interval, bool], Content | None]
_SOURCES: Mapping[CalendarKind, _Source] = {CalendarKind.ICS: _address, CalendarKind.CALDAV: _caldav}
