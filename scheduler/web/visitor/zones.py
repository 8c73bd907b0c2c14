"""Which clock a page shows: the practice's where people meet in person, else the visitor's."""

from collections import defaultdict
from dataclasses import dataclass

from scheduler.domain.local_time import known_zones, local
from scheduler.domain.practice import AppointmentType, Mode, Practice

_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_THIRTY_DAYS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Clocks:
    """`shown` is the page's zone; `own` the visitor's where it must be named beside it, else empty.

    `is_same` says that we know the visitor's clocks and that they show the practice's time.
    """

    shown: str
    practice: str
    own: str = ""
    is_same: bool = False
    in_person: bool = False


def clocks(practice: Practice, kind: AppointmentType, visitor_zone: str, now: int) -> Clocks:
    """The clocks for this type of appointment; an empty `visitor_zone` is unknown."""
    in_person = Mode.IN_PERSON in kind.modes
    if not visitor_zone:
        return Clocks(practice.zone, practice.zone, in_person=in_person)
    if same_time(visitor_zone, practice.zone, now):
        return Clocks(practice.zone, practice.zone, is_same=True, in_person=in_person)
    shown = practice.zone if in_person else visitor_zone
    return Clocks(shown, practice.zone, own=visitor_zone, in_person=in_person)


def same_time(zone: str, other: str, now: int) -> bool:
    """Whether clocks of both zones agree now and in each of the coming twelve months."""
    moments = [now + month * _THIRTY_DAYS for month in range(13)]
    return all(local(at, zone).utcoffset() == local(at, other).utcoffset() for at in moments)


def zones_by_region() -> dict[str, list[tuple[str, str]]]:
    """Zones with a city, by region: (IANA name, city)."""
    regions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for zone in sorted(known_zones()):
        region, _, city = zone.partition("/")
        if region in _REGIONS:
            regions[region].append((zone, city.replace("_", " ").replace("/", ", ")))
    return dict(regions)
