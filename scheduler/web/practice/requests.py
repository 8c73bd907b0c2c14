"""Requests that wait for an answer: accept or decline, each answered once."""

from flask import render_template, request
from werkzeug.wrappers import Response

from scheduler.domain.appointment import Status
from scheduler.domain.errors import WrongState
from scheduler.services import requests
from scheduler.web.practice import answers, speech
from scheduler.web.practice.shell import blueprint, desk, now, say, to, unseen_answers, waiting


@blueprint.get("/requests")
def requests_page() -> str:
    """Who waits, and what was answered lately."""
    return render_template(
        "practice/requests.html",
        here="requests",
        cards=[speech.card(one) for one in waiting()],
        calendar_answers=[answers.card(one) for one in unseen_answers()],
        answered=[
            {
                "id": one.id,
                "name": speech.person(one),
                "type": speech.type_name(one),
                "start": one.start,
                "accepted": one.status is Status.CONFIRMED,
            }
            for one in requests.answered(desk(), now=now())
        ],
    )


@blueprint.post("/requests/<appointment_id>/accept")
def accept_request(appointment_id: str) -> Response:
    """Say yes: the visitor gets a mail with the invitation."""
    try:
        accepted = requests.accept(desk(), appointment_id, now=now())
    except WrongState:
        return _too_late()
    say(
        "Accepted: %(name)s, %(day)s, %(time)s. A mail is on its way.",
        name=speech.person(accepted),
        day=speech.day_full(accepted.start),
        time=speech.clock(accepted.start),
    )
    return _back()


@blueprint.post("/requests/<appointment_id>/decline")
def decline_request(appointment_id: str) -> Response:
    """Say no: the time is free again and the visitor gets a kind mail."""
    try:
        declined = requests.decline(desk(), appointment_id, now=now())
    except WrongState:
        return _too_late()
    say("Declined. %(name)s gets a kind mail, and the time is free again.", name=speech.person(declined))
    return _back()


def _too_late() -> Response:
    say("This request was answered, withdrawn or ran out meanwhile. Nothing was changed.", "warn")
    return _back()


def _back() -> Response:
    return to("week" if request.form.get("back") == "week" else "requests_page")
