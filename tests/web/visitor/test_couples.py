"""Two people of one appointment: each on a page of their own, and neither reads a word of the other's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.services import directory, manage, messages
from scheduler.store import appointments, participants, types
from scheduler.store.database import reading, transaction
from tests.support.signing_in import ADA, signed_in
from tests.web.visitor.walking import Page, Visitor

VERA = {"name": "Veralein Mosskanari", "email": "kanarienvogel@visitor.example", "phone": "514 555 0177"}
PAUL = {"name_2": "Paulus Finkenweber", "email_2": "finkenschlag@visitor.example"}
OF_VERA = ("Veralein", "Mosskanari", "kanarienvogel", "550177", "555 0177", "ending in 77", "Zimtschnecke")
OF_PAUL = ("Paulus", "Finkenweber", "finkenschlag", "Quittenmus")


@dataclass
class Couple:
    """All that Vera and Paul ever read, each by the own link."""

    app: Flask
    clock: time_machine.Traveller
    vera: Visitor
    paul: Visitor
    tokens: dict[str, str] = field(default_factory=dict)
    read: dict[str, list[str]] = field(default_factory=lambda: {"vera": [], "paul": []})

    def meet(self) -> None:
        """Vera books a call with Ada for both."""
        self.vera.hold_first(query="?therapist=ada")
        page = self.vera.fill(**VERA, **PAUL, note="Zimtschnecke", mode="phone")
        assert page.headings[0] == "You are booked"
        self.note("vera", page)
        with self.app.app_context(), reading() as tx:
            token = page.links["Change or cancel"].partition("?")[0].rpartition("/")[2]
            practice_id, appointment_id, _ = participants.by_token(tx, token)
            people = appointments.find(tx, practice_id, appointment_id).participants
            self.tokens = {
                who: participants.token(tx, person.id)
                for who, person in zip(("vera", "paul"), people, strict=True)
            }

    def note(self, who: str, page: Page) -> Page:
        """Keep what this person reads."""
        self.read[who] += [page.source, str(page.headers)]
        return page

    def look(self, who: str, path: str = "") -> Page:
        """Open the own page, or one beneath it."""
        return self.note(who, getattr(self, who).open(f"/appointments/{self.tokens[who]}{path}"))

    def press(self, who: str, action: str, name: str = "action", **typed: str) -> Page:
        """Press a button of the page that stands open."""
        visitor: Visitor = getattr(self, who)
        forms = [form for form in visitor.page.forms if (name, action) in [one[:2] for one in form.buttons]]
        return self.note(who, visitor.send(forms[0], **{name: action, **typed}))

    def file(self, who: str) -> None:
        """The calendar file, the booked page and the API's answer of the own link."""
        token, client = self.tokens[who], self.vera.client
        paths = (
            f"/appointments/{token}/invite.ics",
            f"/book/demo/consultation/done/{token}",
            f"/api/v1/appointments/{token}",
        )
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            self.read[who] += [answer.text, str(answer.headers)]

    def work(self, seconds: int = 60) -> None:
        """Let time go by, and the worker write its mails."""
        self.clock.shift(seconds)
        with self.app.app_context():
            worker.run_once(self.app.config["SETTINGS"], utcnow())

    def mails(self, address: str) -> list[messages.Preview]:
        """What was written to an address, in the order of the kinds' names."""
        with self.app.app_context():
            written = messages.previews(directory.practice("demo").id)
        return sorted((mail for mail in written if mail.recipient == address), key=lambda mail: mail.kind)


@pytest.fixture
def couple(demo_app: Flask) -> Iterator[Couple]:
    """The free call is for two; Vera has booked it."""
    with time_machine.travel(datetime(2030, 3, 4, 12, tzinfo=UTC), tick=False) as clock:
        with demo_app.app_context(), transaction() as tx:
            kind = types.by_slug(tx, directory.practice("demo").id, "consultation")
            types.save(tx, replace(kind, participants=2))
        client = demo_app.test_client(use_cookies=False)
        made = Couple(demo_app, clock, Visitor(client), Visitor(client))
        made.meet()
        yield made


def test_neither_reads_a_word_of_the_other(couple: Couple) -> None:
    for who in ("vera", "paul"):
        couple.look(who)
        couple.file(who)
        couple.look(who, "/move?month=2030-03")
    couple.look("paul")
    assert couple.press("paul", "fr", "language").headings[0] != "Your appointment"
    couple.look("vera")
    assert couple.press("vera", "not_coming").headings[0] == "You said: I cannot come"
    couple.work()
    couple.look("paul")
    couple.press("paul", "coming")
    couple.look("vera", "/move")
    couple.note("vera", couple.vera.press_later_day(3))
    couple.note("vera", couple.vera.press_time(couple.vera.page.starts()[0]))
    couple.work()
    with couple.app.app_context():
        start = manage.find(couple.tokens["vera"], now=utcnow()).appointment.start
    couple.work(start - 20 * 3600 - utcnow())
    for who in ("vera", "paul"):
        couple.look(who)
        couple.file(who)
    check(couple)


def check(couple: Couple) -> None:
    """Nothing of the other in all that was read and written, and one's own where it belongs."""
    for who, address, own, other in (
        ("vera", VERA["email"], "Veralein", (*OF_PAUL, couple.tokens["paul"])),
        ("paul", PAUL["email_2"], "Paulus", (*OF_VERA, couple.tokens["vera"])),
    ):
        mails = couple.mails(address)
        assert [mail.kind for mail in mails] == ["confirmation", "moved", "reminder"]
        assert all(own in mail.text and couple.tokens[who] in mail.text for mail in mails)
        read = couple.read[who] + [
            text for mail in mails for text in (mail.subject, mail.text, mail.html, mail.calendar)
        ]
        assert len(read) > 20
        assert [(word, text[:300]) for text in read for word in other if word in text] == []


