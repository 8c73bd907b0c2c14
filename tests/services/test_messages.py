"""The mails of an appointment's life, as a mail server receives them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from scheduler.domain.errors import NotFound
from scheduler.domain.practice import Approval, TherapistMail
from scheduler.services import addressees, by_hand, invitations, manage, messages, requests
from scheduler.services.desk import Desk
from scheduler.store import outbox
from scheduler.store.database import reading, transaction
from scheduler.store.outbox import OutboxMail, State
from scheduler.store.tables import OutboxRow
from tests.services.mailing import (
    ADA,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OFFICE,
    START,
    VERA,
    Mailing,
    calendar,
    event,
    settle,
    shape,
)
from tests.support.mail import MailServer, Received

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
INVITATION = [
    "multipart/mixed",
    "  multipart/alternative",
    "    text/plain",
    "    text/html",
    "    text/calendar",
    "  application/ics",
]
# Words that tell a stranger what the appointment is about.
HEALTH_WORDS = re.compile(
    r"th[eé]rap|psych|diagnos|clinic|klinik|patient|health|santé|gesundheit|depress|dépress|angst|trauma"
    r"|erstgespräch|consult|behandlung|traitement|treatment|praxis|séance|session|first call|premier appel",
    re.IGNORECASE,
)


@pytest.fixture
def mailing(make_app: Callable[..., Flask], any_database: str, smtp: MailServer) -> Mailing:
    """A practice whose mail goes to a real server."""
    return settle(make_app(any_database, SCHEDULER_PUBLIC_URL="https://book.example.org", **smtp.settings))


@pytest.fixture
def unserved(make_app: Callable[..., Flask], any_database: str) -> Mailing:
    """A practice without a mail server."""
    return settle(make_app(any_database, SCHEDULER_PUBLIC_URL="https://book.example.org"))


def desk_of(mailing: Mailing) -> Desk:
    """Ada's desk."""
    return Desk(mailing.practice, (mailing.ada,), (), actor="ada", is_owner=False)


def confirmations(smtp: MailServer) -> list[Received]:
    """What Vera got to confirm her appointments, in order."""
    return [mail for mail in smtp.to(VERA) if mail.message["Subject"].startswith("Your appointment")]


def test_an_appointment_lives_in_the_calendar_under_one_uid_and_a_rising_sequence(
    mailing: Mailing, smtp: MailServer
) -> None:
    booked = mailing.book()
    mailing.work(NOW)
    moved = mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW + MINUTE)
    mailing.work(NOW + MINUTE)
    mailing.in_context(manage.cancel, booked.token, now=NOW + 2 * MINUTE)
    mailing.work(NOW + 2 * MINUTE)

    mails = smtp.to(VERA)
    assert [mail.message["Subject"] for mail in mails] == [
        "Your appointment on Wednesday 3 June, 10:30",
        "New time: Wednesday 3 June, 11:30",
        "Cancelled: Wednesday 3 June, 11:30",
    ]
    assert [str(calendar(mail)["METHOD"]) for mail in mails] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [str(event(mail)["STATUS"]) for mail in mails] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event(mail)["SEQUENCE"] for mail in mails] == [0, 1, 2]
    assert {str(event(mail)["UID"]) for mail in mails} == {booked.uid}
    assert [int(event(mail)["DTSTART"].dt.timestamp()) for mail in mails] == [
        START,
        START + HOUR,
        START + HOUR,
    ]
    assert [int(event(mail)["DTSTAMP"].dt.timestamp()) for mail in mails] == [
        NOW,
        NOW + MINUTE,
        NOW + 2 * MINUTE,
    ]
    assert moved is not None


def test_every_mail_with_an_invitation_has_the_shape_that_mail_programs_look_for(
    mailing: Mailing, smtp: MailServer
) -> None:
    booked = mailing.book()
    mailing.work(NOW)
    mailing.in_context(manage.cancel, booked.token, now=NOW + 1)
    mailing.work(NOW + 1)

    for mail in smtp.received:
        assert shape(mail.message) == INVITATION
        [copy] = mail.message.iter_attachments()
        [part] = [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]
        assert copy.get_payload(decode=True) == part.get_payload(decode=True)
        assert copy.get_filename() == "invite.ics"
    assert len(smtp.received) == 4


