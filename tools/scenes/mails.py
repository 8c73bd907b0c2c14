"""Scenes of mails: written by the worker about what really happened, looked at as pages."""

import re
from functools import partial

from playwright.sync_api import Page

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.services import (
    account_mails,
    answers,
    appointments,
    directory,
    manage,
    messages,
    requests,
    resets,
    series,
    series_offers,
    waiting,
)
from scheduler.services.booking import Booked
from scheduler.services.desk import Desk
from scheduler.store import calendars
from scheduler.store.database import transaction
from tools.scenes.agreeing import agreeing, asked
from tools.scenes.calendars import trouble
from tools.scenes.dates import offered
from tools.scenes.managing import weekly
from tools.scenes.registry import SCENES, Scene, scene
from tools.scenes.stage import OWNER, VERA, Stage, wednesday
from tools.scenes.waiting import waits

KINDS = {
    "confirmation": "Booked",
    "request_received": "Asked for",
    "accepted": "A request was accepted",
    "declined": "A request was declined",
    "moved": "Moved",
    "cancelled": "Cancelled",
    "reminder": "A reminder",
    "known_contact": "The free call is for first contacts",
    "series_offer": "Dates that repeat are offered",
    "series_booked": "Several dates booked",
    "series_ended": "A series ended",
    "series_cancelled": "A whole series cancelled",
    "waiting_joined": "On the waiting list",
    "waiting_offer": "A time is kept",
    "waiting_over": "Taken off the waiting list",
    "newsletter_ask": "Is the newsletter wanted?",
    "account_reset": "A link to choose a password",
    "account_changed": "A password was changed",
    "account_calendar": "A calendar can no longer be read",
    "therapist_booked": "To the therapist: booked",
    "therapist_requested": "To the therapist: asked",
    "therapist_moved": "To the therapist: moved",
    "therapist_cancelled": "To the therapist: cancelled",
    "therapist_answered": "To the therapist: a calendar answered",
    "therapist_series": "To the therapist: several dates",
    "therapist_ended": "To the therapist: a series ended",
    "therapist_declined": "To the therapist: an offer was declined",
}
REPLY = """From: Vera <{email}>
To: office@demo.example
Subject: Declined
Message-ID: <declined@visitor.example>
MIME-Version: 1.0
Content-Type: text/calendar; method=REPLY; charset=UTF-8

BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Somebody//Calendar//EN
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260601T120000Z
ORGANIZER:mailto:office@demo.example
ATTENDEE;PARTSTAT=DECLINED:mailto:{email}
SEQUENCE:0
END:VEVENT
END:VCALENDAR
"""


def write_all(stage: Stage) -> None:
    """Everything that mails are written about happens, and the worker writes them; in a context."""
    visitors_mails(stage)
    requests_mails(stage)
    series_mails(stage)
    passwords_mails(stage)
    waits(stage)
    work(stage)
    waits(stage, offered=True)
    work(stage)
    taken_off(stage)
    agreeing(stage)
    asked(stage)
    work(stage)
    calendar_mail(stage)


def work(stage: Stage, now: int = 0) -> None:
    """Let the worker take what is due; without a mail server it keeps what it wrote."""
    worker.run_once(stage.app.config["SETTINGS"], now or utcnow())


def visitors_mails(stage: Stage) -> None:
    """Booked, answered by a calendar, moved, cancelled; then a reminder."""
    stage.book("consultation")
    free_call = stage.book("consultation")
    work(stage)
    reply = REPLY.format(uid=free_call.uid, email=VERA["email"])
    answers.take(reply.encode(), now=utcnow())
    work(stage)
    move(free_call)
    work(stage)
    appointments.answer_known(desk_of(stage), free_call.appointment.id, now=utcnow())
    work(stage)
    manage.cancel(free_call.token, note="I am ill, sorry.", now=utcnow())
    work(stage)
    session = stage.book("session")
    work(stage)
    work(stage, session.start - 23 * 3600)


def move(booked: Booked) -> None:
    """A week later, or when it is free."""
    day = wednesday(14)
    free = manage.move_offer(booked.token, day, day, now=utcnow()).starts
    manage.move(booked.token, free[0], now=utcnow())


def requests_mails(stage: Stage) -> None:
    """Asked, accepted, declined."""
    desk = desk_of(stage)
    for act in (requests.accept, requests.decline):
        asked = stage.book("intake", ahead=21)
        work(stage)
        act(desk, asked.appointment.id, now=utcnow())
        work(stage)


def series_mails(stage: Stage) -> None:
    """Several dates; ended after the second, and cancelled altogether."""
    for hour, nth, with_this in (("20:00", 1, False), ("21:00", 0, True)):
        made = weekly(stage, f"{wednesday(21)}T{hour}")
        work(stage)
        series.end(stage.practice, made[nth].id, with_this=with_this, by="demo", now=utcnow())
        work(stage)
    link = offered(stage, 22)
    work(stage)
    series_offers.decline(link.rpartition("/")[2], now=utcnow())
    work(stage)


def passwords_mails(stage: Stage) -> None:
    """A forgotten password, and a new one."""
    resets.ask(OWNER, "demo", now=utcnow())
    work(stage)
    link = next(
        found for one in written(stage, "account_reset") if (found := re.search(r"/reset/(\S+)", one))
    )
    resets.set_password(link[1], stage.password, now=utcnow())
    work(stage)


def taken_off(stage: Stage) -> None:
    """Who waits is taken off the list by the practice."""
    desk = desk_of(stage)
    for one in waiting.listed(desk, now=utcnow()):
        waiting.remove(desk, one.entry.id, now=utcnow())
    work(stage)


def calendar_mail(stage: Stage) -> None:
    """One of Ada's own calendars has refused the password for days."""
    trouble(stage)
    now = utcnow()
    with transaction() as tx:
        stale = next(iter(calendars.stale(tx, before=now - 86_400)))
        account_mails.warn_of_calendar(tx, stale, now=now)
    work(stage)


def written(stage: Stage, kind: str) -> list[str]:
    """The texts of the mails of a kind."""
    return [one.text for one in messages.previews(stage.practice.id) if one.kind == kind]


def desk_of(stage: Stage) -> Desk:
    """The owner's desk."""
    practice = stage.practice
    people = tuple(directory.therapists(practice))
    return Desk(practice, people, tuple(directory.offered_types(practice)), "demo", is_owner=True)


def show(stage: Stage, kind: str) -> Page:
    """The newest mail of a kind, alone."""
    with stage.app.app_context():
        html = next(one.html for one in messages.previews(stage.practice.id, at_most=500) if one.kind == kind)
    page = stage.blank()
    page.set_content(html)
    return page


SCENES.extend(
    Scene(f"mail-{kind.replace('_', '-')}", told, "mails", "mails", partial(show, kind=kind))
    for kind, told in KINDS.items()
)


@scene("mails")
def practice_mail(stage: Stage) -> Page:
    """What was written, in a practice without a mail server"""
    return stage.open("/practice/mail", stage.staff(OWNER))


@scene("mails")
def practice_mail_one(stage: Stage) -> Page:
    """One mail: its words, its page, its invitation"""
    page = practice_mail(stage)
    page.locator(".rows .btn-2").last.click()
    page.locator("pre.code").first.wait_for()
    return page
