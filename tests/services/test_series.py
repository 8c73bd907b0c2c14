"""Appointments that repeat, from the first look to the end, on both databases."""

import random
from dataclasses import replace
from typing import Any

import pytest

from scheduler.domain.appointment import Appointment, Status
from scheduler.domain.availability import TimeOff, TimeOffKind
from scheduler.domain.errors import DatesTaken, Refused, SlotTaken, WrongState
from scheduler.domain.series import WEEK, Rhythm, Series
from scheduler.services import addressees, by_hand, doctor, manage, proposing, safe_contact, series
from scheduler.services.proposing import Standing
from scheduler.store import participants, schedule, therapists
from scheduler.store.database import reading, transaction
from scheduler.store.outbox import State
from tests.services.practice_side import booked
from tests.services.test_races import overlapping_pairs
from tests.support.core import NOW, TORONTO, WEDNESDAY, Core, day, somebody, vera
from tests.support.instants import HOUR, MINUTE, at

BY = "account"
FIVE = Rhythm(WEDNESDAY, 1, 5, TORONTO)


def starts(rhythm: Rhythm = FIVE) -> list[int]:
    """The weekly starts of a rhythm without a clock change."""
    return [rhythm.start + number * rhythm.weeks * WEEK for number in range(rhythm.dates)]


def book(
    core: Core, rhythm: Rhythm = FIVE, *, left_out: tuple[int, ...] = (), notify: bool = True, **form: Any
) -> Series:
    """Ada adds Vera's sessions by hand."""
    raw = {key: value for key, value in vera(**form).items() if key != "consents"}
    return series.book_by_hand(
        core.demo, core.kind("session"), therapist=core.therapist("ada"), rhythm=rhythm, left_out=left_out,
        raw=raw, notify=notify, by=BY, now=NOW,
    )  # fmt: skip


def stored(core: Core, found: Series) -> Series:
    """The series as it stands now."""
    known = series.of_appointment(core.demo.id, found.appointments[0].id)
    assert known is not None
    return known


def token_of(one: Appointment) -> str:
    """The link of the first person of a date."""
    with reading() as tx:
        return participants.token(tx, one.participants[0].id)


def look(core: Core, rhythm: Rhythm = FIVE, *, now: int = NOW) -> list[tuple[int, str]]:
    """Each date of a proposed series with what stands in its way."""
    proposed = proposing.propose(
        core.demo,
        core.kind("session"),
        core.therapist("ada"),
        rhythm.start,
        rhythm.weeks,
        rhythm.dates,
        now=now,
    )
    return [(one.start, one.standing.value) for one in proposed]


# ---- looking ---------------------------------------------------------------


def test_each_date_says_what_stands_in_its_way(core: Core) -> None:
    booked(core, "consultation", starts()[1] + 30 * MINUTE)
    with transaction() as tx:
        schedule.add_time_off(
            tx, core.therapist("ada").id,
            TimeOff("off", TimeOffKind.HOLIDAY, day("2026-06-15"), day("2026-06-19")),
        )  # fmt: skip
        therapists.raise_revision(tx, core.therapist("ada").id, now=NOW)
    assert look(core) == list(zip(starts(), ["free", "taken", "away", "free", "free"], strict=True))
    assert [one for _, one in look(core, now=starts()[3] + 1)] == ["over"] * 4 + ["free"]


def test_a_neighbour_within_the_pause_is_in_the_way(core: Core) -> None:
    # The session lasts until 9:50 and has a pause of 10 minutes after it.
    booked(core, "consultation", starts()[2] + 60 * MINUTE)
    booked(core, "consultation", starts()[3] + 45 * MINUTE, email="other@example.org")
    assert [one for _, one in look(core)] == ["free", "free", "free", "taken", "free"]


def test_a_time_that_clocks_skip_cannot_be_booked(core: Core) -> None:
    spring = Rhythm(at("2027-03-07T02:30-05:00"), 1, 3, TORONTO)
    assert [one for _, one in look(core, spring)] == ["free", Standing.SKIPPED, "free"]
    with pytest.raises(DatesTaken) as refused:
        book(core, spring)
    assert refused.value.starts == (at("2027-03-14T03:30-04:00"),)
    found = book(core, spring, left_out=refused.value.starts)
    assert [one.start for one in found.standing] == [spring.start, at("2027-03-21T02:30-04:00")]


