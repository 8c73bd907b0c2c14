"""Ground rules and what a type makes of them; texts in the reader's language."""

from dataclasses import replace

import pytest

from scheduler.domain.practice import (
    AppointmentType,
    Audience,
    GroundRules,
    Mode,
    Practice,
    text,
)
from scheduler.domain.slots import SlotRule

RULES = GroundRules(buffer_after=600, notice=7200, horizon_days=30, step=1800)
SESSION = AppointmentType(
    id="k",
    practice_id="p",
    slug="session",
    names={"en": "Session"},
    descriptions={},
    duration=3000,
    modes=(Mode.IN_PERSON,),
    therapist_ids=("t",),
)


def test_a_type_takes_what_it_leaves_open_from_the_practice() -> None:
    assert SESSION.rule(RULES) == SlotRule(
        duration=3000, buffer_before=0, buffer_after=600, step=1800, notice=7200, horizon_days=30
    )


def test_a_type_overrides_the_practice_also_with_nothing_at_all() -> None:
    own = replace(SESSION, buffer_before=300, buffer_after=0, step=900, notice=0, horizon_days=0)
    assert own.rule(RULES) == SlotRule(
        duration=3000, buffer_before=300, buffer_after=0, step=900, notice=0, horizon_days=0
    )


def test_the_defaults_are_a_quarter_of_an_hour_a_day_and_eight_weeks() -> None:
    assert (GroundRules().step, GroundRules().notice, GroundRules().horizon_days) == (900, 86400, 56)
    assert GroundRules().answer_within == 48 * 3600


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ({"en": "Hello", "fr": "Bonjour"}, "fr", "Bonjour"),
        ({"en": "Hello", "fr": ""}, "fr", "Hello"),
        ({"fr": "Bonjour"}, "de", "Bonjour"),
        ({"en": ""}, "fr", "–"),
        ({}, "fr", "–"),
    ],
)
def test_a_text_is_found_in_the_language_or_in_another_or_not_at_all(
    texts: dict[str, str], language: str, expected: str
) -> None:
    assert text(texts, language, "–") == expected


def test_the_practice_speaks_the_language_it_lists_first() -> None:
    nothing: dict[str, str] = {}
    practice = Practice(
        id="p",
        slug="demo",
        name="Atelier",
        tagline=nothing,
        zone="America/Toronto",
        languages=("fr", "en"),
        country="CA",
        email="",
        phone="",
        address="",
        website="",
        sender="",
        sender_name="",
        calendar_title=nothing,
        privacy=nothing,
        privacy_version=1,
        help_line=None,
        embed_origins=(),
        rules=RULES,
    )
    assert practice.language == "fr"


def test_a_type_for_existing_clients_opens_with_its_key_alone() -> None:
    kind = AppointmentType("t", "p", "session", {}, {}, 3000, (Mode.VIDEO,), (), access_key="k" * 43)
    secret = replace(kind, audience=Audience.EXISTING)
    assert [kind.opens_with(key) for key in ("", "k" * 43)] == [True, True]
    assert [secret.opens_with(key) for key in ("", "k" * 42, "k" * 43, "ü")] == [False, False, True, False]
    assert not replace(secret, access_key="").opens_with("")
    shown = [one.is_shown for one in (kind, secret, replace(kind, audience=Audience.NEW))]
    assert shown == [True, False, True]
