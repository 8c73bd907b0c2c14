"""Reading what programs send: strictly, because nobody looks over a program's shoulder.

**Source** RFC 3339 section 5.6, RFC 9110 section 8.3.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask import abort, request

from scheduler.domain.errors import Refused
from scheduler.services.wording import SUPPORTED
from scheduler.web.language import use_language

INSTANT = r"^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.0{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
KEY = r"^[!-~]{1,200}$"
IDEMPOTENCY_KEY = "Idempotency-Key"

_INSTANT, _DAY, _KEY = (re.compile(pattern.replace("$", r"\Z")) for pattern in (INSTANT, DAY, KEY))


def query(*allowed: str) -> dict[str, str]:
    """The query's values. **Raises** `Refused` for a name that is not known, or stands twice."""
    found = request.args.to_dict()
    if len(request.args) == len(found) and found.keys() <= {"lang", *allowed}:
        for name in found:
            if len(request.args.getlist(name)) > 1:
                raise Refused({name: "Give this once"})
        return found
    raise _unknown(found.keys() - {"lang", *allowed})


def day(values: Mapping[str, str], name: str) -> date:
    """A local day such as 2026-06-03. **Raises** `Refused`."""
    given = values.get(name, "")
    if _DAY.match(given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    raise Refused({name: "Give a day such as 2026-06-03"})


def yes(values: Mapping[str, str], name: str) -> bool:
    """Whether `name=1` is asked for. **Raises** `Refused` for anything but 0 and 1."""
    given = values.get(name, "0")
    if given not in ("0", "1"):
        raise Refused({name: "Give 1 or leave it out"})
    return given == "1"


def body(*, optional: bool = False) -> dict[str, Any]:
    """The JSON object sent; its `language`, if any, is that of the answer.

    **Raises** `Refused`; HTTP 400 for what is no JSON, 415 for what does not say that it is.
    """
    if optional and not request.get_data(cache=True) and not request.mimetype:
        return {}
    if request.mimetype != "application/json":
        abort(415)
    found = request.get_json()
    if not isinstance(found, dict):
        raise Refused({"body": "Send one JSON object"})
    language = found.get("language")
    wanted = request.args.get("lang") or (language if isinstance(language, str) else "")
    use_language(SUPPORTED, wanted=wanted)
    return found


def only(values: Mapping[str, Any], *allowed: str) -> None:
    """**Raises** `Refused` for keys that are not known here."""
    unknown = values.keys() - set(allowed)
    if unknown:
        raise _unknown(unknown)


def text(values: Mapping[str, Any], name: str) -> str:
    """A text, empty when it is not there. **Raises** `Refused` for anything else."""
    given = values.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise Refused({name: "This answer has the wrong form"})
    return given


def instant(values: Mapping[str, Any], name: str) -> int:
    """An instant such as 2026-06-03T14:30:00Z, its offset always given. **Raises** `Refused`."""
    given = text(values, name)
    if _INSTANT.match(given):
        try:
            return int(datetime.fromisoformat(given).timestamp())
        except ValueError:
            pass
    raise Refused({name: "Give a time with its offset, such as 2026-06-03T14:30:00Z"})


def idempotency_key() -> str:
    """The key by which a repeated request is recognised. **Raises** `Refused`."""
    given = request.headers.get(IDEMPOTENCY_KEY, "")
    if not given:
        raise Refused({IDEMPOTENCY_KEY: "Send this header with a random value of your own for each booking"})
    if not _KEY.match(given):
        raise Refused({IDEMPOTENCY_KEY: "Use at most 200 visible ASCII characters"})
    return given


def _unknown(names: Iterable[str]) -> Refused:
    return Refused({name: "This is not part of the form" for name in sorted(names)})
