"""The free times of a type: the one answer that is asked for again and again.

Its text is joined from kept pieces and kept itself by the offer's tag, which
stands for everything in it; a program that has it gets 304.
"""

from functools import lru_cache

from flask import Response, json, request

from scheduler.clock import utcnow
from scheduler.domain.local_time import rfc3339
from scheduler.services import offers
from scheduler.services.offers import Offer
from scheduler.web.api import reading
from scheduler.web.api.blueprint import blueprint

BODIES_KEPT = 512
TIMES_KEPT = 16_384


@blueprint.get("/practices/<practice>/types/<kind>/slots")
def slots(practice: str, kind: str) -> Response:
    """The free times of the local days asked for."""
    query = reading.query("from", "to", "therapist", "therapists")
    first, last = reading.day(query, "from"), reading.day(query, "to")
    with_therapists = reading.yes(query, "therapists")
    offer = offers.offer_by_slug(practice, kind, first, last, therapist=query.get("therapist"), now=utcnow())
    headers = {"ETag": f'"{offer.tag}"', "Cache-Control": "no-cache"}
    if "If-None-Match" in request.headers and request.if_none_match.contains_weak(offer.tag):
        return Response(status=304, headers=headers)
    return Response(_body(_Key(offer, with_therapists)), headers=headers, content_type="application/json")


class _Key:
    """An offer as the key of its text: equal when the tags are."""

    __slots__ = ("identity", "offer", "with_therapists")

    def __init__(self, offer: Offer, with_therapists: bool) -> None:
        self.offer = offer
        self.with_therapists = with_therapists
        self.identity = (offer.tag, with_therapists)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)


@lru_cache(maxsize=BODIES_KEPT)
def _body(key: _Key) -> bytes:
    offer = key.offer
    times = [*map(_text, offer.starts)]
    parts = [
        f'{{"zone": {json.dumps(offer.zone)}, "duration_minutes": {offer.duration // 60}, "slots": [',
        ", ".join(times),
        "]",
    ]
    if key.with_therapists:
        who = (
            f"{time}: {_slugs(offer.free[start])}" for time, start in zip(times, offer.starts, strict=True)
        )
        parts += [', "therapists": {', ", ".join(who), "}"]
    return "".join([*parts, "}\n"]).encode()


@lru_cache(maxsize=TIMES_KEPT)
def _text(at: int) -> str:
    """The instant as a JSON string; the same ones are told after every booking, so their texts are kept."""
    return f'"{rfc3339(at)}"'


@lru_cache(maxsize=1024)
def _slugs(slugs: tuple[str, ...]) -> str:
    return json.dumps(slugs)