def test_a_rhythm_that_there_is_not_is_refused(core: Core) -> None:
    for weeks, dates in ((1, 61), (9, 2)):
        with pytest.raises(Refused):
            proposing.rhythm_of(core.demo, WEDNESDAY, weeks, dates)


# ---- booking ---------------------------------------------------------------


def test_a_series_is_one_entry_with_an_appointment_for_each_date(core: Core) -> None:
    found = stored(core, book(core))
    assert [one.start for one in found.standing] == starts()
    assert (found.sequence, found.rhythm, found.duration) == (0, FIVE, 50 * MINUTE)
    assert len({found.uid, *(one.uid for one in found.standing)}) == 6
    assert {one.participants[0].email for one in found.standing} == {"vera@example.org"}
    assert core.kinds_of_mail() == ["reminder"] * 5 + ["series_booked", "therapist_series"]
    assert core.all("SELECT action, count(*) FROM audit GROUP BY action") == [("series.add", 1)]


def test_nothing_is_booked_while_one_date_cannot_be(core: Core) -> None:
    booked(core, "consultation", starts()[1])
    booked(core, "consultation", starts()[3], email="other@example.org")
    with pytest.raises(DatesTaken) as refused:
        book(core)
    assert refused.value.starts == (starts()[1], starts()[3])
    assert core.all("SELECT count(*) FROM appointments") == [(2,)]
    assert core.all("SELECT count(*) FROM series") == [(0,)]
    found = stored(core, book(core, left_out=refused.value.starts))
    assert [one.start for one in found.standing] == [starts()[0], starts()[2], starts()[4]]
    assert [one.recurrence for one in found.dates if one.appointment is None] == [starts()[1], starts()[3]]


def test_a_series_begins_with_its_first_date_and_ends_with_its_last(core: Core) -> None:
    found = stored(core, book(core, left_out=(starts()[0], starts()[4])))
    assert found.rhythm == replace(FIVE, start=starts()[1], dates=3)


def test_one_date_is_no_series_and_a_free_call_does_not_repeat(core: Core) -> None:
    with pytest.raises(Refused):
        book(core, left_out=tuple(starts()[1:]))
    core.change_type("session", one_per_client=True)
    with pytest.raises(Refused):
        book(core)
    assert core.all("SELECT count(*) FROM appointments") == [(0,)]


def test_what_is_wrong_in_the_form_is_said_before_anything_is_booked(core: Core) -> None:
    with pytest.raises(Refused) as refused:
        book(core, email="vera")
    assert list(refused.value.problems) == ["email"]


def test_a_series_does_not_count_against_what_its_visitor_may_book(core: Core) -> None:
    book(core, notify=False)
    with reading() as tx:
        assert participants.live_unconfirmed(tx, core.demo.id, "vera@example.org", now=NOW) == 0
        assert participants.bookings_since(tx, core.demo.id, "vera@example.org", since=NOW) == 0
    assert core.mails() == []


# ---- one date --------------------------------------------------------------


def test_each_change_of_a_date_raises_the_number_of_the_whole(core: Core) -> None:
    found = book(core)
    first, second, third, *_ = found.standing
    by_hand.move(core.demo, second.id, second.start + HOUR, by=BY, now=NOW + 1)
    by_hand.cancel(core.demo, third.id, by=BY, now=NOW + 2)
    with reading() as tx:
        token = participants.token(tx, first.participants[0].id)
    manage.cancel(token, now=NOW + 3)
    now = stored(core, found)
    assert (now.sequence, now.changed_at) == (3, NOW + 3)
    assert [one.sequence for one in now.appointments] == [3, 1, 2, 0, 0]
    assert [one.stands for one in now.dates] == [False, True, False, True, True]
    assert now.recurrence_of(second.id) == starts()[1]
    kinds = [(mail.kind, mail.sequence) for mail in core.mails() if mail.kind in {"moved", "cancelled"}]
    assert sorted(kinds) == [("cancelled", 2), ("cancelled", 3), ("moved", 1)]


