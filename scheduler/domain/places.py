"""Where a client may be during a call: licences are bound to countries and regions.

A code is a country (`DE`) or a region of one (`CA-QC`). Who names no places may see people anywhere.
**Source** ISO 3166-1 alpha-2, ISO 3166-2.
"""

from collections.abc import Iterable, Sequence

from scheduler.domain.practice import AppointmentType, Mode, Therapist

ELSEWHERE = "elsewhere"
"""The answer of somebody who will be in none of the places named."""


def country_of(place: str) -> str:
    """The country of a region; a country itself."""
    return place.partition("-")[0]


def covers(offered: Iterable[str], place: str) -> bool:
    """Whether somebody with these places may see a person who is at `place`: a country covers its regions."""
    known = set(offered)
    return not known or place in known or country_of(place) in known


def asked(kind: AppointmentType, people: Iterable[Therapist]) -> tuple[str, ...]:
    """The places to choose from when a call of this type is booked, sorted; none: nobody is asked."""
    if not any(is_call(mode) for mode in kind.modes):
        return ()
    return tuple(sorted({place for one in _who_offer(kind, people) for place in one.places}))


def who_may(kind: AppointmentType, people: Iterable[Therapist], place: str) -> list[Therapist]:
    """Those who offer the type and may see somebody at this place, in the order given."""
    return [one for one in _who_offer(kind, people) if covers(one.places, place)]


def is_call(mode: Mode) -> bool:
    """Whether it matters where the client is."""
    return mode is not Mode.IN_PERSON


def has_regions(place: str, among: Sequence[str]) -> bool:
    """Whether regions of this country stand beside it: then it means the rest of the country."""
    return any(other != place and country_of(other) == place for other in among)


def _who_offer(kind: AppointmentType, people: Iterable[Therapist]) -> list[Therapist]:
    return [one for one in people if one.id in kind.therapist_ids]
