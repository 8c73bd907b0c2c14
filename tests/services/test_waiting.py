"""The waiting list on both databases: joining, one fair offer at a time, taking it, and the end."""

import pytest

from scheduler.domain.appointment import Status
from scheduler.domain.availability import WeeklySpan
from scheduler.domain.errors import NotFound, Refused, SlotTaken, TooMany, WrongState
from scheduler.domain.waitlist import State, Waiting
from scheduler.services import booking, holds, offers, practice_settings, turns, waiting
from scheduler.store import waiting as store
from scheduler.store.database import reading
from tests.services.practice_side import desk_of, owner_desk
from tests.support.core import NOW, SOURCE, Core
from tests.support.instants import HOUR, MINUTE, at

DAY = 24 * HOUR
MONDAY = at("2026-06-08T09:00-04:00")
FIFTY = WeeklySpan(1, 9 * 60, 9 * 60 + 50)


def join(
    core: Core, who: str = "vera", kind: str = "session", *, now: int = NOW, days: str = "", **form: str
) -> None:
    typed = {"name": who.title(), "email": f"{who}@example.org", "mode": "video", "zone": "America/Toronto"}
    waiting.join(
        core.demo,
        core.kind(kind),
        {**typed, **form},
        days=list(days),
        parts=[],
        therapist=None,
        source=SOURCE,
        now=now,
    )


def close(core: Core) -> None:
    """Nothing is free with Ada."""
    core.open_weekly("ada")


def open_mondays(core: Core, *spans: WeeklySpan) -> None:
    core.open_weekly("ada", *(spans or (FIFTY,)))


def entries(core: Core, *states: State) -> list[Waiting]:
    with reading() as tx:
        return store.of_practice(tx, core.demo.id, states or tuple(State))


def token_of(core: Core, name: str) -> str:
    with reading() as tx:
        (entry,) = (
            one for one in store.of_practice(tx, core.demo.id, tuple(State)) if one.name == name.title()
        )
        return store.token(tx, entry.id)


def state_of(core: Core, name: str) -> State:
    return next(one.state for one in entries(core) if one.name == name.title())


def live(core: Core) -> list[tuple[object, ...]]:
    return core.all(
        "SELECT start_at, status FROM appointments WHERE status IN ('held', 'requested', 'confirmed')"
        " ORDER BY start_at"
    )


def test_a_time_that_opens_is_kept_for_the_first_whom_it_suits(core: Core) -> None:
    close(core)
    join(core, "tuesday", days="2")
    join(core, "vera", now=NOW + 1)
    join(core, "late", now=NOW + 2)
    assert turns.tend(now=NOW + MINUTE) == 0
    open_mondays(core)
    session = core.kind("session")
    free = offers.soonest(core.demo, session, therapist=None, now=NOW, count=3)
    assert free[0] == MONDAY
    assert turns.tend(now=NOW + HOUR) == 2  # this Monday for Vera, the next for whoever came late
    offered = [one for one in entries(core) if one.state is State.OFFERED]
    assert [(one.name, one.offered[-1]) for one in offered] == [("Vera", MONDAY), ("Late", MONDAY + 7 * DAY)]
    assert [one.offer_ends_at for one in offered] == [NOW + HOUR + DAY] * 2
    assert live(core) == [(MONDAY, "held"), (MONDAY + 7 * DAY, "held")]
    assert MONDAY not in offers.soonest(core.demo, session, therapist=None, now=NOW + HOUR, count=9)
    with pytest.raises(SlotTaken):
        holds.hold(
            core.demo,
            session,
            start=MONDAY,
            therapist=None,
            source="192.0.2.99",
            language="en",
            zone="UTC",
            now=NOW + HOUR,
        )
    assert turns.tend(now=NOW + HOUR + MINUTE) == 0
    assert core.kinds_of_mail() == ["waiting_joined"] * 3 + ["waiting_offer"] * 2