def test_whoever_was_not_meant_is_erased_from_every_date(core: Core) -> None:
    found = book(core)
    with reading() as tx:
        token = participants.token(tx, found.standing[2].participants[0].id)
    addressees.disown(token, now=NOW)
    now = stored(core, found)
    assert now.standing == ()
    assert core.all("SELECT count(*) FROM participants") == [(0,)]
    waiting = [mail.kind for mail in core.mails() if mail.state is State.WAITING]
    assert waiting == ["therapist_series", *["therapist_cancelled"] * 5]


def test_a_date_moves_only_to_a_time_that_nobody_has(core: Core) -> None:
    first, second, *_ = book(core).standing
    with pytest.raises(SlotTaken):
        by_hand.move(core.demo, second.id, first.start + 30 * MINUTE, by=BY, now=NOW)
    found = series.of_appointment(core.demo.id, second.id)
    assert found
    assert found.sequence == 0


def test_an_appointment_of_no_series_has_a_number_of_its_own(core: Core) -> None:
    one = booked(core, "consultation", starts()[0]).appointment
    assert by_hand.cancel(core.demo, one.id, by=BY, now=NOW).sequence == 1
    assert series.of_appointment(core.demo.id, one.id) is None
    with pytest.raises(WrongState):
        series.end(core.demo, one.id, with_this=True, by=BY, now=NOW)


# ---- the end ---------------------------------------------------------------


def test_what_follows_the_last_date_is_cancelled_and_told_in_one_mail(core: Core) -> None:
    found = book(core, notify=False)
    third = found.standing[2]
    ended = series.end(core.demo, third.id, with_this=False, by=BY, now=NOW + 9)
    assert ended == stored(core, found)
    assert (ended.rhythm.dates, ended.ended_at, ended.sequence) == (3, NOW + 9, 1)
    assert [one.status for one in ended.appointments] == [Status.CONFIRMED] * 3 + [Status.CANCELLED] * 2
    assert [one.sequence for one in ended.appointments] == [0, 0, 0, 1, 1]
    assert core.kinds_of_mail() == ["series_ended", "therapist_ended"]
    with pytest.raises(WrongState):
        series.end(core.demo, third.id, with_this=False, by=BY, now=NOW + 10)


def test_a_series_that_ends_before_it_began_is_gone_altogether(core: Core) -> None:
    found = book(core, notify=False)
    ended = series.end(core.demo, found.standing[0].id, with_this=True, by=BY, now=NOW)
    assert ended.standing == ()
    assert ended.rhythm == FIVE
    assert core.kinds_of_mail() == ["series_cancelled", "therapist_ended"]
    assert look(core) == [(start, "free") for start in starts()]


def test_what_has_taken_place_stays(core: Core) -> None:
    found = book(core, notify=False)
    later = starts()[1] + HOUR
    ended = series.end(core.demo, found.standing[0].id, with_this=True, by=BY, now=later)
    assert [one.start for one in ended.standing] == starts()[:2]
    assert ended.rhythm.dates == 2


def test_a_date_cancelled_before_does_not_hide_the_end(core: Core) -> None:
    found = book(core, notify=False)
    by_hand.cancel(core.demo, found.standing[2].id, by=BY, now=NOW)
    ended = series.end(core.demo, found.standing[3].id, with_this=True, by=BY, now=NOW)
    assert (ended.rhythm.dates, ended.sequence) == (2, 2)


def test_another_rhythm_is_another_series(core: Core) -> None:
    found = book(core, notify=False)
    fourth = found.standing[3]
    fresh = series.change_rhythm(
        core.demo, fourth.id, Rhythm(fourth.start + HOUR, 2, 3, TORONTO), by=BY, now=NOW + 1
    )
    assert stored(core, found).rhythm.dates == 3
    assert fresh.uid != found.uid
    assert (fresh.sequence, fresh.rhythm.weeks) == (0, 2)
    assert fresh.standing[0].start == fourth.start + HOUR
    person = fresh.standing[0].participants[0]
    assert (person.name, person.email, person.language) == ("Vera Moss", "vera@example.org", "en")
    assert sorted(mail.kind for mail in core.mails() if mail.kind.startswith("series")) == [
        "series_booked",
        "series_ended",
    ]


