"""Template words that only the visitor's pages use."""

from datetime import date

from scheduler.domain.local_time import rfc3339
from scheduler.web.formatting import weekday_names
from scheduler.web.visitor import daylight
from scheduler.web.visitor.blueprint import blueprint

blueprint.add_app_template_filter(rfc3339, "utc")
blueprint.add_app_template_filter(daylight.sun, "sun_at")
blueprint.add_app_template_global(weekday_names, "weekday_names")


@blueprint.app_template_filter("sun")
def sun(at: int, zone: str) -> tuple[str, str]:
    """Where the sun of this instant stands on the small arc."""
    return daylight.sun(daylight.hour_of(at, zone))


@blueprint.app_template_filter("iso_month")
def iso_month(day: date) -> str:
    """`2026-06`."""
    return day.isoformat()[:7]


@blueprint.app_template_filter("paragraphs")
def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text that the practice wrote."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]
