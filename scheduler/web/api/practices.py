"""What a practice offers."""

from hashlib import blake2b

from flask import Response, request

from scheduler.services import directory
from scheduler.web.api import reading
from scheduler.web.api.blueprint import blueprint
from scheduler.web.api.models import PracticeAnswer
from scheduler.web.language import use_language


@blueprint.get("/practices/<practice>")
def practice(practice: str) -> Response:
    """The practice with its therapists and appointment types."""
    query = reading.query()
    stock = directory.of_slug(practice)
    found = stock.practice
    people = [person for person in stock.therapists if person.active]
    kinds = directory.shown_types(stock)
    language = use_language(found.languages, wanted=query.get("lang", ""))
    answer = PracticeAnswer.of(found, people, kinds, stock.questions, language).model_dump_json().encode()
    tag = blake2b(answer, digest_size=12).hexdigest()
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=headers)
    return Response(answer, headers=headers, content_type="application/json")
