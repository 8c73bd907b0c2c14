"""Series offered to one person: from the therapist's offer to the dates that are booked."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.errors import DatesTaken, NotFound, Refused, WrongState
from scheduler.domain.local_time import local_day
from scheduler.domain.practice import Mode
from scheduler.domain.series import WEEK, Rhythm, Series
from scheduler.domain.series_offer import DAY, KEPT_SECONDS, OfferState, SeriesOffer, expires_at
from scheduler.services import (
    addressees,
    by_hand,
    manage,
    offering,
    own_series,
    series,
    series_offer_mails,
    series_offers,
)
from scheduler.services.forms import NOT_AGREED
from scheduler.store import inspection, participants, schedule, therapists
from scheduler.store import series_offers as store
from scheduler.store.database import reading, transaction
from tests.services.practice_side import booked, desk_of, owner_desk
from tests.services.test_races import overlapping_pairs
from tests.support.core import NOW, TORONTO, WEDNESDAY, Core, day, somebody, vera
from tests.support.instants import HOUR, MINUTE, at

FIVE = Rhythm(WEDNESDAY + WEEK, 1, 5, TORONTO)
STARTS = [FIVE.start + number * WEEK for number in range(5)]


def typed(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in vera(**changes).items() if key not in ("consents", "zone")}


def offer(core: Core, rhythm: Rhythm = FIVE, *, left_out: tuple[int, ...] = (), **form: Any) -> SeriesOffer:
    """Ada offers Vera five sessions."""
    return offering.make(
        desk_of(core, "ada"), core.kind("session"), core.therapist("ada"), rhythm, typed(**form),
        left_out=left_out, now=NOW,
    )  # fmt: skip


def link(made: SeriesOffer) -> str:
    with reading() as tx:
        return store.token(tx, made.id)


def accept(
    made: SeriesOffer, chosen: list[int] = STARTS, *, now: int = NOW + HOUR, agreed_to: int | None = None
) -> Series | None:
    return series_offers.accept(
        link(made), chosen, agreed_to=agreed_to, zone="Europe/Berlin", language="fr", now=now
    )


def standings(made: SeriesOffer, *, now: int = NOW) -> list[str]:
    return [one.standing.value for one in series_offers.show(link(made), now=now).dates]


def state(made: SeriesOffer) -> OfferState:
    with reading() as tx:
        return store.find(tx, made.id).state


# ---- offering --------------------------------------------------------------


def test_an_offer_keeps_no_time_and_is_told_by_one_mail(any_core: Core) -> None:
    made = offer(any_core, left_out=(STARTS[2],), note="Key at the door", phone="+1 514 555 0189")
    assert made.starts == (*STARTS[:2], *STARTS[3:])
    assert any_core.all("SELECT count(*) FROM appointments") == [(0,)]
    assert any_core.kinds_of_mail() == ["series_offer"]
    assert any_core.all("SELECT action FROM audit") == [("series.offer",)]
    with reading() as tx:
        assert store.find(tx, made.id) == made
    assert standings(made) == ["free"] * 4


def test_two_presses_make_one_offer(core: Core) -> None:
    made = core.together(4, lambda _: offer(core))
    assert len({one.id for one in made if isinstance(one, SeriesOffer)}) == 1
    assert core.kinds_of_mail() == ["series_offer"]


def test_only_free_dates_are_offered_and_only_what_repeats(any_core: Core) -> None:
    booked(any_core, "consultation", STARTS[1])
    with pytest.raises(DatesTaken) as refused:
        offer(any_core)
    assert refused.value.starts == (STARTS[1],)
    with pytest.raises(Refused):
        offer(any_core, left_out=tuple(STARTS[:4]))
    any_core.change_type("session", one_per_client=True)
    with pytest.raises(Refused):
        offer(any_core, left_out=(STARTS[1],))
    assert any_core.all("SELECT count(*) FROM series_offers") == [(0,)]


def test_an_offer_stands_a_week_or_until_shortly_before_its_first_date() -> None:
    assert expires_at(NOW + 30 * DAY, now=NOW) == NOW + 7 * DAY
    assert expires_at(NOW + 5 * DAY, now=NOW) == NOW + 4 * DAY
    assert expires_at(NOW + 40 * HOUR, now=NOW) == NOW + 39 * HOUR
    assert expires_at(NOW + 90 * MINUTE, now=NOW) is None


# ---- accepting -------------------------------------------------------------


def test_all_ticked_dates_are_booked_in_one_go_and_told_in_one_mail(core: Core) -> None:
    made = offer(core, note="Key at the door")
    found = accept(made, [*STARTS[:2], STARTS[4], NOW])
    assert found is not None
    assert [one.start for one in found.standing] == [*STARTS[:2], STARTS[4]]
    assert core.kinds_of_mail() == ["reminder"] * 3 + ["series_booked", "series_offer", "therapist_series"]
    assert core.all("SELECT action, actor FROM audit WHERE action = 'series.accept'") == [
        ("series.accept", "visitor")
    ]
    first = found.standing[0]
    assert (first.language, first.visitor_zone, first.note) == ("fr", "Europe/Berlin", "Key at the door")
    assert set(first.consents) == {"privacy"}
    shown = series_offers.show(link(made), now=NOW + 2 * HOUR)
    assert [one.appointment.start for one in shown.booked] == [*STARTS[:2], STARTS[4]]
    assert [manage.find(one.token, now=NOW).appointment.id for one in shown.booked] == [
        one.id for one in found.standing
    ]


def test_the_way_to_meet_stays_the_one_that_was_offered(any_core: Core) -> None:
    made = offer(any_core)
    any_core.change_type("session", modes=(Mode.PHONE,))
    found = accept(made)
    assert found is not None
    assert {one.mode for one in found.standing} == {Mode.VIDEO}


def test_the_second_press_books_nothing_more(any_core: Core) -> None:
    made = offer(any_core)
    assert accept(made, STARTS[:3]) is not None
    assert accept(made) is None
    assert any_core.all("SELECT count(*) FROM appointments") == [(3,)]


def test_one_date_may_be_all_that_suits_but_none_is_no_answer(any_core: Core) -> None:
    made = offer(any_core)
    with pytest.raises(Refused) as refused:
        accept(made, [])
    assert refused.value.problems == {"date": "Tick at least one date"}
    found = accept(made, STARTS[3:4])
    assert found is not None
    assert [one.start for one in found.standing] == [STARTS[3]]


def test_a_date_that_was_lost_is_named_and_the_others_are_still_to_be_had(core: Core) -> None:
    made = offer(core)
    booked(core, "consultation", STARTS[1])
    with pytest.raises(DatesTaken) as refused:
        accept(made)
    assert refused.value.starts == (STARTS[1],)
    assert standings(made) == ["free", "taken", "free", "free", "free"]
    assert (state(made), core.all("SELECT count(*) FROM series")) == (OfferState.OFFERED, [(0,)])
    assert accept(made, [start for start in STARTS if start != STARTS[1]]) is not None


def test_time_off_since_the_offer_closes_a_date(any_core: Core) -> None:
    made = offer(any_core)
    close(any_core, "2026-06-15", "2026-06-19")
    assert standings(made) == ["free", "away", "free", "free", "free"]
    with pytest.raises(DatesTaken):
        accept(made)


def test_the_terms_of_the_type_are_accepted_for_each_date(any_core: Core) -> None:
    kind = any_core.change_type(
        "session", policy={"en": "A day before."}, policy_version=4,
        cancel_window=24 * HOUR, late_fee_cents=5000,
    )  # fmt: skip
    made = offer(any_core)
    for version in (None, 3):
        with pytest.raises(Refused) as refused:
            accept(made, agreed_to=version)
        assert refused.value.problems == {"policy": NOT_AGREED}
    found = accept(made, agreed_to=kind.policy_version)
    assert found is not None
    for one in found.standing:
        assert one.consents["policy"].version == 4
        assert one.terms is not None
        assert one.terms.fee_cents == 5000


def test_dates_stay_at_their_time_of_day_when_clocks_change(any_core: Core) -> None:
    autumn = Rhythm(at("2026-10-21T09:00-04:00"), 1, 4, TORONTO)
    found = accept(offer(any_core, autumn), [autumn.start + n * WEEK for n in range(2)])
    assert found is not None
    assert [one.start for one in found.standing] == [autumn.start, autumn.start + WEEK]
    made = offer(any_core, replace(autumn, start=autumn.start + 2 * HOUR), email="w@example.org")
    assert made.starts[2:] == (at("2026-11-04T11:00-05:00"), at("2026-11-11T11:00-05:00"))
    later = accept(made, list(made.starts))
    assert later is not None
    assert tuple(one.start for one in later.standing) == made.starts


# ---- a close time instead ----------------------------------------------------


def instead(made: SeriesOffer, *, now: int = NOW + HOUR) -> dict[int, int]:
    return dict(series_offers.show(link(made), now=now).instead)


def test_a_lost_date_has_the_closest_free_time_of_its_day_instead(any_core: Core) -> None:
    made = offer(any_core)
    assert instead(made) == {}
    booked(any_core, "session", STARTS[1])
    other = instead(made)[STARTS[1]]
    assert (list(instead(made)), other) == ([STARTS[1]], STARTS[1] + 90 * MINUTE)
    assert instead(made) == instead(made)
    rest = [start for start in STARTS if start != STARTS[1]]
    found = series_offers.accept(
        link(made), rest, instead={STARTS[1]: other}, agreed_to=None, zone=TORONTO, language="en", now=NOW
    )
    assert found is not None
    assert [one.start for one in found.standing] == sorted([*rest, other])
    assert [one.recurrence for one in found.dates] == STARTS
    assert any_core.kinds_of_mail().count("series_booked") == 1


def test_where_the_day_is_full_a_day_close_by_is_offered_and_never_beyond_three(any_core: Core) -> None:
    made = offer(any_core)
    close(any_core, "2026-06-17", "2026-06-17")
    assert local_day(instead(made)[STARTS[1]], TORONTO) == day("2026-06-16")
    close(any_core, "2026-06-14", "2026-06-20")
    assert instead(made) == {}
    with pytest.raises(DatesTaken):
        accept_instead(made, {STARTS[1]: STARTS[1] + WEEK + HOUR})


def test_beyond_the_horizon_there_is_nothing_instead(any_core: Core) -> None:
    far = replace(FIVE, start=FIVE.start + 10 * WEEK)
    made = offer(any_core, far)
    by_hand.book_by_hand(
        any_core.demo, any_core.kind("session"), therapist=any_core.therapist("ada"), start=far.start + WEEK,
        raw=typed(email="w@example.org"), notify=False, by="ada", now=NOW,
    )  # fmt: skip
    assert standings(made)[1] == "taken"
    assert instead(made) == {}


def test_two_lost_dates_never_get_the_same_time_nor_one_that_is_still_to_be_had(any_core: Core) -> None:
    made = offer(any_core, replace(FIVE, dates=2), email="w@example.org")
    booked(any_core, "session", STARTS[0])
    booked(any_core, "session", STARTS[1])
    others = instead(made)
    found = accept_instead(made, others)
    assert [one.start for one in found.standing] == list(others.values())
    assert overlapping_pairs(any_core) == []


def test_a_close_time_that_is_lost_too_names_the_date_and_books_nothing(core: Core) -> None:
    made = offer(core)
    booked(core, "session", STARTS[1])
    others = instead(made)
    booked(core, "session", others[STARTS[1]], email="w@example.org")
    with pytest.raises(DatesTaken) as refused:
        accept_instead(made, others)
    assert refused.value.starts == (STARTS[1],)
    assert core.all("SELECT count(*) FROM series") == [(0,)]
    again = instead(made)
    assert again[STARTS[1]] not in (STARTS[1], others[STARTS[1]])
    assert accept_instead(made, again) is not None


def test_of_two_who_take_the_same_close_time_one_has_it(core: Core) -> None:
    made = offer(core)
    booked(core, "session", STARTS[1])
    other = instead(made)[STARTS[1]]

    def act(number: int) -> object:
        if number == 0:
            return accept_instead(made, {STARTS[1]: other})
        return booked(core, "session", other, email=somebody(number)["email"])

    core.together(2, act)
    assert overlapping_pairs(core) == []


def accept_instead(made: SeriesOffer, others: dict[int, int]) -> Series:
    """Take what is offered instead, and nothing else."""
    found = series_offers.accept(
        link(made), [], instead=others, agreed_to=None, zone=TORONTO, language="en", now=NOW + HOUR
    )
    assert found is not None
    return found


def close(core: Core, first: str, last: str) -> None:
    """Ada is away on these days."""
    with transaction() as tx:
        holiday = TimeOff(first, TimeOffKind.HOLIDAY, day(first), day(last))
        schedule.add_time_off(tx, core.therapist("ada").id, holiday)
        therapists.raise_revision(tx, core.therapist("ada").id, now=NOW)


@pytest.mark.slow
def test_of_many_who_accept_the_same_dates_one_has_them(core: Core) -> None:
    offers = [offer(core, email=f"visitor{number}@example.org") for number in range(6)]
    results = core.together(6, lambda number: accept(offers[number]))
    assert sorted(type(one).__name__ for one in results) == ["DatesTaken"] * 5 + ["Series"]
    assert overlapping_pairs(core) == []
    assert core.all("SELECT count(*) FROM appointments") == [(5,)]


def test_a_visitor_who_books_meanwhile_and_one_who_accepts_never_share_a_time(core: Core) -> None:
    made = offer(core)

    def act(number: int) -> object:
        if number == 0:
            return accept(made)
        return booked(core, "session", STARTS[2], email=somebody(number)["email"])

    core.together(2, act)
    assert overlapping_pairs(core) == []


# ---- other ends ------------------------------------------------------------


def test_whoever_declines_is_done_and_the_therapist_is_told(any_core: Core) -> None:
    made = offer(any_core)
    series_offers.decline(link(made), now=NOW + HOUR)
    assert state(made) is OfferState.DECLINED
    assert any_core.kinds_of_mail() == ["series_offer", "therapist_declined"]
    for act in (lambda: series_offers.decline(link(made), now=NOW + HOUR), lambda: accept(made)):
        with pytest.raises(WrongState):
            act()


def test_an_offer_that_is_withdrawn_or_has_run_out_books_nothing(any_core: Core) -> None:
    desk, made = desk_of(any_core, "ada"), offer(any_core)
    with pytest.raises(NotFound):
        offering.withdraw(desk_of(any_core, "cora", "other"), made.id, now=NOW)
    with pytest.raises(NotFound):
        offering.withdraw(desk_of(any_core, "ben"), made.id, now=NOW)
    with pytest.raises(WrongState):
        accept(made, now=made.expires_at)
    offering.withdraw(desk, made.id, now=NOW)
    with pytest.raises(WrongState):
        accept(made)
    with pytest.raises(WrongState):
        offering.withdraw(desk, made.id, now=NOW)
    assert [one.offer.state for one in offering.listed(owner_desk(any_core))] == [OfferState.OVER]
    assert offering.listed(desk_of(any_core, "ben")) == []


def test_an_offer_of_somebody_who_left_or_of_a_type_no_longer_offered_has_ended(any_core: Core) -> None:
    made = offer(any_core)
    assert series_offers.show(link(made), now=NOW).stands
    ada = any_core.therapist("ada")
    found = []
    for lacking in ({"active": False}, {"enabled": False}):
        with transaction() as tx:
            therapists.save(tx, replace(ada, active=lacking.get("active", True)))
        any_core.change_type("session", enabled=lacking.get("enabled", True))
        found.append(series_offers.show(link(made), now=NOW))
        with pytest.raises(WrongState):
            accept(made)
    assert [(shown.stands, shown.dates) for shown in found] == [(False, ())] * 2


def test_this_was_not_me_erases_the_offer_also_after_it_was_accepted(any_core: Core) -> None:
    first = offer(any_core)
    series_offers.disown(link(first), now=NOW)
    second = offer(any_core)
    accept(second)
    with pytest.raises(WrongState):
        series_offers.disown(link(second), now=NOW)
    addressees.disown(series_offers.show(link(second), now=NOW).booked[2].token, now=NOW + HOUR)
    for table in ("series_offers", "participants"):
        assert any_core.all(f"SELECT count(*) FROM {table}") == [(0,)], table


@pytest.mark.parametrize("pressed", ["before the change", "after it"])
def test_this_was_not_me_reaches_the_dates_before_and_after_a_changed_rhythm(
    any_core: Core, pressed: str
) -> None:
    made = offer(any_core)
    found = accept(made)
    assert found is not None
    fresh = series.change_rhythm(
        any_core.demo, found.standing[2].id, Rhythm(STARTS[2] + HOUR, 1, 3, TORONTO), by="ada", now=NOW + DAY
    )
    newest = series.change_rhythm(
        any_core.demo, fresh.standing[1].id, Rhythm(STARTS[3], 2, 3, TORONTO), by="ada", now=NOW + 2 * DAY
    )
    another = series.book_by_hand(
        any_core.demo, any_core.kind("session"), therapist=any_core.therapist("ada"),
        rhythm=Rhythm(STARTS[0] + DAY, 1, 2, TORONTO), raw=typed(email="paul@example.org"), notify=True,
        by="ada", now=NOW + 2 * DAY,
    )  # fmt: skip
    date = (found if pressed == "before the change" else newest).standing[0]
    with reading() as tx:
        token = participants.token(tx, date.participants[0].id)
    addressees.disown(token, now=NOW + 3 * DAY)
    assert any_core.all("SELECT count(*) FROM series_offers") == [(0,)]
    assert any_core.all("SELECT count(*) FROM participants") == [(len(another.standing),)]
    assert any_core.all("SELECT count(*) FROM appointments WHERE status = 'confirmed'") == [(2,)]


def test_old_offers_are_forgotten_with_their_people(any_core: Core) -> None:
    made = offer(any_core)
    assert offering.forget(now=made.expires_at + KEPT_SECONDS) == 0
    assert offering.forget(now=made.expires_at + KEPT_SECONDS + 1) == 1
    assert any_core.all("SELECT count(*) FROM series_offers") == [(0,)]


def test_the_doctor_counts_the_one_mail_for_all_dates_and_misses_it(any_core: Core) -> None:
    found = accept(offer(any_core))
    assert found is not None
    with reading() as tx:
        assert inspection.untold(tx, NOW + HOUR) == []
    with transaction() as tx:
        tx.exec_driver_sql("DELETE FROM outbox WHERE kind = 'series_booked'")
        assert inspection.untold(tx, NOW + HOUR) == [one.uid for one in found.standing]


# ---- the person's own series -------------------------------------------------


def accepted(core: Core) -> tuple[Series, list[str]]:
    """An accepted series and the links of its dates."""
    made = offer(core)
    found = accept(made)
    assert found is not None
    return found, [one.token for one in series_offers.show(link(made), now=NOW + HOUR).booked]


def test_each_date_shows_the_series_with_the_own_links(any_core: Core) -> None:
    _, tokens = accepted(any_core)
    manage.cancel(tokens[1], now=NOW + HOUR)
    seen = own_series.of(manage.find(tokens[2], now=NOW), now=NOW)
    assert seen is not None
    assert (seen.weeks, seen.count) == (1, 4)
    assert [one.token for one in seen.dates] == [tokens[0], *tokens[2:]]
    assert [one.is_this for one in seen.dates] == [False, True, False, False]
    assert [one.token for one in seen.rest] == tokens[2:]
    single = booked(any_core, "consultation", STARTS[0] + 2 * HOUR)
    assert own_series.of(manage.find(single.token, now=NOW), now=NOW) is None


def test_all_later_dates_are_cancelled_by_one_press_and_told_in_one_mail(any_core: Core) -> None:
    found, tokens = accepted(any_core)
    own_series.cancel_rest(tokens[2], now=NOW + HOUR)
    own_series.cancel_rest(tokens[2], now=NOW + HOUR)
    whole = series.of_appointment(any_core.demo.id, found.standing[0].id)
    assert whole is not None
    assert [one.start for one in whole.standing] == STARTS[:2]
    ends = [kind for kind in any_core.kinds_of_mail() if kind.endswith(("ended", "cancelled"))]
    assert ends == ["series_ended", "therapist_ended"]
    single = booked(any_core, "consultation", STARTS[3])
    with pytest.raises(WrongState):
        own_series.cancel_rest(single.token, now=NOW + HOUR)


def test_only_the_dates_that_are_close_cost_the_fee(any_core: Core) -> None:
    kind = any_core.change_type("session", cancel_window=24 * HOUR, late_fee_cents=5000)
    made = offer(any_core)
    accept(made, agreed_to=kind.policy_version)
    tokens = [one.token for one in series_offers.show(link(made), now=NOW + HOUR).booked]
    soon = STARTS[0] - HOUR
    seen = own_series.of(manage.find(tokens[0], now=soon), now=soon)
    assert seen is not None
    assert [one.is_late for one in seen.rest] == [True, False, False, False, False]
    own_series.cancel_rest(tokens[0], now=soon)
    fees = [manage.find(token, now=soon).appointment.terms for token in tokens]
    assert [terms.fee.value for terms in fees if terms] == ["due", "none", "none", "none", "none"]


def test_what_was_agreed_holds_when_the_practice_changes_the_rhythm(any_core: Core) -> None:
    kind = any_core.change_type("session", cancel_window=24 * HOUR, late_fee_cents=5000)
    made = offer(any_core)
    found = accept(made, agreed_to=kind.policy_version)
    assert found is not None
    fresh = series.change_rhythm(
        any_core.demo, found.standing[2].id, Rhythm(STARTS[2] + HOUR, 2, 3, TORONTO), by="ada", now=NOW + HOUR
    )
    for one in fresh.standing:
        assert one.consents == found.standing[2].consents
        assert one.terms == found.standing[2].terms


def test_a_corrected_address_is_that_of_every_coming_date(any_core: Core) -> None:
    whole = series.book_by_hand(
        any_core.demo, any_core.kind("session"), therapist=any_core.therapist("ada"), rhythm=FIVE,
        raw=typed(), notify=True, by="ada", now=NOW,
    )  # fmt: skip
    with reading() as tx:
        tokens = [participants.token(tx, one.participants[0].id) for one in whole.standing]
    by_hand.cancel(any_core.demo, whole.standing[4].id, by="ada", now=NOW)
    later = STARTS[0] + HOUR  # the first one is over
    fresh = addressees.correct_address(tokens[2], "right@example.org", now=later)
    now = series.of_appointment(any_core.demo.id, whole.standing[0].id)
    assert now is not None
    assert [one.participants[0].email for one in now.appointments] == [
        "vera@example.org", *["right@example.org"] * 3, "vera@example.org",
    ]  # fmt: skip
    for token in tokens[1:4]:
        with pytest.raises(NotFound):
            manage.find(token, now=later)
    again = [mail for mail in any_core.mails() if mail.kind == "series_booked"]
    assert [(mail.sequence, bool(mail.occasion)) for mail in again] == [(0, False), (1, True)]
    seen = own_series.of(manage.find(fresh, now=later), now=later)
    assert seen is not None
    assert [one.appointment.start for one in seen.dates] == STARTS[1:4]
    manage.opened(fresh, now=later)
    with pytest.raises(WrongState):
        addressees.correct_address(seen.dates[0].token, "third@example.org", now=later)


# ---- mails -----------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_mails_name_the_dates_the_link_and_no_person(any_core: Core, language: str) -> None:
    made = offer(any_core, language=language)

    def written(kind: str) -> Any:
        entry = next(mail for mail in any_core.mails() if mail.kind == kind)
        with reading() as tx:
            return series_offer_mails.compose(tx, entry, "https://book.example.org", now=NOW)

    mail = written(series_offer_mails.OFFER)
    assert (mail.recipient, mail.language) == ("vera@example.org", language)
    for text in (mail.written.text, mail.written.html):
        assert f"https://book.example.org/series/{link(made)}" in text
        assert "10" in text
        assert "%(" not in text
        assert "112" in text
    assert max(len(line) for line in mail.written.text.splitlines() if "https://" not in line) <= 70
    assert mail.written.text.count("09:00") + mail.written.text.count("9:00") >= 5
    series_offers.decline(link(made), now=NOW)
    with pytest.raises(NotFound):
        written(series_offer_mails.OFFER)
    told = written(series_offer_mails.DECLINED)
    assert told.recipient == any_core.therapist("ada").email
    assert "Vera" not in told.written.subject + told.written.text + told.written.html