def test_the_recipient_is_the_only_attendee_and_the_sender_is_the_organizer(
    mailing: Mailing, smtp: MailServer
) -> None:
    mailing.book()
    mailing.work(NOW)

    [to_vera], [to_ada] = smtp.to(VERA), smtp.to(ADA)
    for mail, address in ((to_vera, VERA), (to_ada, ADA)):
        assert str(event(mail)["ATTENDEE"]) == f"mailto:{address}"
        assert str(event(mail)["ORGANIZER"]) == f"mailto:{OFFICE}"
        assert mail.message["From"].addresses[0].addr_spec == OFFICE
        assert mail.message["From"].addresses[0].display_name == "Atelier Parole"
        assert mail.recipients == (address,)
        assert mail.message["Reply-To"] is None
        assert mail.message["Auto-Submitted"] == "auto-generated"
    assert str(event(to_vera)["UID"]) == str(event(to_ada)["UID"])


def test_later_mails_answer_the_first_one(mailing: Mailing, smtp: MailServer) -> None:
    booked = mailing.book()
    mailing.work(NOW)
    mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW + 1)
    mailing.work(NOW + 1)

    first, second = smtp.to(VERA)
    assert first.message["In-Reply-To"] is None
    assert second.message["In-Reply-To"] == first.message["Message-ID"] == second.message["References"]
    assert first.message["Message-ID"].endswith("@book.example.org>")
    assert second.message["Message-ID"] != first.message["Message-ID"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_confirmation_reads_like_this(mailing: Mailing, smtp: MailServer, language: str) -> None:
    booked = mailing.book(language=language)
    mailing.work(NOW)

    [mail] = smtp.to(VERA)
    words = f"Subject: {mail.message['Subject']}\n\n{mail.part('text/plain')}".replace(booked.token, "TOKEN")
    assert words.replace("\r\n", "\n") == (GOLDEN / f"confirmation.{language}.txt").read_text(
        encoding="utf-8"
    )
    assert mail.message["Content-Language"] == language


def test_phone_and_video_are_told_in_the_visitors_zone_and_meetings_in_the_practices(
    mailing: Mailing, smtp: MailServer
) -> None:
    kind = mailing.kind()
    for mode in ("phone", "in_person"):
        booked = mailing.book(kind, mode=mode, zone="Europe/Berlin")
        mailing.work(NOW)
        mailing.in_context(manage.cancel, booked.token, now=NOW)

    by_phone, in_person = confirmations(smtp)
    assert "16:30 to 16:45, Berlin time (CEST)" in by_phone.part("text/plain")
    assert by_phone.message["Subject"] == "Your appointment on Wednesday 3 June, 16:30"
    assert "10:30 to 10:45, Toronto time (EDT)" in in_person.part("text/plain")


def test_the_place_depends_on_how_the_two_meet(mailing: Mailing, smtp: MailServer) -> None:
    kind = mailing.kind()
    for mode in ("phone", "video", "in_person"):
        booked = mailing.book(kind, mode=mode)
        mailing.work(NOW)
        mailing.in_context(manage.cancel, booked.token, now=NOW)

    by_phone, by_video, in_person = confirmations(smtp)
    assert "LOCATION" not in event(by_phone)
    assert str(event(by_video)["LOCATION"]) == "Online"
    assert str(event(in_person)["LOCATION"]) == "4210 rue Saint-Denis, Montréal"
    assert "https://video.demo.example/ada" in by_video.part("text/plain")
    assert "https://video.demo.example/ada" not in by_phone.part("text/plain")


def test_a_request_is_tentative_and_tells_no_place_until_it_is_accepted(
    mailing: Mailing, smtp: MailServer
) -> None:
    booked = mailing.book(mailing.by_request(), mode="in_person")
    mailing.work(NOW)
    mailing.in_context(requests.accept, desk_of(mailing), booked.appointment.id, now=NOW + HOUR)
    mailing.work(NOW + HOUR)

    asked, accepted = smtp.to(VERA)
    assert asked.message["Subject"] == "Your request for Wednesday 3 June, 10:30"
    assert (str(event(asked)["STATUS"]), event(asked)["SEQUENCE"]) == ("TENTATIVE", 0)
    assert "LOCATION" not in event(asked)
    assert "In person: 4210" not in asked.part("text/plain")
    assert "The answer comes by Friday 29 May, 10:30." in asked.part("text/plain")
    assert (str(event(accepted)["STATUS"]), event(accepted)["SEQUENCE"]) == ("CONFIRMED", 1)
    assert str(event(accepted)["LOCATION"]) == "4210 rue Saint-Denis, Montréal"
    assert "Ada Tremblay has said yes: your appointment is booked." in accepted.part("text/plain")


@pytest.mark.parametrize("how", ["declined", "lapsed"])
def test_a_request_that_is_not_granted_leaves_the_calendar_with_a_kind_mail(
    mailing: Mailing, smtp: MailServer, how: str
) -> None:
    booked = mailing.book(mailing.by_request())
    mailing.work(NOW)
    later = NOW + HOUR
    if how == "declined":
        mailing.in_context(requests.decline, desk_of(mailing), booked.appointment.id, now=later)
    else:
        later = NOW + 3 * DAY
    mailing.work(later)

    mail = smtp.to(VERA)[-1]
    assert mail.message["Subject"] == "About your request for Wednesday 3 June, 10:30"
    assert (str(calendar(mail)["METHOD"]), event(mail)["SEQUENCE"]) == ("CANCEL", 1)
    assert "Ada Tremblay cannot take this time." in mail.part("text/plain")
    assert "https://book.example.org/book/demo/intake" in mail.part("text/plain")


def test_a_known_contact_reads_the_same_promise_as_everybody(mailing: Mailing, smtp: MailServer) -> None:
    kind = mailing.kind("first", one_per_client=True)
    first = mailing.book(kind)
    mailing.in_context(manage.move, first.token, START + DAY, now=NOW)
    mailing.book(mailing.kind("second", one_per_client=True, approval=Approval.REQUEST))
    mailing.work(NOW)

    [asked] = [mail for mail in smtp.to(VERA) if mail.message["Subject"].startswith("Your request")]
    assert "The answer comes by Friday 29 May, 10:30." in asked.part("text/plain")


def test_a_reminder_comes_a_day_before_without_a_calendar_part(mailing: Mailing, smtp: MailServer) -> None:
    mailing.book()
    mailing.work(NOW)
    mailing.work(START - DAY - 1)
    before = len(smtp.received)
    mailing.work(START - DAY)

    [reminder] = smtp.received[before:]
    assert reminder.message["Subject"] == "Reminder: Wednesday 3 June, 10:30"
    assert shape(reminder.message) == ["multipart/alternative", "  text/plain", "  text/html"]
    assert "your appointment is tomorrow." in reminder.part("text/plain")


def test_who_books_less_than_a_day_and_a_half_ahead_gets_no_reminder(
    mailing: Mailing, smtp: MailServer
) -> None:
    kind = mailing.kind(notice=0)
    mailing.book(kind, now=START - 35 * HOUR)
    mailing.work(START - 35 * HOUR)
    mailing.work(START - HOUR)

    assert [mail.message["Subject"] for mail in smtp.to(VERA)] == [
        "Your appointment on Wednesday 3 June, 10:30"
    ]


def test_no_mail_speaks_of_what_is_no_longer_so(mailing: Mailing, smtp: MailServer) -> None:
    booked = mailing.book()
    mailing.in_context(manage.cancel, booked.token, now=NOW + 1)
    mailing.work(NOW + 2)
    mailing.work(START - DAY)

    assert [mail.message["Subject"] for mail in smtp.to(VERA)] == ["Cancelled: Wednesday 3 June, 10:30"]
    with mailing.app.app_context(), reading() as tx:
        dropped = outbox.entries(tx, mailing.practice.id, [State.DROPPED])
    assert {(mail.kind, mail.error) for mail in dropped} == {
        ("confirmation", "the appointment has changed since"),
        ("therapist_booked", "the appointment has changed since"),
        ("reminder", "the appointment has changed since"),
    }


def test_after_days_of_silence_only_useful_mails_go(mailing: Mailing, smtp: MailServer) -> None:
    mailing.book()
    mailing.work(START + DAY)

    assert smtp.received == []


def test_the_manage_link_stands_in_the_mail_and_never_in_the_calendar(
    mailing: Mailing, smtp: MailServer
) -> None:
    booked = mailing.book()
    mailing.work(NOW)

    [mail] = smtp.to(VERA)
    link = f"https://book.example.org/appointments/{booked.token}"
    assert link in mail.part("text/plain")
    assert f'href="{link}"' in mail.part("text/html")
    assert booked.token not in calendar(mail).to_ical().decode()
    assert all(booked.token.encode() not in mail.content for mail in smtp.to(ADA))


def test_mails_show_two_digits_of_the_phone_and_nothing_that_was_written(
    mailing: Mailing, smtp: MailServer
) -> None:
    mailing.book(note="I cannot sleep")
    mailing.work(NOW)

    [mail] = smtp.to(VERA)
    assert "calls you on the number ending in 89." in mail.part("text/plain")
    for received in smtp.received:
        everything = (
            received.part("text/plain") + received.part("text/html") + calendar(received).to_ical().decode()
        )
        assert "555 0189" not in everything
        assert "5550189" not in everything
        assert "cannot sleep" not in everything


def test_a_line_left_when_cancelling_is_kept_where_the_therapist_reads_it(mailing: Mailing) -> None:
    booked = mailing.book(note="The stairs are hard for me")
    mailing.in_context(manage.cancel, booked.token, note="Sorry, I am travelling", now=NOW)
    managed = mailing.in_context(manage.find, booked.token, now=NOW)

    assert isinstance(managed, manage.Managed)
    assert managed.appointment.note == "The stairs are hard for me\nSorry, I am travelling"


def test_a_visitor_reads_whether_the_practice_cancelled(mailing: Mailing, smtp: MailServer) -> None:
    kind = mailing.kind()
    for by_practice in (True, False):
        booked = mailing.book(kind)
        if by_practice:
            mailing.in_context(by_hand.cancel, mailing.practice, booked.appointment.id, by="ada", now=NOW)
        else:
            mailing.in_context(manage.cancel, booked.token, now=NOW)
        mailing.work(NOW)

    theirs, own = smtp.to(VERA)
    assert "Ada Tremblay had to cancel your appointment." in theirs.part("text/plain")
    assert "your appointment is cancelled." in own.part("text/plain")


def test_the_therapists_notice_names_nobody(mailing: Mailing, smtp: MailServer) -> None:
    booked = mailing.book()
    mailing.work(NOW)
    mailing.in_context(manage.cancel, booked.token, note="Sorry, says Vera", now=NOW + 1)
    mailing.work(NOW + 1)

    notice, cancelled = smtp.to(ADA)
    assert notice.message["Subject"] == "Appointment: Wednesday 3 June, 10:30"
    assert cancelled.message["Subject"] == "Cancelled: Wednesday 3 June, 10:30"
    assert str(calendar(cancelled)["METHOD"]) == "CANCEL"
    assert "A line was left for you" in cancelled.part("text/plain")
    assert f"https://book.example.org/practice/appointments/{booked.appointment.id}" in notice.part(
        "text/plain"
    )
    for mail in (notice, cancelled):
        everything = mail.part("text/plain") + mail.part("text/html") + calendar(mail).to_ical().decode()
        assert re.search(r"vera|lindqvist|0189|sorry", everything, re.IGNORECASE) is None


@pytest.mark.parametrize(
    ("wish", "shapes"),
    [
        (TherapistMail.INVITATION, [INVITATION]),
        (TherapistMail.NOTICE, [["multipart/alternative", "  text/plain", "  text/html"]]),
        (TherapistMail.NOTHING, []),
    ],
)
def test_a_therapist_chooses_what_to_get(
    make_app: Callable[..., Flask],
    any_database: str,
    smtp: MailServer,
    wish: TherapistMail,
    shapes: list[list[str]],
) -> None:
    mailing = settle(make_app(any_database, **smtp.settings), mail=wish)
    mailing.book()
    mailing.work(NOW)

    assert [shape(mail.message) for mail in smtp.to(ADA)] == shapes


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_a_lock_screen_shows_is_neutral(mailing: Mailing, smtp: MailServer, language: str) -> None:
    booked = mailing.book(language=language)
    mailing.work(NOW)
    mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW + 1)
    mailing.work(NOW + 1)
    mailing.work(START - DAY + HOUR)
    mailing.in_context(manage.cancel, booked.token, now=START - HOUR)
    mailing.work(START - HOUR)
    request = mailing.book(mailing.by_request(), now=NOW, email="two@mail.example", phone="+1 514 555 0111")
    mailing.work(NOW)
    mailing.in_context(requests.decline, desk_of(mailing), request.appointment.id, now=NOW + 1)
    mailing.work(NOW + 1)

    assert len(smtp.received) == 11
    for mail in smtp.received:
        seen = [mail.message["Subject"], mail.message["From"].addresses[0].display_name]
        seen += [part.get_filename() or "" for part in mail.message.walk()]
        if "text/calendar" in "".join(shape(mail.message)):
            seen.append(calendar(mail).to_ical().decode())
        assert [words for words in seen if HEALTH_WORDS.search(words)] == []


