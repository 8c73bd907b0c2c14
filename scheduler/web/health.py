"""For machines that watch the installation: alive, ready, and figures for those who hold the token."""

import hmac
import logging

from flask import Blueprint, Response, abort, current_app, request

from scheduler.clock import utcnow
from scheduler.services import health as services
from scheduler.settings import Settings
from scheduler.web.errors import request_number

_log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is looked at."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether all goes as it should. Strangers learn yes or no; the log says why."""
    problems = services.health(now=utcnow()).problems
    if not problems:
        return Response("ready\n", mimetype="text/plain")
    _log.warning("not ready: " + ", ".join(problems), extra={"number": request_number()})
    return Response("not ready\n", 503, mimetype="text/plain", headers={"Retry-After": "10"})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures in Prometheus' text format. Without the operator's token there is no such page."""
    settings: Settings = current_app.config["SETTINGS"]
    expected = f"Bearer {settings.metrics_token}"
    given = request.headers.get("Authorization", "")
    if not settings.metrics_token or not hmac.compare_digest(given.encode(), expected.encode()):
        abort(404)
    return Response("".join(_lines()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _lines() -> list[str]:
    state = services.health(now=utcnow())
    lines = [
        _gauge("scheduler_database_writable", "1 when a write succeeds", {"": int(state.writable)}),
        _gauge("scheduler_oldest_unsent_mail_seconds", "since when a mail is late", {"": state.mail_age}),
        _gauge("scheduler_stale_calendars", "calendars not read for a day", {"": state.stale_calendars}),
    ]
    if state.free_bytes is not None:
        lines.append(_gauge("scheduler_database_free_bytes", "room for SQLite", {"": state.free_bytes}))
    if state.worker_age is not None:
        lines.append(_gauge("scheduler_worker_seen_seconds", "since the worker ran", {"": state.worker_age}))
    if state.writable:
        mails = {f'{{state="{name}"}}': count for name, count in services.mails_by_state().items()}
        lines.append(_gauge("scheduler_mails", "mails in the outbox", mails))
    return lines


def _gauge(name: str, meaning: str, values: dict[str, int]) -> str:
    samples = "".join(f"{name}{labels} {value}\n" for labels, value in values.items())
    return f"# HELP {name} {meaning}\n# TYPE {name} gauge\n{samples}"
