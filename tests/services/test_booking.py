"""A visitor holds a time and books it, on both databases."""

from dataclasses import replace

import pytest

from scheduler.domain.appointment import HOLD_SECONDS, Status
from scheduler.domain.consents import Consent, Purpose
from scheduler.domain.errors import AnotherRequest, NotFound, Paused, Refused, SlotTaken, TooMany, WrongState
from scheduler.domain.practice import TherapistMail
from scheduler.services import addressees, booking, holds, manage, offers
from scheduler.services.booking import Booked
from scheduler.services.holds import ANSWERS_SECONDS, Held
from scheduler.store import appointments, claims, therapists
from scheduler.store.database import reading, transaction
from tests.support.core import NOW, SENDER, SOURCE, TORONTO, TUESDAY, WEDNESDAY, Core, day, somebody, vera
from tests.support.instants import HOUR, MINUTE, at

QUARTER = 15 * MINUTE


def hold(
    core: Core,
    start: int,
    *,
    kind: str = "consultation",
    who: str | None = "ada",
    now: int = NOW,
    source: str = SOURCE,
) -> Held:
    return holds.hold(
        core.demo,
        core.kind(kind),
        start=start,
        therapist=core.therapist(who) if who else None,
        source=source,
        language="en",
        zone="Europe/Berlin",
        answers={"name": "Vera"},
        now=now,
    )


def book(
    core: Core,
    start: int,
    *,
    kind: str = "consultation",
    who: str | None = "ada",
    now: int = NOW,
    key: str = "",
    source: str = SOURCE,
    limited: bool = True,
    **form: object,
) -> Booked:
    return booking.book(
        core.demo,
        core.kind(kind),
        start=start,
        therapist=core.therapist(who) if who else None,
        raw=vera(**form),
        key=key or f"{kind} {start} {form}",
        source=source,
        now=now,
        limited=limited,
    )


def complete(core: Core, held: Held, *, now: int = NOW, key: str = "k", **form: object) -> Booked:
    return booking.book_held(core.demo, held.token, vera(**form), key=key, source=SOURCE, now=now)


def starts(
    core: Core,
    kind: str = "consultation",
    who: str | None = "ada",
    now: int = NOW,
    days: tuple[str, str] = ("2026-06-02", "2026-06-02"),
) -> list[int]:
    therapist = core.therapist(who) if who else None
    found = offers.offer(core.demo, core.kind(kind), day(days[0]), day(days[1]), therapist=therapist, now=now)
    return list(found.starts)


# ---- holds ---------------------------------------------------------------------------------------


def test_a_hold_keeps_its_time_for_a_quarter_of_an_hour_and_no_longer(core: Core) -> None:
    before = starts(core)
    held = hold(core, TUESDAY)
    assert (held.status, held.start, held.end, held.expires_at) == (
        "held",
        TUESDAY,
        TUESDAY + QUARTER,
        NOW + HOLD_SECONDS,
    )
    assert starts(core) == [start for start in before if start != TUESDAY]
    assert starts(core, now=NOW + HOLD_SECONDS - 1) == [start for start in before if start != TUESDAY]
    assert starts(core, now=NOW + HOLD_SECONDS) == before


def test_looking_at_a_hold_or_typing_does_not_renew_it(core: Core) -> None:
    held = hold(core, TUESDAY)
    holds.keep_answers(core.demo, held.token, {"name": "Vera Moss", "note": "Hello"}, now=NOW + 600)
    again = holds.find(core.demo, held.token, now=NOW + HOLD_SECONDS)
    assert (again.status, again.expires_at) == ("expired", NOW + HOLD_SECONDS)
    assert again.answers == {"name": "Vera Moss", "note": "Hello"}


def test_a_held_time_cannot_be_held_by_another(core: Core) -> None:
    hold(core, TUESDAY)
    with pytest.raises(SlotTaken):
        hold(core, TUESDAY, source="198.51.100.1")


