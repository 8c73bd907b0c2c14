"""Cancelling a date and all later ones of a series: asked first, then done with one press."""

from flask import g, redirect, render_template
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import NotFound, WrongState
from scheduler.services import own_series
from scheduler.services.manage import Managed
from scheduler.web import form_token
from scheduler.web.visitor import manage
from scheduler.web.visitor.blueprint import blueprint, to
from scheduler.web.visitor.zones import clocks

PURPOSE = "rest"


@blueprint.get("/appointments/<token>/rest")
def rest(token: str) -> str | Response:
    """Which dates that would be, and what it costs."""
    return _page(manage.find(token), token)


@blueprint.post("/appointments/<token>/rest")
def cancel_rest(token: str) -> str | Response | tuple[str | Response, int]:
    """Cancel them."""
    managed = manage.find(token)
    if not form_token.is_sent(PURPOSE, token):
        return _page(managed, token, notice="stale"), 400
    try:
        own_series.cancel_rest(token, now=utcnow())
    except WrongState:
        raise NotFound("it does not repeat") from None
    return redirect(to("appointment", token=token, cancelled="1"), 303)


def _page(managed: Managed, token: str, *, notice: str = "") -> str | Response:
    """The question; where nothing lies ahead there is nothing to ask. **Raises** `NotFound`."""
    now = utcnow()
    whole = own_series.of(managed, now=now)
    if whole is None:
        raise NotFound("it does not repeat")
    if not whole.rest:
        return redirect(to("appointment", token=token), 303)
    zone = g.view.tz or managed.appointment.visitor_zone
    return render_template(
        "visitor/series_rest.html",
        managed=managed,
        dates=whole.rest,
        clocks=clocks(managed.practice, managed.kind, zone, now),
        notice=notice,
        link=token,
        token=form_token.issue(PURPOSE, token),
    )
