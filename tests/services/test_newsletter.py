"""The newsletter: asked for beside a booking, confirmed by link, left by one press, apart from all else."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from scheduler import worker
from scheduler.domain.errors import NotFound, Refused, TooMany, WrongState
from scheduler.domain.news import ASK_AGAIN_AFTER, CONFIRM_WITHIN
from scheduler.services import addressees, booking, manage, newsletter, newsletter_mails, sheets
from scheduler.services.contacts import mail_key
from scheduler.services.desk import Desk
from scheduler.services.rendering import LINE_WIDTH
from scheduler.store import newsletter as store
from scheduler.store.database import reading, transaction
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.support.core import NOW, SOURCE, WEDNESDAY, Core, vera
from tests.support.instants import HOUR

DAY = 24 * HOUR
THURSDAY = WEDNESDAY + DAY
URL = "https://book.example.org"
WANTED: dict[str, Any] = {"consents": ["privacy", "newsletter"]}
WORDS = {"en": "Four letters a year.", "fr": "Quatre lettres par an."}


@pytest.fixture
def news(any_core: Core) -> Core:
    """Ada's practice offers a newsletter."""
    newsletter.save(owner_desk(any_core), True, WORDS, now=NOW)
    any_core.demo = owner_desk(any_core).practice
    return any_core


def owner(core: Core) -> Desk:
    return owner_desk(core)


def token_of(core: Core, email: str = "vera@example.org") -> str:
    with reading() as tx:
        reader = store.of_address(tx, core.demo.id, mail_key(email))
        assert reader is not None
        return store.token(tx, reader.id)


def asked(core: Core) -> int:
    return core.kinds_of_mail().count("newsletter_ask")


def addresses(core: Core) -> list[str]:
    return [reader.email for reader in newsletter.readers(owner(core))]


def test_it_is_off_by_default_and_a_tick_alone_puts_nobody_on_the_list(any_core: Core) -> None:
    assert not any_core.demo.newsletter
    booked(any_core, "session", WEDNESDAY, **WANTED)
    assert (any_core.all("SELECT count(*) FROM newsletter"), asked(any_core)) == ([(0,)], 0)
    newsletter.save(owner(any_core), True, WORDS, now=NOW)
    any_core.demo = owner(any_core).practice
    booked(any_core, "session", WEDNESDAY + DAY, email="none@example.org")
    booked(any_core, "session", WEDNESDAY + 2 * DAY, **WANTED)
    assert (any_core.all("SELECT count(*) FROM newsletter"), asked(any_core)) == ([(1,)], 1)
    assert addresses(any_core) == []


def test_an_address_counts_once_its_owner_says_yes_and_is_forgotten_when_they_leave(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED)
    token = token_of(news)
    shown = newsletter.show(token)
    assert (shown.words, shown.version, shown.reader.confirmed_at) == ("Four letters a year.", 1, None)
    newsletter.confirm(token, 1, now=NOW + HOUR)
    newsletter.confirm(token, 1, now=NOW + 2 * HOUR)  # a second press changes nothing
    assert newsletter.show(token).reader.confirmed_at == NOW + HOUR
    assert addresses(news) == ["vera@example.org"]
    newsletter.leave(token)
    assert news.all("SELECT count(*) FROM newsletter") == [(0,)]
    for act in (newsletter.show, newsletter.leave):
        with pytest.raises(NotFound):
            act(token)


def test_a_yes_is_to_the_words_that_stand_there(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED, language="fr")
    token = token_of(news)
    newsletter.save(owner(news), True, {**WORDS, "fr": "Chaque semaine."}, now=NOW + 1)
    with pytest.raises(WrongState):
        newsletter.confirm(token, 1, now=NOW + 2)
    shown = newsletter.show(token)
    assert (shown.words, shown.version) == ("Chaque semaine.", 2)
    newsletter.confirm(token, 2, now=NOW + 3)
    newsletter.save(owner(news), True, {**WORDS, "fr": "Chaque jour."}, now=NOW + 4)
    assert newsletter.show(token).words == "Chaque semaine."
    newsletter.save(owner(news), True, {**WORDS, "fr": "Chaque jour."}, now=NOW + 5)
    kept = newsletter.words_of(news.demo)
    assert kept is not None
    assert (kept.version, kept.since) == (3, NOW + 4)  # saving the same words makes no version