@pytest.mark.parametrize(
    "start", [TUESDAY + 60, TUESDAY - QUARTER, TUESDAY + 3 * HOUR, NOW + HOUR, NOW - HOUR]
)
def test_a_time_that_is_not_offered_cannot_be_held_or_booked(any_core: Core, start: int) -> None:
    with pytest.raises(SlotTaken):
        hold(any_core, start)
    with pytest.raises(SlotTaken):
        book(any_core, start)
    assert any_core.all("SELECT count(*) FROM appointments") == [(0,)]


def test_three_holds_per_source_and_no_fourth(core: Core) -> None:
    for step in range(3):
        hold(core, TUESDAY + step * QUARTER)
    with pytest.raises(TooMany) as refused:
        hold(core, TUESDAY + 3 * QUARTER)
    assert refused.value.retry_after == HOLD_SECONDS
    assert hold(core, TUESDAY + 3 * QUARTER, source="198.51.100.1").status == "held"
    assert hold(core, TUESDAY + 4 * QUARTER, now=NOW + HOLD_SECONDS).status == "held"


def test_a_practice_has_a_ceiling_of_holds(any_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "PER_PRACTICE", 2)
    for step in range(2):
        hold(any_core, TUESDAY + step * QUARTER, source=f"192.0.2.{step}")
    with pytest.raises(TooMany):
        hold(any_core, TUESDAY + 2 * QUARTER, source="192.0.2.9")


def test_a_released_time_is_free_at_once(core: Core) -> None:
    before = starts(core)
    held = hold(core, TUESDAY)
    holds.release(core.demo, held.token, now=NOW + 1)
    assert starts(core, now=NOW + 1) == before
    holds.release(core.demo, held.token, now=NOW + 2)
    assert holds.find(core.demo, held.token, now=NOW + 2).status == "expired"


def test_a_hold_is_unknown_to_another_practice(any_core: Core) -> None:
    held = hold(any_core, TUESDAY)
    for act in (
        lambda: holds.find(any_core.other, held.token, now=NOW),
        lambda: holds.release(any_core.other, held.token, now=NOW),
        lambda: holds.keep_answers(any_core.other, held.token, {"name": "X"}, now=NOW),
        lambda: holds.find(any_core.demo, held.token + "x", now=NOW),
    ):
        with pytest.raises(NotFound):
            act()


# ---- from hold to appointment --------------------------------------------------------------------


def test_a_held_time_becomes_an_appointment(core: Core) -> None:
    booked = complete(core, hold(core, TUESDAY), note=" See\tyou ", phone="514 555 0199", mode="phone")
    found = booked.appointment
    assert (booked.status, booked.start, booked.end, booked.therapist.slug) == (
        Status.CONFIRMED,
        TUESDAY,
        TUESDAY + QUARTER,
        "ada",
    )
    assert (found.sequence, found.busy, found.expires_at, found.organizer) == (
        0,
        (TUESDAY, TUESDAY + QUARTER),
        None,
        SENDER,
    )
    assert (found.mode, found.language, found.visitor_zone, found.note) == (
        "phone",
        "en",
        "Europe/Berlin",
        "See you",
    )
    assert [(person.name, person.email, person.phone) for person in found.participants] == [
        ("Vera Moss", "vera@example.org", "+1 514-555-0199")
    ]
    assert found.consents == {"privacy": Consent(3, "en", NOW, Purpose.NOTICE)}
    assert len(booked.token) == 43
    assert core.kinds_of_mail() == ["confirmation", "therapist_booked"]


def test_what_was_typed_leaves_the_hold_when_it_is_booked(core: Core) -> None:
    held = hold(core, TUESDAY)
    booked = complete(core, held)
    again = holds.find(core.demo, held.token, now=NOW)
    assert (again.status, again.answers, again.manage_token) == ("booked", {}, booked.token)