def test_taking_it_books_it_and_looking_changes_nothing(core: Core) -> None:
    close(core)
    join(core)
    open_mondays(core)
    turns.tend(now=NOW)
    token = token_of(core, "vera")
    before = core.all("SELECT * FROM waiting"), core.all("SELECT * FROM appointments")
    shown = waiting.show(token, now=NOW + HOUR)
    assert shown.offer is not None
    assert (shown.offer.start, shown.therapist and shown.therapist.slug) == (MONDAY, "ada")
    assert (core.all("SELECT * FROM waiting"), core.all("SELECT * FROM appointments")) == before
    booked = waiting.accept(token, source=SOURCE, now=NOW + HOUR)
    assert (booked.status, booked.start) == (Status.CONFIRMED, MONDAY)
    assert [one.name for one in booked.appointment.participants] == ["Vera"]
    assert state_of(core, "vera") is State.BOOKED
    assert core.kinds_of_mail().count("confirmation") == 1
    for later in (NOW + HOUR, NOW + 3 * DAY):
        again = waiting.accept(token, source=SOURCE, now=later)
        assert (again.token, again.uid) == (booked.token, booked.uid)
    turns.tend(now=NOW + 3 * DAY)
    assert live(core) == [(MONDAY, "confirmed")]
    assert core.kinds_of_mail().count("confirmation") == 1


def test_two_presses_at_once_are_answered_alike(core: Core) -> None:
    close(core)
    join(core)
    open_mondays(core)
    turns.tend(now=NOW)
    token = token_of(core, "vera")
    one, other = core.together(2, lambda _: waiting.accept(token, source=SOURCE, now=NOW + HOUR))
    assert isinstance(one, booking.Booked), one
    assert isinstance(other, booking.Booked), other
    assert one.token == other.token
    assert live(core) == [(MONDAY, "confirmed")]


def test_an_offer_nobody_answers_goes_on_to_the_next(core: Core) -> None:
    close(core)
    join(core, "first")
    join(core, "second", now=NOW + 1)
    core.change_type("session", horizon_days=10)  # one Monday lies ahead
    open_mondays(core)
    assert turns.tend(now=NOW + 1) == 1
    token = token_of(core, "first")
    over = NOW + 1 + DAY
    assert turns.tend(now=over - 1) == 0
    assert waiting.show(token, now=over).offer is None
    with pytest.raises(WrongState):
        waiting.accept(token, source=SOURCE, now=over)
    assert turns.tend(now=over) == 1
    assert (state_of(core, "first"), state_of(core, "second")) == (State.WAITING, State.OFFERED)
    assert live(core) == [(MONDAY, "held")]


def test_not_this_one_passes_it_on_at_once_and_leaves_the_place(core: Core) -> None:
    close(core)
    join(core, "first")
    join(core, "second", now=NOW + 1)
    core.change_type("session", horizon_days=10)
    open_mondays(core)
    turns.tend(now=NOW + 1)
    waiting.decline(token_of(core, "first"), now=NOW + HOUR)
    assert live(core) == []
    assert turns.tend(now=NOW + HOUR) == 1
    assert (state_of(core, "first"), state_of(core, "second")) == (State.WAITING, State.OFFERED)
    core.change_type("session", horizon_days=20)
    assert turns.tend(now=NOW + 2 * HOUR) == 1
    assert [one.offered for one in entries(core) if one.name == "First"] == [(MONDAY, MONDAY + 7 * DAY)]


def test_nobody_gets_more_than_three_offers_and_the_end_is_told(core: Core) -> None:
    close(core)
    join(core)
    open_mondays(core)
    token = token_of(core, "vera")
    for turn in range(3):
        assert turns.tend(now=NOW + turn * HOUR) == 1
        waiting.decline(token, now=NOW + turn * HOUR + MINUTE)
    assert turns.tend(now=NOW + DAY) == 0
    assert state_of(core, "vera") is State.OVER
    assert core.kinds_of_mail() == ["waiting_joined", *["waiting_offer"] * 3, "waiting_over"]
    assert live(core) == []