def test_nobody_is_asked_twice_in_an_hour_nor_once_on_the_list(news: Core) -> None:
    for number, (wait, mails) in enumerate([(0, 1), (ASK_AGAIN_AFTER - 1, 1), (ASK_AGAIN_AFTER, 2)]):
        booked(news, "session", WEDNESDAY + number * DAY, **WANTED, now=NOW + wait)
        assert asked(news) == mails
    newsletter.confirm(token_of(news), 1, now=NOW + HOUR)
    with transaction() as tx:
        newsletter.ask(tx, news.demo, "Vera@Example.org", "en", now=NOW + 9 * HOUR)
    assert asked(news) == 2


def bookings_taken(core: Core, email: str) -> int:
    """How often somebody can book and cancel for an address within one hour, the newsletter ticked."""
    for number in range(10):
        raw = vera(email=email, **WANTED)
        try:
            one = booking.book(
                core.demo, core.kind("session"), start=THURSDAY, therapist=core.therapist("ada"), raw=raw,
                key=f"{email} {number}", source=SOURCE, now=NOW + DAY,
            )  # fmt: skip
        except TooMany:
            return number
        manage.opened(one.token, now=NOW + DAY)
        if number == 0:
            manage.move(one.token, THURSDAY + HOUR, now=NOW + DAY)
        manage.cancel(one.token, now=NOW + DAY)
    return 10


def test_the_limits_do_not_tell_who_is_on_the_list(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED, email="reader@example.org")
    newsletter.confirm(token_of(news, "reader@example.org"), 1, now=NOW + HOUR)
    known, unknown = (bookings_taken(news, f"{name}@example.org") for name in ("reader", "nobody"))
    assert known == unknown


def test_an_address_that_got_too_many_mails_is_booked_for_but_not_asked(news: Core) -> None:
    with transaction() as tx:
        tx.execute(text("DELETE FROM newsletter"))
        for number in range(6):
            news.demo = owner(news).practice
            newsletter.ask(tx, news.demo, f"vera+{number}@example.org", "en", now=NOW)
    before = asked(news)
    with transaction() as tx:
        for _ in range(20):
            newsletter.ask(tx, news.demo, "flood@example.org", "en", now=NOW)
            tx.execute(text("UPDATE newsletter SET asked_at = 0"))
    assert asked(news) - before == 6  # as many as of any unconfirmed action in an hour


def test_a_corrected_address_is_asked_and_the_wrong_one_is_left_alone(news: Core) -> None:
    one = booked(news, "session", WEDNESDAY, email="vera@exmaple.org", **WANTED)
    token = addressees.correct_address(one.token, "vera@example.og", now=NOW + 5)
    token = addressees.correct_address(token, "vera@example.org", now=NOW + 9)
    assert news.all("SELECT count(*) FROM newsletter") == [(1,)]
    assert newsletter.show(token_of(news)).reader.email == "vera@example.org"
    assert asked(news) == 3
    useful = []
    for mail in (one for one in news.mails() if one.kind == "newsletter_ask"):
        with reading() as tx, suppress(NotFound):
            useful.append(newsletter_mails.compose(tx, mail, URL).recipient)
    assert useful == ["vera@example.org"]


def test_correcting_an_address_tells_nothing_of_what_it_was_asked_before(news: Core) -> None:
    booked(news, "session", WEDNESDAY, email="somebody@example.org", **WANTED)
    other = booked(news, "session", THURSDAY, now=NOW + HOUR, email="somebody@example.org")
    addressees.correct_address(other.token, "vera@example.org", now=NOW + HOUR)
    assert newsletter.show(token_of(news, "somebody@example.org")).reader.confirmed_at is None
    assert (asked(news), news.all("SELECT count(*) FROM newsletter")) == (1, [(1,)])


def test_an_address_that_said_yes_stays_when_a_booking_is_corrected(news: Core) -> None:
    one = booked(news, "session", WEDNESDAY, **WANTED)
    token = token_of(news)
    newsletter.confirm(token, newsletter.show(token).version or 0, now=NOW)
    addressees.correct_address(one.token, "vera@example.net", now=NOW)
    assert addresses(news) == ["vera@example.org"]


def test_what_nobody_confirms_is_erased_after_a_week(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED)
    booked(news, "session", WEDNESDAY + DAY, **WANTED, email="ben@example.org")
    newsletter.confirm(token_of(news, "ben@example.org"), 1, now=NOW)
    worker.sweep(NOW + CONFIRM_WITHIN)
    assert news.all("SELECT count(*) FROM newsletter") == [(2,)]
    worker.sweep(NOW + CONFIRM_WITHIN + 1)
    assert news.all("SELECT confirmed_at FROM newsletter") == [(NOW,)]