def test_html_is_escaped_and_loads_nothing_from_elsewhere(mailing: Mailing, smtp: MailServer) -> None:
    booked = mailing.book(mailing.by_request(), name="Vera O'Neill")
    with mailing.app.app_context(), transaction() as tx:
        tx.execute(OutboxRow.__table__.delete())
        person = booked.appointment.participants[0].id
        mail = {
            "practice_id": mailing.practice.id,
            "appointment_id": booked.appointment.id,
            "recipient": person,
        }
        facts = {"note": '<img src="https://evil.example/x.png"> {{ 7 * 7 }} %(name)s'}
        outbox.add(
            tx, OutboxMail(kind="declined", sequence=1, due_at=NOW + 2, now=NOW + 1, facts=facts, **mail)
        )
    mailing.in_context(requests.decline, desk_of(mailing), booked.appointment.id, now=NOW + 1)
    mailing.work(NOW + 2)

    [declined] = [mail for mail in smtp.to(VERA) if "About your request" in mail.message["Subject"]]
    html = declined.part("text/html")
    note = "&lt;img src=&#34;https://evil.example/x.png&#34;&gt; {{ 7 * 7 }} %(name)s"
    assert note in html
    assert "Vera O&#39;Neill" in html
    assert (
        re.findall(
            r"<(?:img|link|script|iframe|object|video|form)\b|\bsrc=|url\(|@import", html.replace(note, "")
        )
        == []
    )
    assert "Dear Vera O'Neill," in declined.part("text/plain")


