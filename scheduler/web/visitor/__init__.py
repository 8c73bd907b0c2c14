"""The pages a visitor sees: choose, details, done, manage; the widget's loader; the demo website."""

from scheduler.web.visitor import (
    assets,
    choose,
    demo,
    details,
    done,
    manage,
    newsletter,
    own_series,
    questions,
    refusals,
    safe_contact,
    series_offer,
    waiting,
    widget,
    words,
)
from scheduler.web.visitor.blueprint import blueprint

__all__ = [
    "assets",
    "blueprint",
    "choose",
    "demo",
    "details",
    "done",
    "manage",
    "newsletter",
    "own_series",
    "questions",
    "refusals",
    "safe_contact",
    "series_offer",
    "waiting",
    "widget",
    "words",
]
