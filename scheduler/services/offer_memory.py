"""What was computed lately, by everything that it was built from; each database has a memory of its own."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

from scheduler.store.database import Transaction, memory_of

REMEMBERED = 512
_lock = Lock()


def recall(tx: Transaction, key: Hashable) -> Any:
    """What was remembered under the key; None when it is forgotten."""
    with _lock:
        answers = _answers(tx)
        if key in answers:
            answers.move_to_end(key)
        return answers.get(key)


def remember(tx: Transaction, key: Hashable, entry: object) -> None:
    """Keep it; what nobody asked for longest is forgotten."""
    with _lock:
        answers = _answers(tx)
        answers[key] = entry
        while len(answers) > REMEMBERED:
            answers.popitem(last=False)


def _answers(tx: Transaction) -> OrderedDict[Hashable, Any]:
    found: OrderedDict[Hashable, Any] = memory_of(tx).setdefault("offers", OrderedDict())
    return found