def test_without_a_server_mails_are_kept_as_previews(unserved: Mailing) -> None:
    booked = unserved.book()
    done = unserved.work(NOW)

    assert (done.mails.preview, done.mails.sent) == (2, 0)
    with unserved.app.app_context():
        previews = {one.recipient: one for one in messages.previews(unserved.practice.id)}
        vera = messages.preview(unserved.practice.id, previews[VERA].id)
    assert set(previews) == {VERA, ADA}
    assert vera == previews[VERA]
    assert (vera.subject, vera.sender, vera.sender_name, vera.method) == (
        "Your appointment on Wednesday 3 June, 10:30",
        OFFICE,
        "Atelier Parole",
        "REQUEST",
    )
    assert booked.token in vera.text
    assert booked.token in vera.html
    assert f"UID:{booked.uid}" in vera.calendar


def test_previews_and_facts_are_sealed(unserved: Mailing) -> None:
    unserved.book()
    unserved.work(NOW)

    with unserved.app.app_context(), reading() as tx:
        [*rows] = tx.execute(select(OutboxRow.preview_sealed).where(OutboxRow.state == "preview")).scalars()
    assert len(rows) == 2
    assert all(
        b"Vera" not in sealed and b"Subject" not in sealed and b"html" not in sealed for sealed in rows
    )


