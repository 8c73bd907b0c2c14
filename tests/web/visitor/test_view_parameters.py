"""What a host page may choose: from lists and patterns, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.web.view_parameters import ViewParameters

GOOD = {
    "lang": "fr-CA",
    "tz": "Europe/Berlin",
    "embed": "popup",
    "theme": "dark",
    "accent": "6b3f52",
    "radius": "round",
    "headings": "sans",
    "ref": "newsletter-3",
    "therapist": "ada",
}


def test_good_values_are_carried_along_whole() -> None:
    assert ViewParameters.read(GOOD).query() == GOOD


def test_defaults_leave_no_trace_in_the_address() -> None:
    assert ViewParameters.read({"theme": "auto", "radius": "soft", "headings": "serif"}).query() == {}


def test_embed_1_is_the_inline_frame_and_a_hash_is_taken_off_the_accent() -> None:
    read = ViewParameters.read({"embed": "1", "accent": "#6B3F52"})
    assert (read.embed, read.accent) == ("inline", "6b3f52")


def test_a_link_can_set_and_drop_a_parameter() -> None:
    read = ViewParameters.read(GOOD)
    assert read.query(lang="en", embed=None, day="2026-06-03") == {
        **{name: value for name, value in GOOD.items() if name != "embed"},
        "lang": "en",
        "day": "2026-06-03",
    }


@pytest.mark.parametrize("name", GOOD)
@given(value=st.text(max_size=60))
def test_what_is_kept_needs_no_escaping(name: str, value: str) -> None:
    kept = getattr(ViewParameters.read({name: value}), name)
    assert kept in ("", value, value.lower().removeprefix("#"), "inline")
    assert not set(kept) & set("\"'<>&; \t\n\x00")