def test_leaving_gives_back_what_was_kept_and_no_mail_follows(core: Core) -> None:
    close(core)
    join(core)
    open_mondays(core)
    turns.tend(now=NOW)
    token = token_of(core, "vera")
    for _ in range(2):
        waiting.leave(token, now=NOW + HOUR)
        assert (state_of(core, "vera"), live(core)) == (State.LEFT, [])
    assert turns.tend(now=NOW + 2 * HOUR) == 0
    assert "waiting_over" not in core.kinds_of_mail()


def test_workers_at_once_offer_one_time_to_one_person(core: Core) -> None:
    close(core)
    for place in range(3):
        join(core, "abc"[place] * 4, now=NOW + place)
    core.change_type("session", horizon_days=10)
    open_mondays(core)
    results = core.together(4, lambda _: turns.tend(now=NOW + HOUR))
    assert sum(one for one in results if isinstance(one, int)) == 1
    assert [one for one in results if isinstance(one, Exception)] == []
    assert [one.name for one in entries(core, State.OFFERED)] == ["Aaaa"]
    assert live(core) == [(MONDAY, "held")]
    assert core.kinds_of_mail().count("waiting_offer") == 1


def test_taking_and_declining_at_once_have_one_effect(core: Core) -> None:
    close(core)
    join(core)
    open_mondays(core)
    turns.tend(now=NOW)
    token = token_of(core, "vera")

    def act(index: int) -> object:
        if index:
            return waiting.decline(token, now=NOW + HOUR)
        return waiting.accept(token, source=SOURCE, now=NOW + HOUR)

    core.together(2, act)
    turns.tend(now=NOW + HOUR)
    booked = [row for row in live(core) if row[1] == "confirmed"]
    assert len(booked) <= 1
    assert (state_of(core, "vera") is State.BOOKED) == bool(booked)


def test_booking_the_kept_time_in_the_usual_form_counts_as_taking_it(any_core: Core) -> None:
    close(any_core)
    any_core.change_type("session", policy={"en": "Cancel a day before."})
    join(any_core)
    open_mondays(any_core)
    turns.tend(now=NOW)
    token = token_of(any_core, "vera")
    with pytest.raises(Refused) as refused:
        waiting.accept(token, source=SOURCE, now=NOW + HOUR)
    assert set(refused.value.problems) == {"policy"}
    hold = holds.find(any_core.demo, waiting.show(token, now=NOW + HOUR).hold, now=NOW + HOUR)
    assert hold.answers == {"name": "Vera", "email": "vera@example.org", "mode": "video"}
    holds_form = {**hold.answers, "consents": ["privacy", "policy"]}
    taken = booking.book_held(
        any_core.demo, hold.token, holds_form, key="form", source=SOURCE, now=NOW + HOUR
    )
    assert (taken.status, state_of(any_core, "vera")) == (Status.CONFIRMED, State.BOOKED)  # no errand between
    assert waiting.accept(token, source=SOURCE, now=NOW + HOUR).token == taken.token


def test_a_kept_time_that_lapsed_in_the_form_and_is_booked_all_the_same_ends_the_waiting(
    any_core: Core,
) -> None:
    close(any_core)
    join(any_core)
    open_mondays(any_core)
    turns.tend(now=NOW)
    token = token_of(any_core, "vera")
    hold = waiting.show(token, now=NOW + HOUR).hold
    over = NOW + DAY + MINUTE
    holds.expire_lapsed(over)
    form = {**holds.find(any_core.demo, hold, now=over).answers, "consents": ["privacy"]}
    taken = booking.book_held(any_core.demo, hold, form, key="form", source=SOURCE, now=over)
    turns.tend(now=over)
    assert state_of(any_core, "vera") is State.BOOKED
    assert waiting.accept(token, source=SOURCE, now=over).token == taken.token
    assert live(any_core) == [(MONDAY, "confirmed")]


