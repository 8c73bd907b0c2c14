"""What people and their calendars answered, in words, and the button that says: I have seen it."""

from flask import request
from werkzeug.wrappers import Response

from scheduler.domain.answers import NotedAnswer
from scheduler.domain.appointment import Appointment
from scheduler.domain.disclosure import initials
from scheduler.services import answers
from scheduler.services.answers import Shown
from scheduler.web.language import gettext
from scheduler.web.practice import speech
from scheduler.web.practice.shell import blueprint, desk, names_are_shown, now, say, to


@blueprint.post("/answers/<answer_id>/seen")
def see_answer(answer_id: str) -> Response:
    """The answer leaves the list; the appointment stays as it is."""
    appointment_id = answers.see(desk(), answer_id, now=now())
    say("Noted as seen. The appointment stays as it is.")
    if request.form.get("back") == "requests":
        return to("requests_page")
    return to("appointment", appointment_id=appointment_id)


def about(one: Appointment) -> list[dict[str, object]]:
    """The newest answer of each person about an appointment, as its page shows them."""
    return [card(Shown(answer, one)) for answer in answers.of_appointment(desk(), one.id)]


def card(shown: Shown) -> dict[str, object]:
    """An answer as a page shows it."""
    answer, one = shown.answer, shown.appointment
    return {
        "id": answer.id,
        "appointment_id": one.id,
        "start": one.start,
        "word": answer.word,
        "sentence": _sentence(answer, _whose(answer, one)),
        "at": answer.stated_at,
        "whole_series": answer.whole_series,
        "is_outdated": answer.is_outdated(one.sequence),
        "is_open": answer.wants_attention(one.sequence),
    }


def _whose(answer: NotedAnswer, one: Appointment) -> str:
    if answer.participant_id is None:
        return desk().therapist_of_id(one.therapist_id).name
    names = [who.name for who in one.participants if who.id == answer.participant_id]
    return (names[0] if names_are_shown() else initials(names[0])) if names else speech.person(one)


def _sentence(answer: NotedAnswer, name: str) -> str:
    if answer.is_said_here and answer.is_coming:
        return gettext("%(name)s says: I will come", name=name)
    if answer.is_said_here:
        return gettext("%(name)s says: I cannot come", name=name)
    words = {
        "accepted": gettext("The calendar of %(name)s accepted this time", name=name),
        "declined": gettext("The calendar of %(name)s declined this time", name=name),
        "tentative": gettext("The calendar of %(name)s says maybe", name=name),
        "delegated": gettext("The calendar of %(name)s passed this on to somebody else", name=name),
        "counter": gettext("The calendar of %(name)s asks for another time", name=name),
        "cancelled": gettext("The calendar of %(name)s took this out", name=name),
    }
    return words[answer.word]