def test_a_cancelled_appointment_tells_both_in_their_own_language(couple: Couple) -> None:
    couple.look("paul")
    couple.press("paul", "fr", "language")
    page = couple.note("paul", couple.paul.send(couple.paul.page.form_with("note"), note="Quittenmus"))
    assert page.headings[0] == page.title.partition(" – ")[0] == "Votre rendez-vous est annulé"
    couple.work()
    assert couple.look("vera").headings[0] == "Your appointment is cancelled"
    couple.file("vera")
    subjects = {
        address: [mail.subject for mail in couple.mails(address) if mail.kind == "cancelled"]
        for address in (VERA["email"], PAUL["email_2"])
    }
    assert subjects[VERA["email"]][0].startswith("Cancelled: ")
    assert subjects[PAUL["email_2"]][0].startswith("Annulé")
    read = couple.read["vera"] + [mail.text + mail.html for mail in couple.mails(VERA["email"])]
    assert [word for text in read for word in OF_PAUL if word in text] == []


def test_the_second_person_reads_the_language_that_was_chosen_for_them(couple: Couple) -> None:
    vera = Visitor(couple.app.test_client(use_cookies=False))
    page = vera.hold_first(query="?therapist=ada")
    assert re.findall(r'<option value="(\w*)"(?: lang="\w+")?>', page.source) == ["", "en", "fr"]
    ours = {"name": "Vera", "email": "vera2@visitor.example", "name_2": "Paul", "phone": VERA["phone"]}
    page = vera.fill(**ours, email_2="paul2@", language_2="fr", mode="phone")
    assert page.status == 422
    assert '<option value="fr" lang="fr" selected>' in page.source
    page = vera.fill(**ours, email_2="paul2@visitor.example", language_2="fr", mode="phone")
    assert page.headings[0] == "You are booked"
    couple.work()
    [to_vera], [to_paul] = couple.mails("vera2@visitor.example"), couple.mails("paul2@visitor.example")
    assert (to_vera.subject.split()[0], to_paul.subject.split()[0]) == ("Your", "Votre")
    link = re.search(r"/appointments/[\w-]+", to_paul.text)
    assert link
    assert couple.paul.open(link[0]).headings[0] == "Votre rendez-vous"


def test_the_page_asks_each_and_says_what_a_press_does(couple: Couple) -> None:
    page = couple.look("paul")
    assert "Will you be there?" in page.headings
    assert "only Ada sees it" in page.text
    assert "It is cancelled for everyone invited, and each of you gets an email." in page.text
    assert "Phone call with Ada Tremblay" in page.text
    page = couple.press("paul", "not_coming")
    assert page.title.startswith("You said: I cannot come")
    assert "The appointment still stands." in page.text
    buttons = [words for form in page.forms for _, _, words in form.buttons]
    assert ("I will come" in buttons, "I cannot come" in buttons) == (True, False)
    assert couple.look("vera").text.count("You said") == 0
    assert couple.press("vera", "coming").headings[0] == "You said: I will come"


def test_the_therapist_reads_who_comes_and_who_does_not(couple: Couple) -> None:
    for who, action in (("vera", "coming"), ("paul", "not_coming")):
        couple.look(who)
        couple.press(who, action)
    client = signed_in(couple.app, ADA)
    waits = client.get("/practice/requests").text
    assert "P. F. says: I cannot come" in waits
    assert "V. M. says: I will come" not in waits
    with couple.app.app_context(), reading() as tx:
        _, appointment_id, _ = participants.by_token(tx, couple.tokens["vera"])
    page = client.get(f"/practice/appointments/{appointment_id}").text
    assert "P. F. says: I cannot come" in page
    assert "V. M. says: I will come" in page
    couple.work()
    with couple.app.app_context():
        written = messages.previews(directory.practice("demo").id)
    [told] = [mail.text for mail in written if mail.kind == "therapist_answered"]
    assert "one of the people invited cannot come." in told
    assert not [word for word in (*OF_VERA, *OF_PAUL) if word in told]


def test_this_was_not_me_takes_one_away_and_leaves_the_other(couple: Couple) -> None:
    couple.look("paul")
    page = couple.press("paul", "disown")
    assert "no more emails come" in page.text
    assert couple.look("paul").status == 404
    page = couple.look("vera")
    assert (page.headings[0], "Will you be there?" in page.headings) == ("Your appointment", False)


def test_a_corrected_address_is_one_person_s_affair(couple: Couple) -> None:
    couple.work()
    before = len(couple.mails(PAUL["email_2"]))
    page = couple.vera.open(f"/book/demo/consultation/done/{couple.tokens['vera']}")
    couple.vera.send(page.form_with("email"), email="distelfink@visitor.example")
    couple.work()
    assert [mail.kind for mail in couple.mails("distelfink@visitor.example")] == ["confirmation"]
    assert len(couple.mails(PAUL["email_2"])) == before
    assert couple.look("paul").status == 200
    assert couple.look("vera").status == 404


@pytest.mark.parametrize("name", ["coming", "not_coming"])
def test_nobody_answers_where_nobody_is_asked(vera: Visitor, name: str, demo_app: Flask) -> None:
    vera.book()
    vera.follow("Change or cancel")
    assert "Will you be there?" not in vera.page.headings
    assert vera.send(vera.page.form_with("note"), action=name).status == 409
