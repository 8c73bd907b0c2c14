"""Terms of cancelling on the visitor's pages: read before booking, and again before cancelling."""

from flask import Flask

from scheduler.domain.appointment import Status
from scheduler.domain.practice import AppointmentType
from scheduler.services import directory
from scheduler.store import appointments
from scheduler.store.database import reading
from tests.support.signing_in import ADA, OWNER
from tests.web.practice.staff import Person, problems
from tests.web.visitor.walking import Visitor

PAGE = "/practice/types/session"


def type_fields(kind: AppointmentType, **changes: str) -> dict[str, object]:
    """The form of the session as it stands, some fields changed."""
    values: dict[str, object] = {f"name-{tag}": words for tag, words in kind.names.items()}
    values |= {
        "duration": "50",
        "modes": [mode.value for mode in kind.modes],
        "approval": "instant",
        "price": "120",
        "currency": "CAD",
        "participants": "1",
        "buffer_before": "0",
        "therapists": ["ada"],
        "enabled": "1",
    }
    return values | changes


def stored(app: Flask, slug: str = "session") -> AppointmentType:
    with app.app_context():
        return directory.find_type(directory.practice("demo"), slug)


def test_an_owner_sets_terms_and_a_visitor_reads_and_accepts_them(demo_app: Flask, vera: Visitor) -> None:
    owner = Person(demo_app, OWNER)
    before = stored(demo_app)
    wrong = owner.send(PAGE, **type_fields(before, late_fee="60"))
    assert problems(wrong) == ["cancel_window: Say until when cancelling is free of charge"]
    owner.done(PAGE, **type_fields(before, late_fee="60", cancel_window="48", grace="30"))
    kind = stored(demo_app)
    assert (kind.late_fee_cents, kind.cancel_window, kind.grace) == (6000, 48 * 3600, 1800)
    assert kind.policy_version == before.policy_version + 1
    assert 'name="late_fee" type="text" value="60"' in owner.read(PAGE)

    page = vera.hold_first("session")
    assert "After that it costs $60." in page.text or "This time is close" in page.text
    assert "It costs $120." in page.text
    outdated = vera.fill(name="Vera", email="vera@visitor.example", policy=str(kind.policy_version - 1))
    assert outdated.status == 422
    assert "Please confirm that you accept the cancellation terms" in outdated.text
    booked = vera.fill(policy=str(kind.policy_version))
    assert booked.headings[0] == "You are booked"
    manage = vera.follow("Change or cancel")
    assert "costs $60." in manage.text
    assert "That is fine, and it is free." not in manage.text


def test_a_late_cancellation_is_seen_and_the_fee_can_be_let_go(demo_app: Flask, vera: Visitor) -> None:
    owner = Person(demo_app, OWNER)
    owner.done(PAGE, **type_fields(stored(demo_app), late_fee="60", cancel_window="720"))
    version = str(stored(demo_app).policy_version)
    page = vera.hold_first("session")
    assert "This time is close: cancelling it costs $60." in page.text
    vera.fill(name="Vera", email="vera@visitor.example", policy=version)
    vera.follow("Change or cancel")
    vera.send(vera.page.form_with("note"))
    assert "Your appointment is cancelled" in vera.page.headings
    with demo_app.app_context(), reading() as tx:
        practice = directory.practice("demo")
        [late] = appointments.with_status(tx, practice.id, [Status.CANCELLED])
    ada, page_of_it = Person(demo_app, ADA), f"/practice/appointments/{late.id}"
    assert "Cancelled late" in ada.read(page_of_it)
    assert "You let the fee go." in ada.done(f"{page_of_it}/waive")
    assert "Let the fee go" not in ada.read(page_of_it)
