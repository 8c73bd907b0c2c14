"""The page behind an offer of dates that repeat: look, accept in one go, decline. GET changes nothing."""

from collections.abc import Collection, Mapping

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.cancellation import terms_of
from scheduler.domain.consents import POLICY
from scheduler.domain.errors import DatesTaken, Refused, SlotTaken, WrongState
from scheduler.services import series_offers, terms, wording
from scheduler.services.proposing import Standing
from scheduler.services.series_offers import Shown
from scheduler.web import form_token
from scheduler.web.language import gettext
from scheduler.web.visitor.answers import INSTEAD, version_in
from scheduler.web.visitor.blueprint import blueprint, enter_practice, to
from scheduler.web.visitor.zones import clocks

PURPOSE = "series"
Answer = Response | tuple[str, int] | str


@blueprint.get("/series/<token>")
def series_offer(token: str) -> str:
    """The dates and how each stands; or what became of the offer."""
    return _page(_find(token), token)


@blueprint.post("/series/<token>")
def answer_series_offer(token: str) -> Answer:
    """Accept what is ticked, all or none; decline; or say that this was somebody else."""
    shown, now = _find(token), utcnow()
    ticked, instead = _ticked(shown), _instead(shown)
    if not form_token.is_sent(PURPOSE, token):
        return _page(shown, token, ticked=ticked, instead=instead, notice="stale"), 400
    action = request.form.get("action")
    try:
        if action == "accept":
            zone = g.view.tz or shown.practice.zone
            series_offers.accept(
                token,
                ticked,
                instead=instead,
                agreed_to=version_in(request.form, POLICY),
                zone=zone,
                language=g.language,
                now=now,
            )
        elif action == "decline":
            series_offers.decline(token, now=now)
        elif action == "disown":
            series_offers.disown(token, now=now)
            return render_template("visitor/series_disowned.html")
    except DatesTaken as taken:
        left = ticked - set(taken.starts)
        return _page(_find(token), token, ticked=left, instead=instead, lost=taken.starts), 409
    except Refused as refused:
        return _page(shown, token, ticked=ticked, instead=instead, problems=refused.problems), 422
    except (SlotTaken, WrongState):
        return _page(_find(token), token, ticked=ticked, instead=instead), 409
    return redirect(to("series_offer", token=token), 303)


def _find(token: str) -> Shown:
    """The offer of this link; the page then speaks its practice's languages. **Raises** `NotFound`."""
    g.is_private = True
    shown = series_offers.show(token, now=utcnow())
    enter_practice(shown.practice, spoken=shown.offer.language)
    return shown


def _ticked(shown: Shown) -> set[int]:
    given = request.form.getlist("date")
    return {start for start in shown.offer.starts if str(start) in given}


def _instead(shown: Shown) -> dict[int, int]:
    """Lost date -> the start that is chosen instead."""
    given = {start: request.form.get(f"{INSTEAD}{start}", "") for start in shown.offer.starts}
    return {start: int(at) for start, at in given.items() if at.isascii() and at.isdecimal() and len(at) < 12}


def _page(
    shown: Shown,
    token: str,
    *,
    ticked: Collection[int] | None = None,
    instead: Mapping[int, int] | None = None,
    lost: Collection[int] = (),
    problems: Mapping[str, str] | None = None,
    notice: str = "",
) -> str:
    now, offer, kind = utcnow(), shown.offer, shown.kind
    if ticked is None:
        ticked = {one.start for one in shown.dates if one.standing is Standing.FREE}
    accepted = terms_of(kind)
    return render_template(
        "visitor/series_offer.html",
        shown=shown,
        offer=offer,
        kind=kind,
        is_open=shown.stands,
        now=now,
        clocks=clocks(shown.practice, kind, g.view.tz or "", now),
        rhythm=wording.rhythm(offer.rhythm.weeks, g.language),
        ticked=ticked,
        instead=instead or {},
        lost=lost,
        hints=_hints(),
        free=sum(one.standing is Standing.FREE for one in shown.dates),
        terms=terms.in_general(accepted, g.language) if accepted else "",
        agreed_to=version_in(request.form, POLICY),
        problems=problems or {},
        notice=notice,
        link=token,
        token=form_token.issue(PURPOSE, token),
    )


def _hints() -> dict[str, str]:
    """Why a date cannot be had; what else lies there is nobody's business."""
    return {
        Standing.TAKEN: gettext("Somebody else has this time now"),
        Standing.AWAY: gettext("The practice is closed then"),
        Standing.BUSY: gettext("No longer free"),
        Standing.SKIPPED: gettext("Clocks are put forward then: this time does not exist"),
        Standing.OVER: gettext("This time is over"),
    }
