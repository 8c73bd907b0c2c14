"""The list of scenes: each is a short function that brings one page or state about, with a sentence on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page

from tools.scenes.stage import Stage

Bring = Callable[[Stage], Page]


@dataclass(frozen=True)
class Scene:
    """One page or state. `bring` shows it in some window of the stage and gives that window.

    `world` names how the demo is prepared, `act` the module it is written in. Where `whole` is off, a
    picture shows one screen only.
    """

    name: str
    told: str
    act: str
    world: str
    bring: Bring
    whole: bool = True


SCENES: list[Scene] = []


def scene(world: str = "plain", *, whole: bool = True) -> Callable[[Bring], Bring]:
    """Put a function on the list; its name is the scene's, its docstring what is to be seen."""

    def add(bring: Bring) -> Bring:
        told = (bring.__doc__ or "").strip().splitlines()[0]
        act = bring.__module__.rpartition(".")[2]
        SCENES.append(Scene(bring.__name__.replace("_", "-"), told, act, world, bring, whole))
        return bring

    return add


def addresses(act: str, paths: Mapping[str, tuple[str, str]], world: str = "plain", who: str = "") -> None:
    """Put pages on the list that are no more than an address: name to (path, what is to be seen)."""
    for name, (path, told) in paths.items():
        SCENES.append(Scene(name, told, act, world, _opened(path, who)))


def _opened(path: str, who: str) -> Bring:
    return lambda stage: stage.open(path, stage.staff(who) if who else None)