def test_another_rhythm_keeps_what_each_person_said_of_safe_contact(any_core: Core) -> None:
    any_core.change_practice(asks_safe_contact=True)
    found = book(any_core, notify=False, mode="phone", phone="+1 514 555 0199")
    safe_contact.change(token_of(found.standing[0]), ["text"], now=NOW)
    fresh = series.change_rhythm(
        any_core.demo, found.standing[1].id, Rhythm(starts()[1] + HOUR, 1, 3, TORONTO), by=BY, now=NOW
    )
    for one in stored(any_core, fresh).standing:
        assert safe_contact.said(one.participants[0]) == frozenset({"text"})


def test_another_language_is_that_of_every_date(any_core: Core) -> None:
    found = book(any_core, notify=False)
    manage.speak(token_of(found.standing[1]), "fr", now=NOW)
    assert {one.participants[0].language for one in stored(any_core, found).standing} == {"fr"}


def test_another_rhythm_that_cannot_be_booked_changes_nothing(core: Core) -> None:
    found = book(core, notify=False)
    booked(core, "consultation", starts()[4] + 2 * HOUR)
    wanted = Rhythm(starts()[3] + 2 * HOUR, 1, 3, TORONTO)
    with pytest.raises(DatesTaken) as refused:
        series.change_rhythm(core.demo, found.standing[3].id, wanted, by=BY, now=NOW)
    assert refused.value.starts == (starts()[4] + 2 * HOUR,)
    assert stored(core, found) == stored(core, found)
    assert len(stored(core, found).standing) == 5


# ---- the doctor ------------------------------------------------------------


def complaints() -> list[str]:
    return [found.what for found in doctor.examine(NOW) if found.check == "series"]


def test_the_doctor_finds_series_that_contradict_their_dates(core: Core) -> None:
    found = book(core, left_out=(starts()[1],))
    assert complaints() == []
    with transaction() as tx:
        for statement in (
            f"UPDATE appointments SET sequence = 4 WHERE id = '{found.standing[0].id}'",
            f"DELETE FROM series_dates WHERE recurrence_at = {starts()[1]}",
        ):
            tx.exec_driver_sql(statement)
    assert complaints() == [f"series {found.uid} has a lower number than a date of it"]
    with transaction() as tx:
        tx.exec_driver_sql(f"UPDATE series SET sequence = 4 WHERE id = '{found.id}'")
    assert complaints() == [f"series {found.uid} lacks a coming date of its rhythm"]


# ---- races -----------------------------------------------------------------

WRITERS, SLOTS = 8, 6


@pytest.mark.slow
def test_series_of_many_writers_never_overlap_and_never_block_each_other(core: Core) -> None:
    """Eight people want the same six weekly times, from different first weeks and in any order."""
    chance = random.Random(7)
    firsts = [
        WEDNESDAY + chance.randrange(3) * WEEK + chance.randrange(2) * 30 * MINUTE for _ in range(WRITERS)
    ]

    def write(number: int) -> Series:
        raw = {key: value for key, value in somebody(number).items() if key != "consents"}
        return series.book_by_hand(
            core.demo, core.kind("session"), therapist=core.therapist("ada"),
            rhythm=Rhythm(firsts[number], 1, SLOTS, TORONTO), raw=raw, notify=True, by=BY, now=NOW,
        )  # fmt: skip

    results = core.together(WRITERS, write)
    winners = [one for one in results if isinstance(one, Series)]
    assert {type(one) for one in results} <= {Series, DatesTaken}
    assert winners
    assert overlapping_pairs(core) == []
    assert core.all("SELECT count(*) FROM appointments") == [(len(winners) * SLOTS,)]
    assert core.all("SELECT count(*) FROM series") == [(len(winners),)]
