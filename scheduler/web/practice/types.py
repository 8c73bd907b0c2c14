"""Appointment types: the list for everybody, editing for the owner."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from scheduler.domain.errors import Refused
from scheduler.domain.practice import AppointmentType, Approval, Audience, Mode
from scheduler.services import appointment_types, directory, wording
from scheduler.services.appointment_types import CURRENCIES, TypeForm
from scheduler.web.language import current_language, gettext
from scheduler.web.practice.forms import Answers
from scheduler.web.practice.shell import blueprint, desk, now, owners_only, say, to

_NUMBER = "Give a whole number"
_MODES = [mode.value for mode in Mode]
MOST_PRICE_CENTS = 10_000_00


@blueprint.get("/types")
def types() -> str:
    """What can be booked here."""
    names = {one.id: one.name for one in desk().therapists}
    return render_template(
        "practice/types.html", here="types", kinds=desk().types, names=names, secret_link=_secret_link
    )


@blueprint.get("/types/new")
@owners_only
def new_type() -> str:
    """An empty type, a session's length."""
    everybody = {one.slug for one in desk().therapists}
    values = {"duration": "50", "currency": _usual_currency(), "participants": "1", "buffer_before": "0"}
    return _form(
        {**values, "approval": "instant", "enabled": "1", "audience": "all"},
        {},
        None,
        {"in_person"},
        everybody,
    )


@blueprint.post("/types/new")
@owners_only
def add_type() -> ResponseReturnValue:
    """Make it."""
    return _save(None)


@blueprint.get("/types/<slug>")
@owners_only
def edit_type(slug: str) -> str:
    """A type, to change."""
    kind = appointment_types.find(desk(), slug)
    whose = {one.slug for one in desk().therapists if one.id in kind.therapist_ids}
    return _form(_values(kind), {}, kind, set(kind.modes), whose)


@blueprint.post("/types/<slug>")
@owners_only
def save_type(slug: str) -> ResponseReturnValue:
    """Keep the changes."""
    return _save(appointment_types.find(desk(), slug))


@blueprint.post("/types/<slug>/link")
@owners_only
def renew_link(slug: str) -> ResponseReturnValue:
    """Another secret link; the old one opens nothing any more."""
    appointment_types.renew_link(desk(), slug, now=now())
    say("The new link is ready. The old one no longer opens anything.")
    return to("edit_type", slug=slug)


def _secret_link(kind: AppointmentType) -> str:
    """The link for existing clients; empty for a type that stands on the public pages."""
    public_url: str = current_app.config["SETTINGS"].public_url
    return "" if kind.is_shown else directory.link_to_type(public_url, desk().practice, kind)


def _save(kind: AppointmentType | None) -> ResponseReturnValue:
    answers = Answers()
    form = _read(answers)
    if not answers.problems:
        try:
            if kind is None:
                appointment_types.add(desk(), form, now=now())
            else:
                appointment_types.save(desk(), kind.slug, form, now=now())
        except Refused as refused:
            answers.problems.update(refused.problems)
        else:
            say("Saved. What is booked already stays as it is.")
            return to("types")
    return _form(answers.values, answers.problems, kind, set(form.modes), set(form.therapist_slugs)), 422


def _read(answers: Answers) -> TypeForm:
    languages = desk().practice.languages
    minutes = 60
    after = answers.optional_whole("buffer_after", 0, 240, problem=_NUMBER)
    notice = answers.optional_whole("notice", 0, 720, problem=_NUMBER)
    return TypeForm(
        names={tag: answers.line(f"name-{tag}", at_most=80) for tag in languages},
        descriptions={tag: answers.text(f"description-{tag}", at_most=600) for tag in languages},
        policy={tag: answers.text(f"policy-{tag}", at_most=1200) for tag in languages},
        duration=answers.whole("duration", 5, 480, problem="Give the length in minutes, 5 to 480") * minutes,
        modes=tuple(answers.some_of("modes", _MODES)),
        approval=answers.one_of(
            "approval", [one.value for one in Approval], problem="Choose how bookings stand"
        ),
        one_per_client=answers.values.get("one_per_client") == "1",
        price_cents=_price(answers),
        currency=answers.one_of("currency", _currencies(), problem="Choose the currency"),
        participants=answers.whole("participants", 1, 4, problem="One to four people can come"),
        buffer_before=answers.whole("buffer_before", 0, 240, problem=_NUMBER) * minutes,
        buffer_after=None if after is None else after * minutes,
        notice=None if notice is None else notice * 60 * minutes,
        per_day_at_most=answers.optional_whole("per_day_at_most", 1, 50, problem=_NUMBER),
        therapist_slugs=tuple(answers.some_of("therapists", [one.slug for one in desk().therapists])),
        enabled=answers.values.get("enabled") == "1",
        cancel_window=(answers.optional_whole("cancel_window", 0, 720, problem=_NUMBER) or 0) * 60 * minutes,
        grace=(answers.optional_whole("grace", 0, 10_080, problem=_NUMBER) or 0) * minutes,
        late_fee_cents=_price(answers, "late_fee"),
        audience=Audience(
            answers.one_of("audience", [one.value for one in Audience], problem="Choose from the list")
            if "audience" in answers.values
            else Audience.ALL
        ),
    )


