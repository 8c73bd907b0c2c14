"""The XML that CalDAV speaks: questions as fixed texts, answers read within limits.

An answer with a DTD is refused before any entity could be declared in it, and
so is one that is too deep or has too many elements: defusedxml refuses the
former only, and has had no release since 2021.
**Source** RFC 4918 section 14, RFC 4791 sections 5, 6 and 9.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from scheduler.domain.intervals import Interval

DEEPEST = 32
MOST_ELEMENTS = 100_000

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
SERVER = "{http://calendarserver.org/ns/}"

_BEGIN = '<?xml version="1.0" encoding="utf-8"?>'
_NAMESPACES = 'xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"'
_PROPERTIES = (
    "<resourcetype/><displayname/><current-user-principal/><current-user-privilege-set/><sync-token/>"
    "<c:calendar-home-set/><c:supported-calendar-component-set/><s:getctag/>"
)

PROPERTIES = f"{_BEGIN}<propfind {_NAMESPACES}><prop>{_PROPERTIES}</prop></propfind>".encode()
"""Asks what a resource is, whose it is and in which version it is."""


class BadXml(Exception):
    """The answer is no XML that a CalDAV server would send."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One response of a multistatus: its address as the server wrote it, and the properties it has."""

    href: str
    properties: Mapping[str, Element] = field(repr=False)

    def text(self, name: str) -> str:
        """The property's text without space around it; empty where there is none."""
        element = self.properties.get(name)
        return (element.text or "").strip() if element is not None else ""

    def kinds(self, name: str) -> set[str]:
        """The names of the elements anywhere inside the property."""
        element = self.properties.get(name)
        return {str(inner.tag) for inner in element.iter()} if element is not None else set()

    def hrefs(self, name: str) -> list[str]:
        """The addresses inside the property."""
        element = self.properties.get(name)
        if element is None:
            return []
        return [inner.text.strip() for inner in element.iter(f"{DAV}href") if inner.text]

    @property
    def holds_events(self) -> bool:
        """Whether it is a calendar that takes events; a server that names no kinds takes all."""
        if f"{CALDAV}calendar" not in self.kinds(f"{DAV}resourcetype"):
            return False
        named = self.properties.get(f"{CALDAV}supported-calendar-component-set")
        kinds = [inner.get("name") for inner in named] if named is not None else []
        return not kinds or "VEVENT" in kinds

    @property
    def is_writable(self) -> bool:
        """Whether we may write; a server that does not say is tried."""
        name = f"{DAV}current-user-privilege-set"
        if name not in self.properties:
            return True
        return not self.kinds(name).isdisjoint(
            {f"{DAV}write", f"{DAV}all", f"{DAV}bind", f"{DAV}write-content"}
        )


def events_query(window: Interval) -> bytes:
    """Asks for the objects with an event that touches the window, whole."""
    low, high = (datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ") for at in window)
    return (
        f"{_BEGIN}<c:calendar-query {_NAMESPACES}><prop><c:calendar-data/></prop>"
        '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f'<c:time-range start="{low}" end="{high}"/>'
        "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    ).encode()


def resources(body: bytes) -> list[Resource]:
    """The responses of a multistatus with the properties that the server found. **Raises** `BadXml`."""
    root = _read(body)
    if root.tag != f"{DAV}multistatus":
        raise BadXml
    return [
        Resource((response.findtext(f"{DAV}href") or "").strip(), dict(_found(response)))
        for response in root.findall(f"{DAV}response")
    ]


def _found(response: Element) -> Iterator[tuple[str, Element]]:
    for part in response.findall(f"{DAV}propstat"):
        if " 200" in (part.findtext(f"{DAV}status") or ""):
            for prop in part.findall(f"{DAV}prop"):
                yield from ((str(inner.tag), inner) for inner in prop)


class _Bounded(TreeBuilder):
    """Builds the tree and stops at a DTD, at the deepest level and at the last element allowed."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise BadXml
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, *_: Any) -> None:
        raise BadXml


def _read(body: bytes) -> Element:
    parser = XMLParser(target=_Bounded())  # noqa: S314 - bounded above, and without DTD
    try:
        parser.feed(body)
        root = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise BadXml from error
    if not isinstance(root, Element):
        raise BadXml
    return root
