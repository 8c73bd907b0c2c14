"""What is typed for an appointment that staff add by hand, once or as a series."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import render_template

from scheduler.domain.errors import Refused
from scheduler.domain.local_time import local_day, start_instant
from scheduler.domain.practice import AppointmentType, Mode, Therapist
from scheduler.services import wording
from scheduler.web.formatting import own_text
from scheduler.web.language import current_language, gettext
from scheduler.web.practice.forms import Answers, day_of
from scheduler.web.practice.shell import desk, now, picked, therapist

TAKEN = "Another appointment or its pause lies there. Choose another time"
ONCE = "once"
WEEKS = ("1", "2", "4")
FEWEST, MOST = 2, 60
_TYPED = ("name", "email", "phone", "note", "language")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that can be tried: `weeks` between two dates of a series of `dates`, or None for one date."""

    kind: AppointmentType
    start: int
    raw: Mapping[str, str]
    notify: bool
    weeks: int | None
    dates: int


def read(answers: Answers) -> Typed | None:
    """The form; None where something cannot be read, with the problems noted."""
    kind, start = _kind(answers), read_start(answers)
    mode = answers.one_of("mode", [mode.value for mode in Mode], problem="Choose how you meet")
    if not answers.problems and mode not in kind.modes:
        answers.problems["mode"] = "This type of appointment is not offered that way"
    # An older page, or none of ours, has no such choice.
    answers.values.setdefault("repeat", ONCE)
    repeat = answers.one_of("repeat", [ONCE, *WEEKS], problem="Choose how often it repeats")
    dates = FEWEST
    if repeat != ONCE:
        dates = answers.whole("dates", FEWEST, MOST, problem="Choose between 2 and 60 dates")
        if kind.one_per_client:
            answers.problems["repeat"] = "This type of appointment does not repeat"
    if start is None or answers.problems:
        return None
    raw = {"mode": mode, **{name: answers.values.get(name, "") for name in _TYPED}}
    weeks = None if repeat == ONCE else int(repeat)
    return Typed(kind, start, raw, answers.values.get("notify") == "1", weeks, dates)


def read_start(answers: Answers) -> int | None:
    """The instant of the day and time as typed, on the practice's wall clock."""
    day: date | None = answers.day("day")
    minute = answers.minute("time")
    if day is None or minute is None:
        return None
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return start_instant(wall, desk().practice.zone)


def page(values: Mapping[str, str], problems: Mapping[str, str]) -> str:
    """The form with what was typed."""
    chosen = day_of(values.get("day", "")) or local_day(now(), desk().practice.zone)
    return render_template(
        "practice/appointment_new.html",
        here="calendar",
        values=values,
        problems=problems,
        types=[(kind.slug, _described(kind)) for kind in kinds()],
        modes=[(mode.value, wording.mode_word(mode, current_language()), "") for mode in Mode],
        rhythms=[(ONCE, gettext("Once")), *((weeks, rhythm(int(weeks))) for weeks in WEEKS)],
        picked=picked(),
        therapist=therapist(),
        monday=chosen - timedelta(days=chosen.weekday()),
    )


def rhythm(weeks: int) -> str:
    """ "Every week", "Every 2 weeks"."""
    return wording.sentence(wording.rhythm(weeks, current_language()))


def status(answers: Answers) -> int:
    """409 for a time that somebody has, 422 for what cannot be read."""
    return 409 if TAKEN in answers.problems.values() else 422


def kinds() -> list[AppointmentType]:
    """The types that this therapist offers."""
    whose: Therapist = therapist()
    return [kind for kind in desk().types if kind.enabled and whose.id in kind.therapist_ids]


def _described(kind: AppointmentType) -> str:
    return f"{own_text(kind.names, kind.slug)}, {wording.duration(kind.duration, current_language())}"


def _kind(answers: Answers) -> AppointmentType:
    known = {kind.slug: kind for kind in kinds()}
    if not known:
        raise Refused({"type": "No type of appointment is offered yet"})
    return known[answers.one_of("type", list(known), problem="Choose the type of appointment")]
