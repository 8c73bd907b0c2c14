"""Every kind of mail in every language: complete words, and a page that everybody can read."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from scheduler.domain.appointment import Appointment, Participant, Status
from scheduler.domain.practice import AppointmentType, GroundRules, HelpLine, Mode, Practice, Therapist
from scheduler.domain.series import WEEK, Rhythm, Series, SeriesDate
from scheduler.services import series_letters
from scheduler.services.composing import SPEAKS_OF
from scheduler.services.rendering import LINE_WIDTH, Letter, write
from scheduler.services.wording import SUPPORTED
from tests.services.mailing import DAY, HOUR, NOW, START
from tests.support.accessibility import sideways_overflow

# Every mail in every language is too much for the quick round.
pytestmark = pytest.mark.slow

PRACTICE = Practice(
    id="practice",
    slug="demo",
    name="Atelier Parole",
    tagline={},
    zone="America/Toronto",
    languages=("en", "fr"),
    country="CA",
    email="hello@demo.example",
    phone="514 555 0142",
    address="4210 rue Saint-Denis\nMontréal",
    website="",
    sender="office@demo.example",
    sender_name="Atelier Parole",
    calendar_title={},
    privacy={},
    privacy_version=1,
    help_line=HelpLine("911", "988", {"en": "free, day and night", "fr": "gratuit, jour et nuit"}),
    embed_origins=(),
    rules=GroundRules(),
)
ADA = Therapist(
    "ada", "practice", "ada", "Ada Tremblay", "ada@demo.example", 1, video_link="https://video.example/ada"
)
KIND = AppointmentType("kind", "practice", "consultation", {}, {}, 900, tuple(Mode), ("ada",))
ALL = [(kind, status) for kind, statuses in SPEAKS_OF.items() for status in sorted(statuses)]


def letter(kind: str, status: Status, language: str = "en", mode: Mode = Mode.PHONE) -> Letter:
    """A mail of this kind about an appointment in this state."""
    appointment = Appointment(
        id="appointment",
        practice_id="practice",
        therapist_id="ada",
        type_id="kind",
        uid="uid",
        sequence=1,
        status=status,
        start=START,
        end=START + 900,
        busy=(START, START + 900),
        mode=mode,
        language=language,
        visitor_zone="America/Toronto",
        organizer="office@demo.example",
        created_at=NOW,
        changed_at=NOW,
        expires_at=NOW + DAY if status is Status.REQUESTED else None,
    )
    vera = Participant("vera", "Vera Lindqvist", "vera@mail.example", "+1 514 555 0189", language)
    repeating = weekly(appointment) if kind in series_letters.KINDS else None
    links = {one.id: f"https://book.example.org/appointments/{one.id:T<43}" for one in coming(repeating)}
    return Letter(
        kind=kind,
        language=language,
        practice=PRACTICE,
        therapist=ADA,
        type=KIND,
        appointment=appointment,
        person=None if kind.startswith("therapist") else vera,
        link="https://book.example.org/appointments/" + "T" * 43,
        public_url="https://book.example.org",
        now=NOW,
        facts={
            "old_start": START - HOUR,
            "note": "See you soon",
            "by": "practice",
            "gone": [[START + week * WEEK, START + week * WEEK + 900] for week in (4, 5)],
        },
        series=repeating,
        links={} if kind.startswith("therapist") else links,
    )


def weekly(first: Appointment) -> Series:
    """Four dates that the appointment begins."""
    starts = [first.start + week * WEEK for week in range(4)]
    dates = [
        replace(first, id=f"date{start}", start=start, end=start + 900, status=Status.CONFIRMED)
        for start in starts
    ]
    rhythm = Rhythm(first.start, 1, 4, PRACTICE.zone)
    listed = tuple(SeriesDate(start, one) for start, one in zip(starts, dates, strict=True))
    return Series("s", "practice", "ada", "kind", "uid", 1, rhythm, 900, NOW, NOW, dates=listed)


def coming(repeating: Series | None) -> tuple[Appointment, ...]:
    return repeating.coming(NOW) if repeating else ()


@pytest.mark.parametrize("language", SUPPORTED)
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(("kind", "status"), ALL)
def test_each_mail_is_complete_in_each_language(kind: str, status: Status, mode: Mode, language: str) -> None:
    written = write(letter(kind, status, language, mode))

    assert len(written.subject) < 78
    for text in (written.subject, written.text, written.html):
        assert "%(" not in text
        assert "None" not in text
    lines = written.text.splitlines()
    assert [line for line in lines if len(line) > LINE_WIDTH and "https://" not in line] == []
    assert "\n\n\n" not in written.text
    assert max(map(len, written.html.encode().splitlines())) < 998


@pytest.mark.parametrize("kind", [kind for kind in SPEAKS_OF if not kind.startswith("therapist")])
def test_every_mail_to_a_visitor_names_the_help_line_the_zone_and_the_way_out(kind: str) -> None:
    written = write(letter(kind, min(SPEAKS_OF[kind])))

    for words in ("911", "988", "free, day and night", "Toronto time (EDT)", "#not-you"):
        assert words in written.text
        assert words in written.html


@pytest.mark.parametrize("language", SUPPORTED)
def test_a_mail_of_a_series_lists_its_dates_with_their_links(language: str) -> None:
    written = write(letter("series_booked", Status.CONFIRMED, language))
    for start in range(START, START + 4 * WEEK, WEEK):
        link = f"https://book.example.org/appointments/{f'date{start}':T<43}"
        assert f"\n  {link}\n" in written.text
        assert f'href="{link}"' in written.html
    ended = write(letter("series_ended", Status.CONFIRMED, language))
    assert ended.html.count("<s>") == 2


def test_a_series_across_a_clock_change_names_the_zone_without_its_letters() -> None:
    october = letter("series_booked", Status.CONFIRMED)
    first = replace(october.appointment, start=START + 20 * WEEK, end=START + 20 * WEEK + 900)
    across = write(replace(october, appointment=first, series=weekly(first), links={}))
    assert "Toronto time." in across.html
    assert "EDT" not in across.text


def test_a_practice_without_help_line_writes_without_one() -> None:
    without = replace(letter("confirmation", Status.CONFIRMED), practice=replace(PRACTICE, help_line=None))

    assert "In danger" not in write(without).text


def test_a_type_with_cancellation_terms_tells_them_instead_of_free() -> None:
    terms = replace(KIND, policy={"en": "Half of the fee is due after Tuesday.", "fr": ""}, price_cents=9000)
    text = write(replace(letter("confirmation", Status.CONFIRMED), type=terms)).text

    assert "Half of the fee is due after Tuesday." in text
    assert "Cancelling is free" not in text
    assert "do not need to prepare" not in text


def test_only_therapists_read_until_when_a_request_really_waits() -> None:
    to_vera = write(letter("request_received", Status.REQUESTED)).text
    to_ada = write(letter("therapist_requested", Status.REQUESTED)).text

    assert "by Friday 29 May, 10:30" in to_vera
    assert "by Thursday 28 May, 10:30" in to_ada


@pytest.mark.parametrize("language", SUPPORTED)
def test_every_mail_fits_a_small_phone_and_loads_nothing(
    new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(width=320)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    for kind, statuses in SPEAKS_OF.items():
        page.set_content(write(letter(kind, min(statuses), language, Mode.VIDEO)).html)
        assert sideways_overflow(page) == 0, kind

    assert loaded == []
