"""One's own account: a new password, and a code of the phone as second factor."""

import segno
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.domain.errors import Refused
from scheduler.services import accounts, second_factor
from scheduler.web.accounts import current_account, stay_signed_in, with_fresh_password
from scheduler.web.practice.shell import blueprint, now, say, to
from scheduler.web.sign_in import NOT_YOURS, is_own_password


@blueprint.get("/account")
def account() -> str:
    """Who I am here, and how I sign in."""
    return _page({})


@blueprint.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Change it for somebody who knows the present one; all other sessions end."""
    mine = current_account()
    if not is_own_password(mine, request.form.get("current", "")):
        return _page({"current": NOT_YOURS}), 422
    try:
        changed = accounts.change_password(mine, request.form.get("password", ""), now=now())
    except Refused as refused:
        return _page(refused.problems), 422
    stay_signed_in(changed)
    say("Your password is changed. Everywhere else you are signed out.")
    return to("account")


@blueprint.get("/account/second-factor")
@with_fresh_password
def second_step() -> str:
    """Set it up, or see that it is on."""
    return _factor_page({})


@blueprint.post("/account/second-factor")
@with_fresh_password
def change_second_step() -> ResponseReturnValue:
    """Begin, prove the first code, make new recovery codes, or turn it off."""
    wish = request.form.get("do", "")
    if wish == "begin":
        second_factor.begin(current_account())
    elif wish == "on":
        try:
            codes = second_factor.turn_on(current_account(), request.form.get("code", "")[:40], now=now())
        except Refused as refused:
            return _factor_page(refused.problems), 422
        return _codes_page(codes)
    elif wish == "codes":
        return _codes_page(second_factor.new_codes(current_account(), now=now()))
    elif wish == "off":
        second_factor.turn_off(current_account(), now=now())
        say("Signing in takes your password alone again.")
        return to("account")
    return redirect(url_for("practice.second_step"), 303)


def _page(problems: dict[str, str]) -> str:
    mine = current_account()
    return render_template("practice/account.html", here="account", account=mine, problems=problems)


def _factor_page(problems: dict[str, str]) -> str:
    setup = second_factor.setup(current_account())
    code = segno.make(setup.address, micro=False, error="m") if setup.address else None
    picture = code.svg_data_uri(border=2) if code else ""
    return render_template(
        "practice/second_factor.html", here="account", setup=setup, picture=picture, problems=problems
    )


def _codes_page(codes: list[str]) -> str:
    return render_template("practice/recovery_codes.html", here="account", codes=codes)
