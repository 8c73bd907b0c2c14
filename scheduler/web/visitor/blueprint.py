"""The visitor's blueprint: what each request knows before its view, and links that carry the view along."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, request, url_for

from scheduler.domain.practice import AppointmentType, Practice, Therapist
from scheduler.services import directory
from scheduler.services.wording import SUPPORTED, supported
from scheduler.settings import Settings
from scheduler.web import help_lines
from scheduler.web.language import use_language
from scheduler.web.view_parameters import ViewParameters

blueprint = Blueprint("visitor", __name__)


@blueprint.url_value_preprocessor
def enter(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Read the view parameters and, where the address names a practice, enter it. **Raises** `NotFound`."""
    g.view = ViewParameters.read(request.args)
    g.practice = None
    use_language(SUPPORTED, wanted=g.view.lang)
    slug = (values or {}).pop("practice", None)
    if slug is not None:
        enter_practice(directory.practice(slug))
        g.frame_ancestors = ("'self'", *embedding_origins(g.practice))


def enter_practice(practice: Practice, *, spoken: str = "") -> None:
    """Show this practice's name on the page and speak one of its languages.

    That is the one the address asks for, else `spoken`: the visitor's, where it is known.
    """
    g.practice = practice
    help_lines.remember(practice)
    use_language(practice.languages, wanted=g.view.lang or spoken)


@blueprint.url_defaults
def stay_in_practice(endpoint: str, values: dict[str, Any]) -> None:
    """Links of a practice's page lead to the same practice."""
    practice = g.get("practice")
    if practice is not None and current_app.url_map.is_endpoint_expecting(endpoint, "practice"):
        values.setdefault("practice", practice.slug)


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    """Pages with a person on them are kept by no cache; the others are asked for again each time."""
    if "Cache-Control" not in answer.headers:
        private = g.get("is_private", False) or request.method != "GET"
        answer.headers["Cache-Control"] = "no-store" if private else "private, no-cache"
    return answer


@blueprint.app_template_global()
def to(endpoint: str, **values: object) -> str:
    """The address of a visitor's page, the view parameters carried along."""
    return url_for(f"visitor.{endpoint}", **g.view.query(**values))


@blueprint.app_template_global()
def bare(endpoint: str, **values: Any) -> str:
    """The address without view parameters: a GET form carries them as hidden fields."""
    return url_for(f"visitor.{endpoint}", **values)


@blueprint.context_processor
def page_words() -> dict[str, object]:
    """What the layout of every visitor's page asks for."""
    practice: Practice | None = g.get("practice")
    hosts = (origin_of(request.host_url), *embedding_origins(practice)) if practice else ()
    return {
        "view": g.view,
        "practice": practice,
        "page_language": supported(g.language),
        "help_lines": help_lines.here(),
        "hosts": hosts if g.view.embed else (),
        "tells": practice is not None and practice.tells_website and bool(g.view.embed),
    }


def embedding_origins(practice: Practice) -> tuple[str, ...]:
    """Origins of the sites that may show this practice's booking pages in a frame."""
    settings: Settings = current_app.config["SETTINGS"]
    origins: Iterable[str] = practice.embed_origins
    if settings.is_demo:
        origins = (*origins, origin_of(settings.public_url), *settings.demo_embed_origins)
    return tuple(dict.fromkeys(origins))


def origin_of(address: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def find_type(slug: str) -> AppointmentType:
    """The type of this practice, if the address may open it. **Raises** `NotFound`."""
    return directory.find_type(g.practice, slug, key=g.view.key)


def chosen_therapist() -> Therapist | None:
    """The therapist that the address asks for. **Raises** `NotFound`."""
    return directory.find_therapist(g.practice, g.view.therapist) if g.view.therapist else None
