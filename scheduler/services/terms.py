"""Until when cancelling is free and what it costs afterwards, as one sentence for pages and mails."""

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.cancellation import Fee, Terms
from scheduler.domain.practice import AppointmentType
from scheduler.services import wording


def of_time(terms: Terms, *, start: int, booked_at: int, at: int | None, zone: str, language: str) -> str:
    """The sentence about one time. `at` is when it is read; None where that is unknown, as in a mail."""
    until = terms.free_until(start=start, booked_at=booked_at)
    if until >= start:
        return wording.gettext(language, "Cancelling is free of charge until it begins.")
    fee = wording.price(terms.fee_cents, terms.currency, language)
    if terms.given_up is not None:
        return wording.gettext(
            language,
            "When it was moved, cancelling was no longer free of charge: cancelling it costs %(fee)s.",
            fee=fee,
        )
    if not terms.is_ever_free(start=start, booked_at=booked_at):
        return wording.gettext(language, "This time is close: cancelling it costs %(fee)s.", fee=fee)
    day, clock = wording.day_full(until, zone, language), wording.clock(until, zone, language)
    if at is not None and at > until:
        return wording.gettext(
            language,
            "Cancelling was free of charge until %(day)s, %(clock)s. Now it costs %(fee)s.",
            day=day,
            clock=clock,
            fee=fee,
        )
    return wording.gettext(
        language,
        "Cancelling is free of charge until %(day)s, %(clock)s. After that it costs %(fee)s.",
        day=day,
        clock=clock,
        fee=fee,
    )


def of_appointment(appointment: Appointment, *, at: int | None, zone: str, language: str) -> str:
    """The sentence about what was accepted for an appointment; empty without terms."""
    if appointment.terms is None:
        return ""
    return of_time(
        appointment.terms,
        start=appointment.start,
        booked_at=appointment.created_at,
        at=at,
        zone=zone,
        language=language,
    )


def of_moving(appointment: Appointment, *, at: int, language: str) -> str:
    """What moving does to the terms, as a visitor reads it before; empty without terms, and for a request."""
    terms = appointment.terms
    if terms is None or appointment.status is not Status.CONFIRMED:
        return ""
    if terms.is_late(start=appointment.start, booked_at=appointment.created_at, at=at):
        return wording.gettext(
            language,
            "Moving is free of charge. Cancelling costs %(fee)s by now, and still does after you move.",
            fee=wording.price(terms.fee_cents, terms.currency, language),
        )
    return wording.gettext(
        language,
        "Moving is free of charge. The new time can be cancelled free of charge until %(window)s before"
        " it begins.",
        window=wording.duration(terms.window, language),
    )


def of_cancelled(appointment: Appointment, kind: AppointmentType, *, name: str, language: str) -> str:
    """What a visitor owes for a cancelled appointment; empty where only words of the practice tell."""
    terms = appointment.terms
    if terms is not None and terms.fee is Fee.DUE:
        fee = wording.price(terms.fee_cents, terms.currency, language)
        return wording.gettext(
            language,
            "It was cancelled late, which costs %(fee)s. %(name)s can let it go.",
            fee=fee,
            name=name,
        )
    if terms is None and any(kind.policy.values()):
        return ""
    return wording.gettext(language, "You owe nothing.")


def in_general(terms: Terms, language: str) -> str:
    """The sentence while no time is chosen yet."""
    window = wording.duration(terms.window, language)
    fee = wording.price(terms.fee_cents, terms.currency, language)
    if not terms.grace:
        return wording.gettext(
            language,
            "Cancelling is free of charge until %(window)s before it begins. After that it costs %(fee)s.",
            window=window,
            fee=fee,
        )
    return wording.gettext(
        language,
        "Cancelling is free of charge until %(window)s before it begins, and always in the first %(grace)s"
        " after booking. Otherwise it costs %(fee)s.",
        window=window,
        grace=wording.duration(terms.grace, language),
        fee=fee,
    )
