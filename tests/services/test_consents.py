"""What was shown and agreed to: kept with the booking in the words of then, and taken back by one press."""

from typing import Any

import pytest
from sqlalchemy import text

from scheduler.domain.appointment import Status
from scheduler.domain.cancellation import Fee
from scheduler.domain.consents import Consent, Purpose
from scheduler.domain.errors import NotFound, Refused, WrongState
from scheduler.services import booking, consents, manage
from scheduler.services.booking import Booked
from scheduler.services.consents import Agreed
from scheduler.store.database import transaction
from tests.services.practice_side import booked
from tests.support.core import NOW, SOURCE, WEDNESDAY, Core, vera
from tests.support.instants import HOUR

DAY = 24 * HOUR
ACCEPTED: dict[str, Any] = {"consents": ["privacy", "policy"], "language": "fr"}
OWN_WORDS = {"en": "Please write early.", "fr": "Écrivez tôt."}
SAID = "L’annulation est gratuite jusqu’au mardi 2 juin, 15:00. Après, elle coûte 60\xa0$CA."


@pytest.fixture
def fee(any_core: Core) -> Core:
    """Ada's sessions cost 60 $ when cancelled late; version 2 of the terms."""
    any_core.change_type(
        "session",
        cancel_window=DAY,
        late_fee_cents=6000,
        currency="CAD",
        policy=OWN_WORDS,
        policy_version=2,
    )
    return any_core


def of(one: Booked) -> dict[str, Agreed]:
    """What the appointment shows by key, as it is stored now."""
    return {agreed.key: agreed for agreed in consents.of_appointment(one.appointment)}


def test_a_booking_keeps_version_language_time_purpose_and_the_words(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED, now=NOW + 5)
    found = of(one)
    assert list(found) == ["policy", "privacy"]
    terms = found["policy"].record
    assert (terms.version, terms.language, terms.at, terms.purpose) == (2, "fr", NOW + 5, Purpose.TERMS)
    assert terms.said == SAID  # in Vera's zone, as on her page
    assert found["policy"].words.endswith("60\xa0$CA.\n\nÉcrivez tôt.")
    notice = found["privacy"]
    assert notice.record == Consent(3, "fr", NOW + 5, Purpose.NOTICE)
    assert (notice.words, notice.can_be_taken_back) == ("We keep little.", False)


def test_the_old_words_stay_with_old_bookings(fee: Core) -> None:
    first = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    fee.change_type("session", policy={"fr": "Nouveau."}, policy_version=3, late_fee_cents=9000)
    fee.change_practice(privacy={"en": "We keep less."}, privacy_version=4)
    second = booked(fee, "session", WEDNESDAY + DAY, email="v2@example.org", **ACCEPTED)
    assert of(first)["policy"].words.endswith("Écrivez tôt.")
    assert of(second)["policy"].words.endswith("Nouveau.")
    assert [of(one)["privacy"].words for one in (first, second)] == ["We keep little.", "We keep less."]
    assert fee.all("SELECT version FROM consent_texts WHERE key = 'privacy' ORDER BY version") == [(3,), (4,)]


def test_a_version_once_kept_is_never_changed_but_speaks_more_languages(fee: Core) -> None:
    first = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    # Somebody edits the stored text past the program: the version stays, and so must the words.
    fee.change_type("session", policy={"en": "Other words.", "de": "Bitte früh schreiben."})
    fee.change_practice(languages=("en", "fr", "de"))
    german = {**ACCEPTED, "language": "de", "email": "v2@example.org"}
    second = booked(fee, "session", WEDNESDAY + DAY, **german)
    assert of(first)["policy"].words.endswith("Écrivez tôt.")
    assert of(second)["policy"].words.endswith("Bitte früh schreiben.")


def test_terms_that_changed_while_the_form_was_read_are_not_agreed_to(fee: Core) -> None:
    read = fee.kind("session")
    fee.change_type("session", policy_version=3, late_fee_cents=9000)
    with pytest.raises(Refused) as refused:
        booking.book(
            fee.demo, read, start=WEDNESDAY, therapist=fee.therapist("ada"), raw=vera(**ACCEPTED),
            key="k", source=SOURCE, now=NOW,
        )  # fmt: skip
    assert refused.value.problems == {"policy": "Please confirm that you accept the cancellation terms"}
    assert fee.all("SELECT count(*) FROM participants") == [(0,)]


def test_a_fee_that_came_while_the_form_was_read_is_owed_by_nobody(any_core: Core) -> None:
    read = any_core.kind("session")  # no terms, so the form has no box
    any_core.change_type("session", cancel_window=DAY, late_fee_cents=9000, policy_version=2)
    with pytest.raises(Refused) as refused:
        booking.book(
            any_core.demo, read, start=WEDNESDAY, therapist=any_core.therapist("ada"), raw=vera(),
            key="k", source=SOURCE, now=NOW,
        )  # fmt: skip
    assert list(refused.value.problems) == ["policy"]
    assert any_core.all("SELECT count(*) FROM participants") == [(0,)]


def test_appointments_of_before_kept_the_version_alone(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    with transaction() as tx:
        tx.execute(text("""UPDATE appointments SET consents = '{"policy": 1, "privacy": 3}'"""))
    found = {
        agreed.key: agreed for agreed in consents.of_appointment(manage.find(one.token, now=NOW).appointment)
    }
    assert found["policy"].record == Consent(1, "fr", NOW, Purpose.TERMS)
    assert (found["policy"].words, found["privacy"].words) == ("", "We keep little.")


@pytest.mark.parametrize(("at", "fee_is"), [(WEDNESDAY - DAY, Fee.NONE), (WEDNESDAY - HOUR, Fee.DUE)])
def test_taking_it_back_cancels_and_is_noted(fee: Core, at: int, fee_is: Fee) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    for moment in (at, at + 60):  # the second press changes nothing
        consents.take_back(one.token, now=moment)
    after = manage.find(one.token, now=at).appointment
    assert after.status is Status.CANCELLED
    assert after.terms is not None
    assert after.terms.fee is fee_is
    assert after.consents["policy"].withdrawn_at == at
    assert after.consents["privacy"].withdrawn_at is None
    assert fee.kinds_of_mail().count("cancelled") == 1


def test_what_has_begun_cannot_be_taken_back_and_a_stranger_finds_nothing(fee: Core) -> None:
    one = booked(fee, "session", WEDNESDAY, **ACCEPTED)
    with pytest.raises(WrongState):
        consents.take_back(one.token, now=WEDNESDAY)
    with pytest.raises(NotFound):
        consents.take_back("made-up", now=NOW)
    assert manage.find(one.token, now=WEDNESDAY).appointment.consents["policy"].withdrawn_at is None