def test_another_practice_sees_no_mail_of_ours(unserved: Mailing) -> None:
    other = settle(unserved.app, slug="other")
    unserved.book()
    unserved.work(NOW)

    with unserved.app.app_context():
        [first, *_] = messages.previews(unserved.practice.id)
        assert messages.previews(other.practice.id) == []
        assert messages.undelivered(other.practice.id) == []
        with pytest.raises(NotFound):
            messages.preview(other.practice.id, first.id)
        with pytest.raises(NotFound):
            messages.resend(other.practice.id, first.id, now=NOW)


def test_sending_again_is_a_new_mail_that_says_the_same(mailing: Mailing, smtp: MailServer) -> None:
    mailing.book()
    mailing.work(NOW)
    with mailing.app.app_context():
        with reading() as tx:
            [sent] = [
                one
                for one in outbox.entries(tx, mailing.practice.id, [State.SENT])
                if one.recipient != outbox.THERAPIST
            ]
        for _ in range(2):
            messages.resend(mailing.practice.id, sent.id, now=NOW + MINUTE)
    mailing.work(NOW + MINUTE)

    first, again = smtp.to(VERA)
    assert again.message["Subject"] == first.message["Subject"]
    assert again.message["Message-ID"] != first.message["Message-ID"]
    assert (str(event(again)["UID"]), event(again)["SEQUENCE"]) == (str(event(first)["UID"]), 0)


