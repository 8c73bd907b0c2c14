"""The calendar part of a mail, and the file behind "add to my calendar".

Calendars are copied to phones and third parties, so nothing here is more than
a time, a neutral title, a place and the two people; the manage link never.
"""

from dataclasses import replace

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.disclosure import visitor_title
from scheduler.domain.practice import Mode, Practice, Therapist, text
from scheduler.ical.event import Attendee, CalendarEvent, Organizer
from scheduler.ical.event import Status as CalendarStatus
from scheduler.ical.invitation import Method, download_copy, invitation
from scheduler.services import wording
from scheduler.services.manage import Managed
from scheduler.services.rendering import Letter, one_line

_STATUS: dict[Status, CalendarStatus] = {
    Status.REQUESTED: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.NO_SHOW: "CONFIRMED",
}


def calendar_part(
    letter: Letter, *, sender: tuple[str, str], recipient: str, dtstamp: int, asks: bool = False
) -> tuple[bytes, Method]:
    """The invitation of a mail and its METHOD; `sender` is address and name of From.

    A request that waits goes out as TENTATIVE; whatever no longer takes place as CANCEL.
    Only with `asks` is an answer wanted: where nobody reads them, who booked has decided.
    """
    attendee = Attendee(recipient, letter.person.name if letter.person else letter.therapist.name)
    if asks and letter.appointment.status in _STATUS:
        attendee = replace(attendee, partstat="NEEDS-ACTION", rsvp=True)
    event = _event(
        letter.practice,
        letter.therapist,
        letter.appointment,
        language=letter.language,
        dtstamp=dtstamp,
        for_visitor=letter.person is not None,
        organizer=Organizer(*sender),
        attendee=attendee,
    )
    method: Method = "CANCEL" if event.status == "CANCELLED" else "REQUEST"
    return invitation(event, method), method


def calendar_file(managed: Managed, *, now: int) -> bytes:
    """The appointment as a file for the visitor's own calendar: the mail's UID, nobody to answer."""
    event = _event(
        managed.practice,
        managed.therapist,
        managed.appointment,
        language=managed.participant.language,
        dtstamp=now,
        for_visitor=True,
    )
    return download_copy(event)


def _event(
    practice: Practice,
    therapist: Therapist,
    appointment: Appointment,
    *,
    language: str,
    dtstamp: int,
    for_visitor: bool,
    organizer: Organizer | None = None,
    attendee: Attendee | None = None,
) -> CalendarEvent:
    word = wording.gettext(language, "Appointment")
    told = for_visitor and appointment.status is Status.CONFIRMED
    return CalendarEvent(
        uid=appointment.uid,
        sequence=appointment.sequence,
        status=_STATUS.get(appointment.status, "CANCELLED"),
        start=appointment.start,
        end=appointment.end,
        zone=practice.zone,
        summary=visitor_title(text(practice.calendar_title, language), appointment_word=word),
        dtstamp=dtstamp,
        created=appointment.created_at,
        last_modified=appointment.changed_at,
        description=_description(therapist, appointment, language) if told else "",
        location=_location(practice, appointment, language) if told else "",
        organizer=organizer,
        attendee=attendee,
        language=wording.supported(language),
    )


def _location(practice: Practice, appointment: Appointment, language: str) -> str:
    if appointment.mode is Mode.IN_PERSON:
        return one_line(practice.address)
    return wording.gettext(language, "Online") if appointment.mode is Mode.VIDEO else ""


def _description(therapist: Therapist, appointment: Appointment, language: str) -> str:
    hint = wording.gettext(language, "To change or cancel, use the link in the email.")
    if appointment.mode is Mode.PHONE:
        said = wording.gettext(language, "Phone call: %(therapist)s calls you.", therapist=therapist.name)
        return f"{said}\n{hint}"
    if appointment.mode is Mode.VIDEO and therapist.video_link:
        return f"{wording.mode_word(appointment.mode, language)}: {therapist.video_link}\n{hint}"
    return hint
