"""libical, the calendar library of Evolution and Claws Mail, called in its shared library."""

import ctypes
import ctypes.util
import os
from collections.abc import Callable
from functools import cache

import pytest

from tests.support.missing import lacking

Reader = Callable[[bytes], dict[str, tuple[int, int]]]
Expander = Callable[[bytes], dict[str, list[tuple[int, int]]]]
FreeBusyReader = Callable[[bytes], list[tuple[int, int, str]]]


class Time(ctypes.Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    ]


class Period(ctypes.Structure):
    """`struct icalperiodtype` of libical 3; the last six numbers are its duration, where it has no end."""

    _fields_ = [("start", Time), ("end", Time), ("duration", ctypes.c_int * 6)]


class Span(ctypes.Structure):
    """`struct icaltime_span` of libical 3."""

    _fields_ = [("start", ctypes.c_long), ("end", ctypes.c_long), ("is_busy", ctypes.c_int)]


Found = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Span), ctypes.c_void_p)


def load() -> ctypes.CDLL:
    """The library, with the signatures of what is called."""
    name = os.environ.get("TEST_LIBICAL") or ctypes.util.find_library("ical")
    if not name:
        lacking("libical (Debian's libical3)")
    library = ctypes.CDLL(name)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for function, result, *arguments in (
        ("icalparser_parse_string", pointer, text),
        ("icalcomponent_free", None, pointer),
        ("icalcomponent_get_first_component", pointer, pointer, number),
        ("icalcomponent_get_next_component", pointer, pointer, number),
        ("icalcomponent_string_to_kind", number, text),
        ("icalcomponent_get_uid", text, pointer),
        ("icalcomponent_get_dtstart", Time, pointer),
        ("icalcomponent_get_dtend", Time, pointer),
        ("icalcomponent_count_errors", number, pointer),
        ("icalcomponent_get_recurrenceid", Time, pointer),
        ("icalcomponent_foreach_recurrence", None, pointer, Time, Time, Found, pointer),
        ("icalcomponent_get_first_property", pointer, pointer, number),
        ("icalcomponent_get_next_property", pointer, pointer, number),
        ("icalproperty_string_to_kind", number, text),
        ("icalproperty_get_freebusy", Period, pointer),
        ("icalproperty_get_parameter_as_string", text, pointer, text),
        ("icaltime_from_timet_with_zone", Time, ctypes.c_long, number, pointer),
        ("icaltime_as_timet_with_zone", ctypes.c_long, Time, pointer),
        ("set_zone_directory", None, text),
        ("icaltimezone_set_builtin_tzdata", None, number),
    ):
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


@cache
def without_zones() -> ctypes.CDLL:
    """The library without a zone directory: nothing but the calendar itself can tell the offsets."""
    library = load()
    library.set_zone_directory(b"/nonexistent")
    library.icaltimezone_set_builtin_tzdata(1)
    return library


@pytest.fixture(scope="session")
def libical() -> Reader:
    """Read a calendar: UID to (start, end) in UTC epoch seconds, by the calendar's own VTIMEZONEs."""
    library = without_zones()

    def read(content: bytes) -> dict[str, tuple[int, int]]:
        return {uid: span for uid, span, _ in _events(library, content)}

    return read


@pytest.fixture(scope="session")
def expanded_by_libical() -> Expander:
    """Expand a calendar: UID to all its times, moved dates in the place of those that the rule gives."""
    library = without_zones()

    def expand(content: bytes) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, dict[int, tuple[int, int]]] = {}
        for uid, span, times in _events(library, content):
            if isinstance(times, list):
                found[uid] = {start: (start, end) for start, end in times}
            else:
                assert times in found[uid]
                found[uid][times] = span
        return {uid: sorted(times.values()) for uid, times in found.items()}

    return expand


@pytest.fixture(scope="session")
def free_busy_by_libical() -> FreeBusyReader:
    """Read the one VFREEBUSY of a calendar: its periods as (start, end, type), in their order."""
    library = without_zones()

    def instant(time: Time) -> int:
        return int(library.icaltime_as_timet_with_zone(time, time.zone))

    def read(content: bytes) -> list[tuple[int, int, str]]:
        calendar = library.icalparser_parse_string(content)
        assert library.icalcomponent_count_errors(calendar) == 0
        kind = library.icalcomponent_string_to_kind(b"VFREEBUSY")
        component = library.icalcomponent_get_first_component(calendar, kind)
        name = library.icalproperty_string_to_kind(b"FREEBUSY")
        found = []
        line = library.icalcomponent_get_first_property(component, name)
        while line:
            period = library.icalproperty_get_freebusy(line)
            taken = library.icalproperty_get_parameter_as_string(line, b"FBTYPE").decode()
            found.append((instant(period.start), instant(period.end), taken))
            line = library.icalcomponent_get_next_property(component, name)
        library.icalcomponent_free(calendar)
        return found

    return read


def load_events(content: bytes) -> list[tuple[str, tuple[int, int], int | list[tuple[int, int]]]]:
    """Each event's UID and own times; then all its times, or of a moved date the instant that it replaces."""
    return _events(without_zones(), content)


def _events(
    library: ctypes.CDLL, content: bytes
) -> list[tuple[str, tuple[int, int], int | list[tuple[int, int]]]]:
    """Each event's UID and own times; of a master all times, of a moved date the instant that it replaces."""
    calendar = library.icalparser_parse_string(content)
    assert calendar
    assert library.icalcomponent_count_errors(calendar) == 0
    kind = library.icalcomponent_string_to_kind(b"VEVENT")
    low, high = (library.icaltime_from_timet_with_zone(at, 0, None) for at in (0, 2**31 - 1))
    found: list[tuple[str, tuple[int, int], int | list[tuple[int, int]]]] = []
    zones: dict[str, int | None] = {}

    def instant(time: Time, zone: int | None = None) -> int:
        return int(library.icaltime_as_timet_with_zone(time, time.zone or zone))

    event = library.icalcomponent_get_first_component(calendar, kind)
    while event:
        uid = library.icalcomponent_get_uid(event).decode()
        own = (
            instant(library.icalcomponent_get_dtstart(event)),
            instant(library.icalcomponent_get_dtend(event)),
        )
        replaced = library.icalcomponent_get_recurrenceid(event)
        if replaced.year:
            # libical resolves no TZID here; it is that of the series, as every time of it.
            zone = zones.get(uid) or library.icalcomponent_get_dtstart(event).zone
            found.append((uid, own, instant(replaced, zone)))
        else:
            zones[uid] = library.icalcomponent_get_dtstart(event).zone
            times: list[tuple[int, int]] = []
            note = Found(lambda _, span, __, times=times: times.append((span[0].start, span[0].end)))
            library.icalcomponent_foreach_recurrence(event, low, high, note, None)
            found.append((uid, own, times))
        event = library.icalcomponent_get_next_component(calendar, kind)
    library.icalcomponent_free(calendar)
    return found
