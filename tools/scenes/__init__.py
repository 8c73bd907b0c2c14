"""Every page and state of the program, each as a short function that brings it about in a running demo.

`make screenshots` takes their pictures, and a test lets axe look at them. A new one is a function in the
module of its kind: `@scene()`, a docstring that says what is to be seen, and a window as its answer.
"""

from tools.scenes import (  # noqa: F401 -- most put themselves on the list
    account,
    agreeing,
    asking,
    booking,
    calendars,
    choosing,
    dates,
    lines,
    mails,
    managing,
    practice,
    trouble,
    waiting,
    widget,
    worlds,
)
from tools.scenes.registry import SCENES, Scene
from tools.scenes.stage import Stage, serving
from tools.scenes.worlds import SETTINGS, WORLDS

__all__ = ["SCENES", "SETTINGS", "WORLDS", "Scene", "Stage", "prepare", "serving"]


def prepare(stage: Stage, world: str) -> None:
    """Make the demo what the scenes of this world expect, its pages in the stage's language."""
    with stage.app.app_context():
        if stage.language != "en":
            worlds.speak(stage.language)
        if world == "mails":
            mails.write_all(stage)
        else:
            WORLDS[world](stage)
