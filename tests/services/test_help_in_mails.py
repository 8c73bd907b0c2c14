"""Where to turn today stands in every mail to a visitor, in words that the reader's language has."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler.domain.practice import HelpLine
from scheduler.services import rendering
from scheduler.services.composing import SPEAKS_OF
from scheduler.services.rendering import Letter
from tests.services.practice_side import booked
from tests.support.core import NOW, WEDNESDAY, Core
from tests.support.environment import ROOT

MAILS = ROOT / "templates/mail"
FOR_STAFF = ("therapist_", "account_")
TO_VISITORS = sorted(
    folder.name
    for folder in MAILS.iterdir()
    if folder.name != "layout" and not folder.name.startswith(FOR_STAFF)
)


def chain(file: Path) -> list[Path]:
    """A template and those that it extends, up to the layout of all mails."""
    parent = re.search(r'{% extends "([^"]+)" %}', file.read_text(encoding="utf-8"))
    return [file, *(chain(MAILS / parent[1]) if parent else [])]


@pytest.mark.parametrize("ending", ["txt", "html"])
def test_no_mail_to_visitors_leaves_it_out(ending: str) -> None:
    assert len(TO_VISITORS) > 12
    for kind in TO_VISITORS:
        *above, layout = chain(MAILS / kind / f"body.{ending}")
        assert layout == MAILS / f"layout/body.{ending}", kind
        assert layout.read_text(encoding="utf-8").count("{% block care %}") == 1
        assert [file for file in above if "block care" in file.read_text(encoding="utf-8")] == [], kind


def test_every_mail_about_an_appointment_says_it_in_the_reader_s_language(any_core: Core) -> None:
    line = HelpLine("911", "988", {"en": "day and night"}, {"fr": "1 866 277 3553"})
    practice = any_core.change_practice(help_line=line)
    one = booked(any_core, "session", WEDNESDAY)
    person = one.appointment.participants[0]
    for kind in sorted(SPEAKS_OF.keys() & set(TO_VISITORS)):
        for language, said in (
            ("en", "Need to talk today? Call 988: day and night."),
            ("fr", "1 866 277 3553."),
            ("de", "988 an."),
        ):
            letter = Letter(
                kind=kind, language=language, practice=practice, therapist=one.therapist, type=one.kind,
                appointment=one.appointment, person=replace(person, language=language),
                link="https://book.example/appointments/x", public_url="https://book.example", now=NOW,
            )  # fmt: skip
            written = rendering.write(letter)
            assert said in " ".join(written.text.split()).replace("\u00a0", " "), (kind, language)
            assert 'href="tel:911"' in written.html
            assert "day and night" not in written.text or language == "en"
