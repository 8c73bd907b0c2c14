"""A believable practice website on which the widget lives; it exists in the demo only."""

from flask import Response, abort, current_app, g, make_response, render_template, request

from scheduler.services import directory
from scheduler.services.wording import SUPPORTED
from scheduler.settings import Settings
from scheduler.web.language import use_language
from scheduler.web.visitor.blueprint import blueprint, origin_of

LANGUAGES = ("en", "fr")
"""In which the site is written; readers of others get English, and the widget in their own."""
PAGES = ("home", "fees", "book")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src {ours}; frame-src {ours};"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("/demo/", defaults={"page": "home"})
@blueprint.get("/demo/<page>")
def demo(page: str) -> Response:
    """A page of the made-up website, with the policy that such a site would send."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo or page not in PAGES:
        abort(404)
    asked = use_language(SUPPORTED, wanted=g.view.lang)
    language = use_language(LANGUAGES, wanted=g.view.lang)
    ours = origin_of(request.host_url)
    site = directory.practice("demo")
    words = {"site": site, "kinds": directory.offered_types(site), "page": page, "ours": ours, "asked": asked}
    answer = make_response(render_template(f"demo/{language}/{page}.html", **words))
    answer.headers["Content-Security-Policy"] = _POLICY.format(ours=ours)
    return answer