def test_a_lapsed_hold_whose_time_is_free_books_anyway(core: Core) -> None:
    held = hold(core, TUESDAY)
    assert complete(core, held, now=NOW + HOUR // 2).start == TUESDAY


def test_a_hold_that_was_swept_books_while_its_time_is_free(core: Core) -> None:
    held = hold(core, TUESDAY)
    assert holds.expire_lapsed(NOW + HOLD_SECONDS) == 1
    assert complete(core, held, now=NOW + HOLD_SECONDS + 1).start == TUESDAY
    assert core.all("SELECT status FROM appointments ORDER BY status") == [("confirmed",), ("expired",)]


def test_a_lapsed_hold_that_another_took_is_lost_and_its_answers_are_kept(core: Core) -> None:
    held = hold(core, TUESDAY)
    winner = book(core, TUESDAY, now=NOW + HOLD_SECONDS, email="other@example.org")
    with pytest.raises(SlotTaken):
        complete(core, held, now=NOW + HOLD_SECONDS + 1)
    again = holds.find(core.demo, held.token, now=NOW + HOLD_SECONDS + 1)
    assert (again.status, again.answers) == ("expired", {"name": "Vera"})
    assert [row[0] for row in core.all("SELECT uid FROM appointments WHERE status = 'confirmed'")] == [
        winner.uid
    ]


def test_answers_on_a_dead_hold_are_forgotten_after_a_day(core: Core) -> None:
    held = hold(core, TUESDAY)
    holds.expire_lapsed(NOW + HOLD_SECONDS)
    assert holds.forget_answers(now=NOW + HOLD_SECONDS + ANSWERS_SECONDS) == 0
    assert holds.forget_answers(now=NOW + HOLD_SECONDS + ANSWERS_SECONDS + 1) == 1
    assert holds.find(core.demo, held.token, now=NOW).answers == {}


def test_a_hold_made_in_time_may_be_booked_when_the_notice_has_passed(core: Core) -> None:
    now = TUESDAY - 24 * HOUR
    held = hold(core, TUESDAY, now=now)
    assert complete(core, held, now=now + 60).start == TUESDAY


def test_a_lapsed_hold_obeys_the_notice_of_the_present(core: Core) -> None:
    now = TUESDAY - 24 * HOUR
    held = hold(core, TUESDAY, now=now)
    with pytest.raises(SlotTaken):
        complete(core, held, now=now + HOLD_SECONDS)


def test_a_hold_never_books_the_past(core: Core) -> None:
    core.change_type("consultation", notice=0)
    held = hold(core, TUESDAY, now=TUESDAY - 300)
    with pytest.raises(SlotTaken):
        complete(core, held, now=TUESDAY)
    with pytest.raises(SlotTaken):
        complete(core, held, now=TUESDAY + 86400)


@pytest.mark.parametrize("change", [{"enabled": False}, {"therapist_ids": ()}])
def test_a_type_that_is_no_longer_offered_cannot_be_booked(core: Core, change: dict[str, object]) -> None:
    held = hold(core, TUESDAY)
    core.change_type("consultation", **change)
    with pytest.raises(SlotTaken):
        complete(core, held)


def test_a_paused_practice_takes_no_booking_and_still_repeats_an_answer(core: Core) -> None:
    held, booked = hold(core, TUESDAY), book(core, WEDNESDAY, key="same", email="ines@example.org")
    core.change_practice(paused_until=NOW + HOUR)
    with pytest.raises(Paused) as paused:
        complete(core, held)
    assert paused.value.until == NOW + HOUR
    with pytest.raises(Paused):
        hold(core, WEDNESDAY + QUARTER)
    assert book(core, WEDNESDAY, key="same", email="ines@example.org").uid == booked.uid
    assert complete(core, held, now=NOW + HOUR).start == TUESDAY


def test_a_practice_that_is_not_published_takes_no_booking(any_core: Core) -> None:
    any_core.change_practice(published=False)
    with pytest.raises(Paused):
        book(any_core, TUESDAY)


def test_two_simultaneous_confirms_of_a_hold_have_one_effect(core: Core) -> None:
    held = hold(core, TUESDAY)
    results = core.together(4, lambda index: complete(core, held, key=f"press {index}"))
    assert [result.uid if isinstance(result, Booked) else result for result in results] == [
        core.all("SELECT uid FROM appointments")[0][0]
    ] * 4
    assert core.kinds_of_mail() == ["confirmation", "therapist_booked"]


def test_pressing_book_again_shows_the_booking(core: Core) -> None:
    held = hold(core, TUESDAY)
    first = complete(core, held, key="one")
    second = complete(core, held, key="two")
    assert (second.uid, second.token) == (first.uid, first.token)
    assert core.kinds_of_mail() == ["confirmation", "therapist_booked"]


# ---- booking without a hold ----------------------------------------------------------------------


def test_a_time_is_booked_without_a_hold(core: Core) -> None:
    booked = book(core, TUESDAY)
    assert (booked.status, booked.appointment.participants[0].email) == (Status.CONFIRMED, "vera@example.org")
    assert starts(core) == [TUESDAY + step * QUARTER for step in range(1, 12)]


def test_the_same_form_again_gets_the_same_answer_and_no_second_mail(core: Core) -> None:
    first = book(core, TUESDAY, key="k")
    again = book(core, TUESDAY, key="k", now=NOW + HOUR)
    assert (again.uid, again.token) == (first.uid, first.token)
    assert core.kinds_of_mail() == ["confirmation", "therapist_booked"]


@pytest.mark.parametrize("changed", [{"name": "Vera M"}, {"note": "Hello"}])
def test_the_same_key_with_another_form_is_another_request(core: Core, changed: dict[str, str]) -> None:
    book(core, TUESDAY, key="k")
    with pytest.raises(AnotherRequest):
        book(core, TUESDAY, key="k", **changed)
    with pytest.raises(AnotherRequest):
        book(core, WEDNESDAY, key="k")
    with pytest.raises(AnotherRequest):
        book(core, TUESDAY, key="k", who="ben")


def test_a_key_means_nothing_in_another_practice(core: Core) -> None:
    book(core, TUESDAY, key="k")
    cora = booking.book(
        core.other,
        core.kind("consultation", "other"),
        start=at("2026-06-03T09:00+02:00"),
        therapist=None,
        raw=vera(),
        key="k",
        source=SOURCE,
        now=NOW,
    )
    assert cora.therapist.slug == "cora"


def test_a_key_is_forgotten_after_two_days(core: Core) -> None:
    book(core, WEDNESDAY, key="k")
    again = book(core, at("2026-06-05T09:00-04:00"), key="k", now=NOW + claims.KEY_SECONDS)
    assert again.start == at("2026-06-05T09:00-04:00")


def test_the_same_form_sent_eight_times_at_once_is_one_booking(core: Core) -> None:
    results = core.together(8, lambda _: book(core, TUESDAY, key="k"))
    uids = {result.uid if isinstance(result, Booked) else repr(result) for result in results}
    assert uids == {row[0] for row in core.all("SELECT uid FROM appointments")}
    assert len(uids) == 1
    assert core.kinds_of_mail() == ["confirmation", "therapist_booked"]


def test_a_booking_that_was_disowned_is_not_repeated(core: Core) -> None:
    booked = book(core, TUESDAY, key="k")
    addressees.disown(booked.token, now=NOW)
    with pytest.raises(WrongState):
        book(core, TUESDAY, key="k")


TAMPERED = [
    {name: 1}
    for name in ("price_cents", "duration", "end", "status", "therapist_id", "buffer_after", "notice", "id")
]


@pytest.mark.parametrize("field", TAMPERED)
def test_what_the_server_knows_by_itself_cannot_be_sent(any_core: Core, field: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        book(any_core, TUESDAY, **field)
    assert refused.value.problems == dict.fromkeys(field, "This is not part of the form")
    assert any_core.all("SELECT count(*) FROM appointments") == [(0,)]


def test_buffers_of_neighbours_add_up(core: Core) -> None:
    """A session keeps 5 minutes before and 10 behind it free; the consultation none of its own."""
    core.change_type("consultation", buffer_before=10 * MINUTE, step=5 * MINUTE)
    session = book(core, TUESDAY + HOUR, kind="session")
    assert session.appointment.busy == (TUESDAY + 55 * MINUTE, TUESDAY + HOUR + 60 * MINUTE)
    free = starts(core, now=NOW)
    assert max(start for start in free if start < session.start) == session.start - 20 * MINUTE
    assert min(start for start in free if start > session.start) == session.end + 20 * MINUTE


def test_buffers_are_those_of_the_day_of_booking(core: Core) -> None:
    book(core, TUESDAY + HOUR, kind="session")
    core.change_type("session", buffer_after=0, buffer_before=0)
    assert core.all("SELECT busy_end - end_at, start_at - busy_start FROM appointments") == [(600, 300)]


# ---- limits --------------------------------------------------------------------------------------


def test_an_address_has_three_appointments_of_which_no_link_was_used(core: Core) -> None:
    made = [book(core, TUESDAY + step * QUARTER, email="Vera+tag@Example.org") for step in range(3)]
    with pytest.raises(TooMany):
        book(core, WEDNESDAY, email="vera@example.org")
    assert book(core, WEDNESDAY, email="ines@example.org").status is Status.CONFIRMED
    manage.opened(made[0].token, now=NOW)
    assert book(core, WEDNESDAY + QUARTER, email="vera@example.org").status is Status.CONFIRMED


def test_an_address_has_six_attempts_a_day(core: Core) -> None:
    for step in range(6):
        booked = book(core, TUESDAY + step * QUARTER)
        with transaction() as tx:
            found = appointments.find(tx, core.demo.id, booked.appointment.id)
            appointments.change(tx, found, replace(found, status=Status.CANCELLED))
    with pytest.raises(TooMany):
        book(core, WEDNESDAY)
    assert book(core, WEDNESDAY, now=NOW + 24 * HOUR + 1).status is Status.CONFIRMED


def test_limits_of_an_address_hold_against_forms_sent_at_once(core: Core) -> None:
    results = core.together(8, lambda index: book(core, TUESDAY + index * QUARTER, key=f"k{index}"))
    assert sum(isinstance(result, Booked) for result in results) == 3
    assert sum(isinstance(result, TooMany) for result in results) == 5


def test_a_source_books_twenty_times_an_hour(any_core: Core) -> None:
    times = [*starts(any_core, days=("2026-06-02", "2026-06-04"))][:21]
    for number, start in enumerate(times[:20]):
        book(any_core, start, email=f"v{number}@example.org")
    with pytest.raises(TooMany):
        book(any_core, times[20], email="v20@example.org")
    assert book(any_core, times[20], email="v20@example.org", source="2001:db8::1").start == times[20]


def test_without_limits_nothing_is_counted(any_core: Core) -> None:
    for step in range(5):
        book(any_core, TUESDAY + step * QUARTER, limited=False)
    assert any_core.all("SELECT count(*) FROM appointments") == [(5,)]


def test_three_holds_per_source_also_when_pressed_at_once(core: Core) -> None:
    results = core.together(6, lambda index: hold(core, TUESDAY + index * QUARTER))
    assert sum(isinstance(result, Held) for result in results) == 3
    assert sum(isinstance(result, TooMany) for result in results) == 3


# ---- what nobody may learn -----------------------------------------------------------------------


def plain(booked: Booked) -> dict[str, object]:
    """A booked answer without what differs between any two bookings."""
    found = booked.appointment
    return {
        "status": booked.status,
        "kind": booked.kind.slug,
        "therapist": booked.therapist.slug,
        "practice": booked.practice.slug,
        "promised": booked.answer_by is not None and booked.answer_by - NOW,
        "sequence": found.sequence,
        "token": len(booked.token),
    }


def test_a_known_contact_of_an_instant_type_is_flagged_to_the_therapist_alone(core: Core) -> None:
    book(core, TUESDAY)
    known = book(core, TUESDAY + QUARTER, now=NOW + 5)
    stranger = book(core, TUESDAY + 2 * QUARTER, email="ines@example.org")
    assert (known.appointment.known_since, stranger.appointment.known_since) == (NOW, None)
    assert plain(known) == plain(stranger)
    mails = {
        appointment: sorted(mail.kind for mail in core.mails() if mail.appointment_id == appointment)
        for appointment in (known.appointment.id, stranger.appointment.id)
    }
    assert mails[known.appointment.id] == mails[stranger.appointment.id]


def test_a_known_number_is_recognised_too(core: Core) -> None:
    book(core, TUESDAY, phone="(514) 555-0199")
    assert (
        book(core, WEDNESDAY, email="new@example.org", phone="+1 514 555 0199").appointment.known_since == NOW
    )


def test_a_cancelled_consultation_counts_as_none(core: Core) -> None:
    manage.cancel(book(core, TUESDAY).token, now=NOW)
    assert book(core, WEDNESDAY).appointment.known_since is None


def test_a_consultation_counts_for_twelve_months(core: Core) -> None:
    book(core, TUESDAY)
    later = NOW + 365 * 86400
    start = starts(core, now=later, days=("2027-06-02", "2027-06-08"))[0]
    assert book(core, start, now=later).appointment.known_since is None
    assert core.all("SELECT claimed_at FROM consultation_claims") == [(later,)]


def test_a_known_contact_asking_sees_what_everybody_sees_and_is_declined_by_mail(core: Core) -> None:
    later = at("2026-06-10T09:00-04:00")
    book(core, later, kind="first-talk", who="ben")
    asked = book(core, later + QUARTER, kind="first-talk", who="ben")
    stranger = book(core, later + 2 * QUARTER, kind="first-talk", who="ben", email="ines@example.org")
    assert plain(asked) == plain(stranger)
    assert asked.status is Status.REQUESTED
    assert holds.expire_lapsed(NOW + 4 * HOUR) == 1
    found = manage.find(asked.token, now=NOW + 4 * HOUR)
    assert (found.appointment.status, found.appointment.sequence) == (Status.DECLINED, 1)
    declined = [mail for mail in core.mails() if mail.kind == "declined"]
    assert [mail.appointment_id for mail in declined] == [asked.appointment.id]
    assert manage.find(stranger.token, now=NOW + 4 * HOUR).appointment.status is Status.REQUESTED


def test_eight_consultations_of_one_address_at_once_leave_one_claim(core: Core) -> None:
    results = core.together(
        8,
        lambda index: book(
            core, TUESDAY + index * QUARTER, who=("ada", "ben")[index % 2], key=f"{index}", limited=False
        ),
    )
    assert [result for result in results if not isinstance(result, Booked)] == []
    assert core.all("SELECT count(*) FROM consultation_claims") == [(1,)]


def test_two_practices_know_nothing_of_each_others_contacts(core: Core) -> None:
    book(core, TUESDAY)
    cora = booking.book(
        core.other,
        core.kind("consultation", "other"),
        start=at("2026-06-03T09:00+02:00"),
        therapist=None,
        raw=vera(),
        key="k",
        source=SOURCE,
        now=NOW,
    )
    assert cora.appointment.known_since is None
    with pytest.raises(NotFound):
        booking.find_booked(core.demo, cora.token, now=NOW)
    assert booking.find_booked(core.other, cora.token, now=NOW).uid == cora.uid
    with reading() as tx:
        assert appointments.between(tx, core.demo.id, [core.therapist("cora", "other").id], (0, 10**11)) == []
        with pytest.raises(NotFound):
            appointments.find(tx, core.demo.id, cora.appointment.id)


# ---- any therapist, caps, couples ----------------------------------------------------------------


def test_any_therapist_is_the_one_with_fewer_appointments_that_day(core: Core) -> None:
    assert book(core, TUESDAY, who=None).therapist.slug == "ada"
    assert book(core, TUESDAY + QUARTER, who=None, email="b@example.org").therapist.slug == "ben"
    book(core, TUESDAY + HOUR, who="ben", email="c@example.org")
    assert book(core, TUESDAY + 2 * HOUR, who=None, email="d@example.org").therapist.slug == "ada"
    assert book(core, WEDNESDAY, who=None, email="e@example.org").therapist.slug == "ada"


def test_any_therapist_is_the_next_one_when_the_first_is_taken(core: Core) -> None:
    book(core, TUESDAY, who="ada")
    book(core, TUESDAY + HOUR, who="ben", email="b@example.org")
    book(core, TUESDAY + 2 * HOUR, who="ben", email="c@example.org")
    assert book(core, TUESDAY, who=None, email="d@example.org").therapist.slug == "ben"
    with pytest.raises(SlotTaken):
        book(core, TUESDAY, who=None, email="e@example.org")


def test_any_therapist_serves_two_who_press_the_same_time_at_once(core: Core) -> None:
    results = core.together(
        6,
        lambda index: booking.book(
            core.demo,
            core.kind("consultation"),
            start=TUESDAY,
            therapist=None,
            raw=somebody(index),
            key=str(index),
            source=SOURCE,
            now=NOW,
        ),
    )
    booked = [result for result in results if isinstance(result, Booked)]
    assert sorted(one.therapist.slug for one in booked) == ["ada", "ben"]
    assert [type(result) for result in results if not isinstance(result, Booked)] == [SlotTaken] * 4


@pytest.mark.parametrize("cap", ["practice", "type"])
def test_a_daily_maximum_holds_against_eight_at_once(core: Core, cap: str) -> None:
    if cap == "practice":
        core.change_practice(rules=replace(core.demo.rules, per_day_at_most=3))
    else:
        core.change_type("consultation", per_day_at_most=3)
    results = core.together(
        8, lambda index: book(core, TUESDAY + index * QUARTER, key=str(index), email=f"v{index}@example.org")
    )
    assert sum(isinstance(result, Booked) for result in results) == 3
    assert sum(isinstance(result, SlotTaken) for result in results) == 5
    assert starts(core) == []
    assert starts(core, who="ben") != []


def test_a_couple_is_two_people_with_a_link_each(core: Core) -> None:
    partner = {"name": "Paul Moss", "email": "paul@example.org"}
    booked = book(core, WEDNESDAY, kind="couple", who="ben", participants=[partner])
    people = booked.appointment.participants
    assert [person.name for person in people] == ["Vera Moss", "Paul Moss"]
    assert sorted(
        (mail.kind, mail.recipient) for mail in core.mails() if mail.kind == "confirmation"
    ) == sorted(("confirmation", person.id) for person in people)
    assert core.all("SELECT count(DISTINCT token_hash) FROM participants") == [(2,)]


@pytest.mark.parametrize(("wanted", "reads"), [("", "en"), ("fr", "fr"), ("fr-CA", "fr"), ("xx", "en")])
def test_the_second_person_has_a_language_of_their_own(any_core: Core, wanted: str, reads: str) -> None:
    partner = {"name": "Paul Moss", "email": "paul@example.org", "language": wanted}
    booked = book(any_core, WEDNESDAY, kind="couple", who="ben", language="en", participants=[partner])
    assert [person.language for person in booked.appointment.participants] == ["en", reads]
    found = manage.find(booked.token, now=NOW).appointment
    assert [person.language for person in found.participants] == ["en", reads]


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        (
            [{"name": "A", "email": "a@example.org"}] * 2,
            {"participants": "This appointment is for fewer people"},
        ),
        (
            [{"name": "A", "email": "VERA@example.org"}],
            {"participants.0.email": "Each person needs an email address of their own"},
        ),
    ],
)
def test_a_couple_is_two_and_each_has_an_address(
    any_core: Core, others: list[object], problem: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        book(any_core, WEDNESDAY, kind="couple", who="ben", participants=others)
    assert refused.value.problems == problem


# ---- requests, sweeps, the outbox ----------------------------------------------------------------


def test_a_request_waits_and_lapses_by_mail(core: Core) -> None:
    asked = book(core, at("2026-06-10T09:00-04:00"), kind="first-talk", who="ben")
    assert (asked.status, asked.answer_by) == (Status.REQUESTED, NOW + 48 * HOUR)
    assert core.kinds_of_mail() == ["request_received", "therapist_requested"]
    assert holds.expire_lapsed(NOW + 48 * HOUR - 1) == 0
    assert holds.expire_lapsed(NOW + 48 * HOUR) == 1
    assert holds.expire_lapsed(NOW + 48 * HOUR) == 0
    assert core.kinds_of_mail() == [
        "declined",
        "request_received",
        "therapist_cancelled",
        "therapist_requested",
    ]
    assert core.all("SELECT status, sequence FROM appointments") == [("declined", 1)]
    assert core.all("SELECT count(*) FROM consultation_claims") == [(0,)]


def test_a_lapsed_request_makes_room_without_any_sweep(core: Core) -> None:
    start = at("2026-06-10T09:00-04:00")
    book(core, start, kind="first-talk", who="ben")
    later = NOW + 48 * HOUR
    assert book(core, start, who="ben", email="ines@example.org", now=later).start == start
    assert sorted(core.all("SELECT status FROM appointments")) == [("confirmed",), ("declined",)]
    assert [mail.kind for mail in core.mails() if mail.kind == "declined"] == ["declined"]


def test_a_booking_well_ahead_has_a_reminder_a_day_before(core: Core) -> None:
    start = at("2026-06-10T09:00-04:00")
    book(core, start)
    assert [(mail.kind, mail.due_at) for mail in core.mails() if mail.kind == "reminder"] == [
        ("reminder", start - 24 * HOUR)
    ]


def test_a_loser_gets_no_mail(core: Core) -> None:
    book(core, TUESDAY)
    with pytest.raises(SlotTaken):
        book(core, TUESDAY, email="late@example.org")
    assert core.kinds_of_mail() == ["confirmation", "therapist_booked"]


def test_mails_vanish_with_the_booking_that_wrote_them(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Exception):
        pass

    def fail(*_: object, **__: object) -> None:
        raise Broken

    monkeypatch.setattr(claims, "remember", fail)  # the last statement of the transaction
    with pytest.raises(Broken):
        book(core, TUESDAY)
    counts = [
        core.all(f"SELECT count(*) FROM {table}") for table in ("outbox", "appointments", "participants")
    ]
    assert counts == [[(0,)]] * 3
    assert core.all("SELECT count(*) FROM consultation_claims") == [(0,)]


def test_a_therapist_who_wants_no_mail_gets_none(core: Core) -> None:
    ada = replace(core.therapist("ada"), mail=TherapistMail.NOTHING)
    with transaction() as tx:
        therapists.save(tx, ada)
    book(core, TUESDAY)
    assert core.kinds_of_mail() == ["confirmation"]


def test_the_zone_and_language_of_a_visitor_fall_back_to_the_practices(any_core: Core) -> None:
    booked = book(any_core, TUESDAY, language="tlh", zone="Mars/Olympus")
    assert (booked.appointment.language, booked.appointment.visitor_zone) == ("en", TORONTO)