def test_who_waits_already_keeps_the_place_and_the_answer_is_the_same(core: Core) -> None:
    close(core)
    join(core, days="1")
    join(core, now=NOW + HOUR, days="5", email="Vera+again@example.org")
    (entry,) = entries(core)
    assert (entry.created_at, entry.wishes.days, entry.email) == (NOW, (1,), "vera@example.org")
    assert [mail.recipient for mail in core.mails()] == [entry.id] * 2


def test_an_address_is_not_flooded_and_a_source_is_slowed(core: Core) -> None:
    close(core)
    for turn in range(6):
        join(core, now=NOW + turn)
    with pytest.raises(TooMany):
        join(core, now=NOW + 10)
    for turn in range(14):
        join(core, "x" * (turn + 1), now=NOW + 20)
    with pytest.raises(TooMany):
        join(core, "one-more".replace("-", ""), now=NOW + 30)
    assert len(entries(core)) == 15


def test_what_is_typed_is_checked_in_words_for_people(any_core: Core) -> None:
    with pytest.raises(Refused) as refused:
        join(any_core, "vera", name="", email="vera", mode="in_person")
    assert set(refused.value.problems) == {"name", "email", "mode"}
    with pytest.raises(Refused) as refused:
        join(any_core, "vera", mode="phone")
    assert set(refused.value.problems) == {"phone"}


def test_nobody_is_offered_anything_while_the_practice_is_paused(any_core: Core) -> None:
    close(any_core)
    join(any_core)
    open_mondays(any_core)
    any_core.change_practice(paused_until=NOW + DAY)
    assert turns.tend(now=NOW) == 0
    assert turns.tend(now=NOW + DAY) == 1


def test_a_closed_list_takes_nobody_and_serves_those_on_it(any_core: Core) -> None:
    close(any_core)
    join(any_core)
    practice_settings.keep_waiting_list(owner_desk(any_core), False, now=NOW)
    any_core.demo = any_core.change_practice(waiting_list=False)
    with pytest.raises(NotFound):
        join(any_core, "late")
    open_mondays(any_core)
    assert turns.tend(now=NOW) == 1


def test_after_half_a_year_it_ends_and_a_month_later_nothing_is_left(any_core: Core) -> None:
    close(any_core)
    join(any_core)
    half_a_year = NOW + 183 * DAY
    turns.tend(now=half_a_year - 1)
    assert state_of(any_core, "vera") is State.WAITING
    turns.tend(now=half_a_year)
    assert state_of(any_core, "vera") is State.OVER
    assert "waiting_over" in any_core.kinds_of_mail()
    turns.forget(now=half_a_year + 30 * DAY)
    assert len(entries(any_core)) == 1
    assert turns.forget(now=half_a_year + 30 * DAY + 1) == 1
    assert entries(any_core) == []


def test_the_practice_sees_who_waits_in_order_and_takes_them_off(any_core: Core) -> None:
    close(any_core)
    join(any_core, "first")
    join(any_core, "second", now=NOW + 1)
    ada, ben, cora = desk_of(any_core, "ada"), desk_of(any_core, "ben"), desk_of(any_core, "cora", "other")
    assert [one.entry.name for one in waiting.listed(ada, now=NOW)] == ["First", "Second"]
    assert waiting.listed(ben, now=NOW) == []  # sessions are Ada's
    assert waiting.listed(cora, now=NOW) == []
    entry = waiting.listed(ada, now=NOW)[0].entry
    for stranger in (ben, cora):
        with pytest.raises(NotFound):
            waiting.remove(stranger, entry.id, now=NOW)
    waiting.remove(ada, entry.id, now=NOW)
    with pytest.raises(WrongState):
        waiting.remove(ada, entry.id, now=NOW)
    assert [one.entry.name for one in waiting.listed(owner_desk(any_core), now=NOW)] == ["Second"]
    assert any_core.kinds_of_mail().count("waiting_over") == 1


def test_nothing_of_a_person_is_readable_in_the_table(any_core: Core) -> None:
    close(any_core)
    join(any_core, "veronica")
    told = str(any_core.all("SELECT * FROM waiting")).casefold()
    assert "veronica" not in told
    assert token_of(any_core, "veronica").casefold() not in told