def _price(answers: Answers, name: str = "price") -> int:
    """`92.50`, `92,50` or nothing, in cents."""
    given = answers.values.get(name, "").strip().replace(",", ".")
    whole, _, rest = given.partition(".")
    if given and not (whole.isascii() and whole.isdecimal() and len(whole) < 7 and len(rest) <= 2):
        answers.problems[name] = "Write the price as a number, for example 90 or 92.50"
        return 0
    if rest and not (rest.isascii() and rest.isdecimal()):
        answers.problems[name] = "Write the price as a number, for example 90 or 92.50"
        return 0
    cents = int(whole or 0) * 100 + int(f"{rest:0<2}" if rest else 0)
    if cents > MOST_PRICE_CENTS:
        answers.problems[name] = "Check the price: it seems too high"
    return cents


def _values(kind: AppointmentType) -> dict[str, str]:
    values = {
        "duration": str(kind.duration // 60),
        "approval": kind.approval.value,
        "one_per_client": "1" if kind.one_per_client else "",
        "price": _amount(kind.price_cents),
        "currency": kind.currency,
        "participants": str(kind.participants),
        "buffer_before": str(kind.buffer_before // 60),
        "buffer_after": "" if kind.buffer_after is None else str(kind.buffer_after // 60),
        "notice": "" if kind.notice is None else str(kind.notice // 3600),
        "per_day_at_most": "" if kind.per_day_at_most is None else str(kind.per_day_at_most),
        "enabled": "1" if kind.enabled else "",
        "audience": kind.audience.value,
        "cancel_window": str(kind.cancel_window // 3600) if kind.cancel_window else "",
        "grace": str(kind.grace // 60) if kind.grace else "",
        "late_fee": _amount(kind.late_fee_cents),
    }
    for tag in desk().practice.languages:
        values[f"name-{tag}"] = kind.names.get(tag, "")
        values[f"description-{tag}"] = kind.descriptions.get(tag, "")
        values[f"policy-{tag}"] = kind.policy.get(tag, "")
    return values


def _amount(cents: int) -> str:
    """Cents as they are typed; nothing for nothing."""
    whole, rest = divmod(cents, 100)
    return "" if not cents else f"{whole}.{rest:02}" if rest else str(whole)


def _form(
    values: dict[str, str],
    problems: dict[str, str],
    kind: AppointmentType | None,
    modes: set[str],
    whose: set[str],
) -> str:
    return render_template(
        "practice/type.html",
        here="types",
        values=values,
        problems=problems,
        kind=kind,
        chosen_modes=modes,
        whose=whose,
        modes=[(mode, wording.mode_word(mode, current_language())) for mode in _MODES],
        approvals=[
            ("instant", gettext("At once"), gettext("The visitor is booked.")),
            ("request", gettext("After your answer"), gettext("The visitor asks, the time is kept.")),
        ],
        audiences=[
            ("all", gettext("Everybody"), ""),
            ("new", gettext("New clients"), gettext("Says so on the page. Nobody is turned away.")),
            (
                "existing",
                gettext("Existing clients"),
                gettext("Stands on no page and opens by a secret link."),
            ),
        ],
        secret_link=_secret_link(kind) if kind else "",
        currencies=[(code, code) for code in _currencies()],
        people=[(one.slug, one.name) for one in desk().therapists],
    )


def _currencies() -> list[str]:
    return sorted({*CURRENCIES, *(kind.currency for kind in desk().types)})


def _usual_currency() -> str:
    return next((kind.currency for kind in desk().types), "EUR")
