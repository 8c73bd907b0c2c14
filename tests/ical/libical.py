"""libical, the calendar library of Evolution and Claws Mail, called in its shared library."""

import ctypes
import ctypes.util
import os
from collections.abc import Callable

import pytest

from tests.support.missing import lacking

Reader = Callable[[bytes], dict[str, tuple[int, int]]]


class Time(ctypes.Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    ]


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
        ("icaltime_as_timet_with_zone", ctypes.c_long, Time, pointer),
        ("set_zone_directory", None, text),
        ("icaltimezone_set_builtin_tzdata", None, number),
    ):
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


@pytest.fixture(scope="session")
def libical() -> Reader:
    """Read a calendar: UID to (start, end) in UTC epoch seconds, by the calendar's own VTIMEZONEs."""
    library = load()
    # Without a zone directory nothing but the calendar itself can tell the offsets.
    library.set_zone_directory(b"/nonexistent")
    library.icaltimezone_set_builtin_tzdata(1)
    kind = library.icalcomponent_string_to_kind(b"VEVENT")

    def read(content: bytes) -> dict[str, tuple[int, int]]:
        calendar = library.icalparser_parse_string(content)
        assert calendar
        assert library.icalcomponent_count_errors(calendar) == 0
        found = {}
        event = library.icalcomponent_get_first_component(calendar, kind)
        while event:
            start, end = library.icalcomponent_get_dtstart(event), library.icalcomponent_get_dtend(event)
            found[library.icalcomponent_get_uid(event).decode()] = (
                library.icaltime_as_timet_with_zone(start, start.zone),
                library.icaltime_as_timet_with_zone(end, end.zone),
            )
            event = library.icalcomponent_get_next_component(calendar, kind)
        library.icalcomponent_free(calendar)
        return found

    return read
