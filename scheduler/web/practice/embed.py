"""How to put the booking onto a website: how it looks, a live preview, and the lines to copy."""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from flask import current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.domain import colour
from scheduler.services import practice_settings, wording
from scheduler.web.language import current_language
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, say, to
from scheduler.web.view_parameters import ViewParameters

WAYS = ("inline", "popup", "float")
HOUSE_ACCENT = "1d5a55"


@dataclass(frozen=True, slots=True)
class Look:
    """What was chosen for the website; an empty text is the default. `accent` is six digits without `#`."""

    way: str = WAYS[0]
    kind: str = ""
    theme: str = ""
    accent: str = ""
    radius: str = ""
    headings: str = ""
    language: str = ""

    @property
    def path(self) -> str:
        """Where the link leads, with script or without."""
        return f"/book/{desk().practice.slug}/{self.kind}"

    def attributes(self) -> dict[str, str]:
        """The link's `data-` attributes; what is the default stays away."""
        given = {
            "data-booking": self.way,
            "data-theme": self.theme,
            "data-accent": f"#{self.accent}" if self.accent else "",
            "data-radius": self.radius,
            "data-headings": self.headings,
            "data-lang": self.language,
        }
        return {name: value for name, value in given.items() if value}

    def frame(self) -> str:
        """The path of the frame itself, for builders that take an address and no script."""
        given = {
            "embed": "1",
            "lang": self.language,
            "theme": self.theme,
            "accent": self.accent,
            "radius": self.radius,
            "headings": self.headings,
        }
        return f"{self.path}?{urlencode({name: value for name, value in given.items() if value})}"


@blueprint.get("/settings/embed")
def embed() -> str:
    """Choose, look, copy. A GET form, so that it works without script and changes nothing."""
    look = _chosen()
    address: str = current_app.config["SETTINGS"].public_url
    return render_template(
        "practice/embed.html",
        here="settings",
        look=look,
        values={"accent": f"#{look.accent or HOUSE_ACCENT}", "own": "1" if look.accent else ""},
        shown=_shown(look),
        kinds=_kinds(),
        lines=_lines(address, look),
        frame_address=address + look.frame(),
        address=address + look.path,
        query=request.query_string.decode("ascii", "ignore"),
        origins=desk().practice.embed_origins,
    )


@blueprint.get("/settings/embed/preview")
def embed_preview() -> str:
    """A page as on a website, for the preview: the one practice page that a page of ours may frame."""
    g.frame_ancestors = ("'self'",)
    look = _chosen()
    return render_template("practice/embed_preview.html", look=look, words=_words(look))


@blueprint.post("/settings/embed")
@owners_only
def save_embed() -> ResponseReturnValue:
    """Whether the website hears of steps and bookings."""
    practice_settings.tell_website(desk(), request.form.get("tells") == "1", now=now())
    say("Saved.")
    return to("embed")


def _chosen() -> Look:
    """The look that the address asks for; what is not offered is the default."""
    given = request.args
    view = ViewParameters.read(given)
    kind, language, way = given.get("kind", ""), given.get("language", ""), given.get("way", "")
    return Look(
        way=way if way in WAYS else WAYS[0],
        kind=kind if kind in {one.slug for one in desk().types if one.enabled and one.is_shown} else "",
        theme=view.theme,
        accent=view.accent if given.get("own") else "",
        radius=view.radius,
        headings=view.headings,
        language=language if language in desk().practice.languages else "",
    )


def _kinds() -> list[tuple[str, str]]:
    """The types that can be booked: slug and name in the language of the page."""
    language = current_language()
    return [
        (kind.slug, kind.names.get(language) or next(iter(kind.names.values()), kind.slug))
        for kind in desk().types
        if kind.enabled and kind.is_shown
    ]


def _shown(look: Look) -> str:
    """What becomes of the accent on light pages; empty while it is as chosen."""
    made = colour.readable(look.accent, colour.LIGHT).accent if look.accent else ""
    return made if made != f"#{look.accent}" else ""


def _words(look: Look) -> str:
    """What the link says, in the language that was chosen for it."""
    return wording.gettext(look.language or current_language(), "Book an appointment")


def _lines(address: str, look: Look) -> str:
    """The lines for a website. Room is kept for the frame, so that nothing below it jumps."""
    attributes = {"href": address + look.path, **look.attributes()}
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    link = f"<a {written}>{escape(_words(look), quote=False)}</a>"
    if look.way == "inline":
        link = f'<div style="min-height: 56rem">\n  {link}\n</div>'
    return f'{link}\n<script async src="{escape(address)}/embed.js"></script>'
