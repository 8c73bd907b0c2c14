"""How to get in touch safely, and taking back what was agreed to: both from the manage page."""

from flask import redirect, request
from werkzeug.wrappers import Response

from scheduler.clock import utcnow
from scheduler.domain.errors import WrongState
from scheduler.services import consents, safe_contact
from scheduler.services.forms import CONTACT_WAYS
from scheduler.web import form_token
from scheduler.web.visitor.blueprint import blueprint, to
from scheduler.web.visitor.manage import PURPOSE, find, manage_page

Answer = Response | tuple[str, int]


@blueprint.post("/appointments/<token>/contact")
def contact(token: str) -> Answer:
    """Keep another answer about text messages and voicemail."""
    managed = find(token)
    if not form_token.is_sent(PURPOSE, token):
        return manage_page(managed, token, notice="stale"), 400
    ways = [way for way in CONTACT_WAYS if request.form.get(f"safe_{way}")]
    safe_contact.change(token, ways, now=utcnow())
    return redirect(to("appointment", token=token, kept="1"), 303)


@blueprint.post("/appointments/<token>/take-back")
def take_back(token: str) -> Answer:
    """No longer agree to the terms: the appointment is cancelled with them."""
    managed = find(token)
    if not form_token.is_sent(PURPOSE, token):
        return manage_page(managed, token, notice="stale"), 400
    try:
        consents.take_back(token, now=utcnow())
    except WrongState:
        return manage_page(find(token), token), 409
    return redirect(to("appointment", token=token, cancelled="1"), 303)
