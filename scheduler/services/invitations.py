"""The calendar part of a mail, and the file behind "add to my calendar".

Calendars are copied to phones and third parties, so nothing here is more than
a time, a neutral title, a place and the two people; the manage link never.
"""

from dataclasses import replace

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.disclosure import visitor_title
from scheduler.domain.practice import Mode, Practice, Therapist, text
from scheduler.domain.series import Series
from scheduler.ical.event import Attendee, CalendarEvent, Organizer
from scheduler.ical.event import Status as CalendarStatus
from scheduler.ical.invitation import Method, download_copy, invitation
from scheduler.ical.series import CalendarSeries, date_invitation, series_copy, series_invitation
from scheduler.services import series_letters, wording
from scheduler.services.manage import Managed
from scheduler.services.rendering import Letter, one_line
from scheduler.services.series import of_appointment

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
    series = letter.series
    if series is not None and letter.kind in series_letters.KINDS:
        event = _of_series(event, series)
        # What took place stays in the calendar; a series of which nothing stays leaves it.
        event = replace(event, status="CONFIRMED" if series.standing else "CANCELLED")
        return series_invitation(event, calendar_series(series), _method(event)), _method(event)
    if series is not None:
        recurrence = series.recurrence_of(letter.appointment.id)
        event = replace(event, uid=series.uid, sequence=series.sequence)
        part = date_invitation(event, calendar_series(series), recurrence, _method(event))
        return part, _method(event)
    return invitation(event, _method(event)), _method(event)


def calendar_file(managed: Managed, *, now: int) -> bytes:
    """The appointment as a file for the visitor's own calendar: the mail's UID, nobody to answer.

    Of a series it is the whole, for its dates are one entry.
    """
    event = _event(
        managed.practice,
        managed.therapist,
        managed.appointment,
        language=managed.participant.language,
        dtstamp=now,
        for_visitor=True,
    )
    series = of_appointment(managed.practice.id, managed.appointment.id)
    if series is None or not series.standing:
        return download_copy(event)
    event = replace(_of_series(event, series), status="CONFIRMED")
    return series_copy(event, calendar_series(series))


def calendar_series(series: Series) -> CalendarSeries:
    """The dates that stand, as calendars are told of them."""
    dates = [(one.recurrence, one.appointment) for one in series.dates if one.stands]
    return CalendarSeries(
        rhythm=series.rhythm,
        duration=series.duration,
        dates=tuple((name, (one.start, one.end)) for name, one in dates if one is not None),
        has_ended=series.ended_at is not None,
    )


def _of_series(event: CalendarEvent, series: Series) -> CalendarEvent:
    return replace(
        event,
        uid=series.uid,
        sequence=series.sequence,
        created=series.created_at,
        last_modified=series.changed_at,
    )


def _method(event: CalendarEvent) -> Method:
    return "CANCEL" if event.status == "CANCELLED" else "REQUEST"


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