def test_no_row_leads_to_an_appointment(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED)
    [(listed,)] = news.all("SELECT email_lookup FROM newsletter")
    assert news.all("SELECT 1 FROM participants WHERE email_lookup = :key", key=listed) == []
    [mail] = [mail for mail in news.mails() if mail.kind == "newsletter_ask"]
    assert mail.appointment_id is None


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Please confirm your address"), ("fr", "Confirmez")]
)
def test_the_mail_says_what_to_do_in_the_visitors_language(news: Core, language: str, subject: str) -> None:
    booked(news, "session", WEDNESDAY, **WANTED, language=language)
    [entry] = [mail for mail in news.mails() if mail.kind == "newsletter_ask"]
    with reading() as tx:
        mail = newsletter_mails.compose(tx, entry, URL)
    assert (mail.recipient, mail.language) == ("vera@example.org", language)
    assert mail.written.subject.startswith(subject)
    for part in (mail.written.text, mail.written.html):
        assert f"{URL}/newsletter/{token_of(news)}" in part
        assert "112" in part
        assert "%(" not in part
    long = [line for line in mail.written.text.splitlines() if len(line) > LINE_WIDTH]
    assert [line for line in long if "https://" not in line] == []
    assert "\n\n\n" not in mail.written.text


def test_a_mail_of_no_use_any_more_is_not_sent(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED)
    [entry] = [mail for mail in news.mails() if mail.kind == "newsletter_ask"]
    newsletter.save(owner(news), False, WORDS, now=NOW)
    for act in (lambda: None, lambda: newsletter.leave(token_of(news))):
        act()
        with reading() as tx, pytest.raises(NotFound):
            newsletter_mails.compose(tx, entry, URL)


def test_where_it_is_off_again_nobody_is_added_and_everybody_can_leave(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED)
    newsletter.save(owner(news), False, {}, now=NOW)
    token = token_of(news)
    assert newsletter.show(token).version is None
    with pytest.raises(WrongState):
        newsletter.confirm(token, 1, now=NOW)
    newsletter.leave(token)
    assert news.all("SELECT count(*) FROM newsletter") == [(0,)]


def test_the_practice_says_what_it_sends_in_each_language(any_core: Core) -> None:
    with pytest.raises(Refused) as refused:
        newsletter.save(owner(any_core), True, {"en": "News."}, now=NOW)
    assert refused.value.problems == {"words-fr": "Tell visitors what you send them"}
    assert any_core.all("SELECT count(*) FROM consent_texts") == [(0,)]


def test_the_sheet_has_the_link_to_leave_and_no_formula(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED, email="=cmd+x@example.org")
    token = token_of(news, "=cmd+x@example.org")
    newsletter.confirm(token, 1, now=NOW)
    rows = newsletter.exported(owner(news), URL, now=NOW)
    sheet = sheets.as_csv(rows)
    assert sheet.splitlines() == [
        "email,language,confirmed,version,leave",
        f"'=cmd+x@example.org,en,2026-06-01,1,{URL}/newsletter/{token}",
    ]
    assert news.all("SELECT actor FROM audit WHERE action = 'newsletter.export'") == [("user-owner",)]


def test_any_cell_that_a_program_might_calculate_is_made_harmless() -> None:
    cells = ["=1", "+1", "-1", "@a", "\t1", "\r1", "a=1", 'a "b", c']
    [line] = sheets.as_csv([cells]).splitlines(keepends=False)[:1]
    assert line.startswith("'=1,'+1,'-1,'@a,'\t1,")
    assert sheets.as_csv([["a=1", 'a "b", c']]) == 'a=1,"a ""b"", c"\r\n'


def test_only_an_owner_of_the_practice_sees_and_removes(news: Core) -> None:
    booked(news, "session", WEDNESDAY, **WANTED)
    newsletter.confirm(token_of(news), 1, now=NOW)
    [reader] = newsletter.readers(owner(news))
    for desk in (desk_of(news, "ada"), desk_of(news, "cora", "other")):
        with pytest.raises(NotFound):
            newsletter.readers(desk)
        with pytest.raises(NotFound):
            newsletter.exported(desk, URL, now=NOW)
        with pytest.raises(NotFound):
            newsletter.remove(desk, reader.id, now=NOW)
    newsletter.remove(owner(news), reader.id, now=NOW)
    assert addresses(news) == []
