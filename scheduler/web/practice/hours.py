"""The weekly hours editor with its consequences, the coming changes and the ground rules."""

from collections.abc import Mapping

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from scheduler.domain.availability import ExtraHours, WeeklySpan
from scheduler.domain.errors import Refused
from scheduler.domain.practice import GroundRules
from scheduler.services import practice_settings, schedule
from scheduler.web.formatting import weekday_names
from scheduler.web.practice import speech
from scheduler.web.practice.changes import AFTERNOON
from scheduler.web.practice.forms import Answers, minute_of
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, picked, say, therapist, to

Draft = dict[int, list[tuple[int, int]]]

MOST_SPANS = 12
_DAYS = tuple("1234567")
FIRST_SPAN = (9 * 60, 12 * 60)
HOUR = 3600

BUFFERS = (0, 5, 10, 15, 20, 30, 45, 60)
NOTICES = (1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 168)
HORIZONS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 26, 52)
STEPS = (5, 10, 15, 20, 30, 60)
ANSWERS = (12, 24, 36, 48, 72, 96)


@blueprint.get("/hours")
def hours() -> str:
    """When people can book."""
    return _page(_stored(), {}, is_dirty=False)


@blueprint.post("/hours")
def change_hours() -> ResponseReturnValue:
    """One step of the editor, or saving; without script every button is a step on the server."""
    draft, opened = _read()
    action, _, target = request.form.get("do", "save").partition("-")
    if action == "save" and not opened:
        try:
            schedule.save_weekly(desk(), therapist(), draft, now=now())
        except Refused as refused:
            return _page(draft, refused.problems, is_dirty=True), 422
        say("Saved. Visitors see the new hours now.")
        return to("hours", **picked())
    _step(draft, action, target)
    try:
        schedule.check_week(draft)
    except Refused as refused:  # an unfinished draft is no failed request: nothing was to be saved
        return _page(draft, refused.problems, is_dirty=True)
    return _page(draft, {}, is_dirty=True)


@blueprint.post("/hours/rules")
@owners_only
def save_rules() -> Response:
    """The ground rules of the whole practice."""
    answers = Answers()
    old = desk().practice.rules
    weeks = _of(answers, "horizon", HORIZONS, old.horizon_days // 7)
    rules = GroundRules(
        buffer_after=_of(answers, "buffer", BUFFERS, old.buffer_after // 60) * 60,
        notice=_of(answers, "notice", NOTICES, old.notice // HOUR) * HOUR,
        horizon_days=old.horizon_days if weeks == old.horizon_days // 7 else weeks * 7,
        step=_of(answers, "step", STEPS, old.step // 60) * 60,
        answer_within=_of(answers, "answer", ANSWERS, old.answer_within // HOUR) * HOUR,
        per_day_at_most=answers.optional_whole("at_most", 1, 20, problem="Choose from the list"),
    )
    if answers.problems:
        say("Choose each rule from its list. Nothing was changed.", "bad")
    else:
        practice_settings.save_rules(desk(), rules, now=now())
        say("Saved. The rules hold for everything booked from now on.")
    return to("hours", **picked())


def _stored() -> Draft:
    draft: Draft = {weekday: [] for weekday in range(1, 8)}
    for span in schedule.weekly(therapist()):
        draft[span.weekday].append((span.start_minute, span.end_minute))
    return draft


def _read() -> tuple[Draft, bool]:
    """The draft as sent, and whether a day was switched on without hours: it is shown before it is saved."""
    draft: Draft = {}
    opened = False
    for weekday in range(1, 8):
        starts = request.form.getlist(f"from-{weekday}")
        ends = request.form.getlist(f"until-{weekday}")
        pairs = [(minute_of(one), minute_of(other)) for one, other in zip(starts, ends, strict=False)]
        spans = [(one, other) for one, other in pairs if one is not None and other is not None]
        is_open = request.form.get(f"open-{weekday}") == "1"
        if is_open and not spans:
            spans, opened = [FIRST_SPAN], True
        draft[weekday] = spans[:MOST_SPANS] if is_open else []
    return draft, opened


def _step(draft: Draft, action: str, target: str) -> None:
    """Add a span, remove one, or copy a day onto the ticked ones."""
    day, _, index = target.partition("-")
    if day not in _DAYS:
        return
    spans = draft[int(day)]
    if action == "add" and len(spans) < MOST_SPANS:
        spans.append(_next_span(spans))
    elif action == "remove" and index.isascii() and index.isdecimal() and int(index) < len(spans):
        del spans[int(index)]
    elif action == "copy":
        for other in request.form.getlist(f"to-{day}"):
            if other in _DAYS and other != day:
                draft[int(other)] = list(spans)


def _next_span(spans: list[tuple[int, int]]) -> tuple[int, int]:
    """An hour after the last one ends, two hours long, as far as the day goes."""
    if not spans:
        return FIRST_SPAN
    start = min(max(end for _, end in spans) + 60, 22 * 60)
    return start, min(start + 120, 24 * 60)


def _page(draft: Draft, problems: Mapping[str, str], *, is_dirty: bool) -> str:
    here, whose = desk(), therapist()
    try:
        spans: tuple[WeeklySpan, ...] = schedule.check_week(draft)
    except Refused:
        spans = schedule.weekly(whose)
    outside = schedule.outside(here, whose, now=now(), weekly=spans)
    afternoon = schedule.rest_of_day(here, whose, now=now(), from_minute=AFTERNOON)
    return render_template(
        "practice/hours.html",
        here="hours",
        draft=draft,
        problems={f"day-{weekday}": problem for weekday, problem in problems.items()},
        is_dirty=bool(problems) or (is_dirty and spans != schedule.weekly(whose)),
        free=schedule.free_times(here, whose, now=now(), weekly=spans),
        outside=[
            {"id": one.id, "start": one.start, "name": speech.person(one), "type": speech.type_name(one)}
            for one in outside
        ],
        changes=schedule.coming_changes(here, whose, now=now()),
        is_extra=lambda change: isinstance(change, ExtraHours),
        afternoon=afternoon,
        weekdays=weekday_names(),
        rules=here.practice.rules,
        choices={
            "buffer": _with(BUFFERS, here.practice.rules.buffer_after // 60),
            "notice": _with(NOTICES, here.practice.rules.notice // HOUR),
            "horizon": _with(HORIZONS, here.practice.rules.horizon_days // 7),
            "step": _with(STEPS, here.practice.rules.step // 60),
            "answer": _with(ANSWERS, here.practice.rules.answer_within // HOUR),
        },
        picked=picked(),
        therapist=whose,
    )


def _with(usual: tuple[int, ...], current: int) -> list[int]:
    return sorted({*usual, current})


def _of(answers: Answers, name: str, usual: tuple[int, ...], current: int) -> int:
    allowed = [str(value) for value in _with(usual, current)]
    return int(answers.one_of(name, allowed, problem="Choose from the list"))