def test_what_a_mail_told_is_emptied_once_it_has_gone(mailing: Mailing, smtp: MailServer) -> None:
    booked = mailing.book()
    mailing.in_context(manage.move, booked.token, START + HOUR, now=NOW + 1)

    def kept() -> int:
        with mailing.app.app_context(), reading() as tx:
            return len(tx.execute(select(OutboxRow.id).where(OutboxRow.facts_sealed.is_not(None))).all())

    assert kept() == 2
    mailing.work(NOW + 1)
    assert kept() == 0
    assert "Before, it was Wednesday 3 June, 10:30." in smtp.to(VERA)[-1].part("text/plain")


def test_a_person_who_was_erased_gets_nothing_more(mailing: Mailing, smtp: MailServer) -> None:
    booked = mailing.book()
    mailing.in_context(addressees.disown, booked.token, now=NOW)
    mailing.work(NOW)

    assert smtp.to(VERA) == []


def test_a_corrected_address_gets_the_confirmation_with_the_new_link(
    mailing: Mailing, smtp: MailServer
) -> None:
    booked = mailing.book()
    mailing.work(NOW)
    token = mailing.in_context(addressees.correct_address, booked.token, "vera@right.example", now=NOW + 1)
    mailing.work(NOW + 1)

    [mail] = smtp.to("vera@right.example")
    assert str(token) in mail.part("text/plain")
    assert booked.token not in mail.part("text/plain")


def test_an_appointment_by_hand_says_where_the_address_came_from(mailing: Mailing, smtp: MailServer) -> None:
    kind = mailing.kind()
    raw = {"name": "Vera Lindqvist", "email": VERA, "phone": "", "mode": "in_person", "language": "en"}
    mailing.in_context(
        by_hand.book_by_hand,
        mailing.practice,
        kind,
        therapist=mailing.ada,
        start=START,
        raw=raw,
        notify=True,
        by="ada",
        now=NOW,
    )
    mailing.work(NOW)

    [mail] = smtp.to(VERA)
    assert "Ada Tremblay noted this address for your appointment." in " ".join(
        mail.part("text/plain").split()
    )


def test_a_calendar_file_has_the_mails_uid_and_nobody_to_answer(mailing: Mailing) -> None:
    booked = mailing.book(language="fr", mode="in_person")
    managed = mailing.in_context(manage.find, booked.token, now=NOW)
    assert isinstance(managed, manage.Managed)
    content = mailing.in_context(invitations.calendar_file, managed, now=NOW)
    assert isinstance(content, bytes)
    text = content.decode()

    assert f"UID:{booked.uid}" in text
    assert "SUMMARY;LANGUAGE=fr:Rendez-vous" in text
    assert "METHOD" not in text
    assert "ATTENDEE" not in text
    assert booked.token not in text
