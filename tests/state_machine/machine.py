"""A practice's life in random order, against the model: services above, a real database below."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, event, text

from scheduler import worker
from scheduler.domain.availability import TimeOffKind, WeeklySpan
from scheduler.domain.errors import NotFound, SlotTaken, WrongState
from scheduler.domain.local_time import local_day
from scheduler.services import (
    booking,
    by_hand,
    feeds,
    holds,
    manage,
    notices,
    offers,
    requests,
    schedule,
    subscriptions,
)
from scheduler.services.booking import Booked
from scheduler.services.desk import Desk
from scheduler.settings import Settings
from scheduler.store.database import db, transaction
from tests.services.practice_side import desk_of
from tests.state_machine.model import ANSWER, HOLD, NOTICE, Entry, Kind, Model
from tests.support.core import Core, somebody
from tests.support.environment import settings
from tests.support.instants import HOUR, MINUTE, at

BEGIN = {
    "summer": at("2026-06-01T08:00-04:00"),
    "before autumn's clock change": at("2026-10-30T08:00-04:00"),
    "before spring's clock change": at("2027-03-12T08:00-05:00"),
}
DAYS = 6
KINDS = {
    "consultation": Kind(15 * MINUTE),
    "session": Kind(50 * MINUTE, step=30 * MINUTE, before=5 * MINUTE, after=10 * MINUTE),
    "first-talk": Kind(15 * MINUTE, by_request=True),
}
PEOPLE = {"consultation": ("ada", "ben"), "session": ("ada",), "first-talk": ("ben",)}
MORNING, NIGHT = (9 * 60, 12 * 60), (30, 4 * 60)
WEEKS = {
    "mornings": [(day, *MORNING) for day in range(1, 8)],
    "weekdays": [(day, *MORNING) for day in range(1, 6)],
    "nights": [(day, *NIGHT) for day in range(1, 8)],
    "both": [(day, *span) for day in range(1, 8) for span in (NIGHT, MORNING)],
}
choices = st.integers(0, 10_000)
TABLES = ("appointments", "participants", "outbox", "consultation_claims", "idempotency_keys", "time_off")


class Power(Exception):
    """The lights went out in the middle of a transaction."""


class PracticeMachine(RuleBasedStateMachine):
    """Each rule does a thing in the program and in the model; they must agree on whether it works."""

    core: Core
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings.from_environment(settings(self.core.url))
        self.now = BEGIN["summer"]
        self.model = Model(KINDS, {who: list(WEEKS["weekdays"]) for who in ("ada", "ben")})
        self.numbers = 0
        self.feeds: list[tuple[str, str, str]] = []
        with transaction() as tx:
            for name in TABLES[::-1]:
                tx.execute(text(f"DELETE FROM {name}"))
            tx.execute(text("DELETE FROM subscriptions"))
        for who in ("ada", "ben"):
            self.core.open_weekly(who, *(WeeklySpan(*span) for span in WEEKS["weekdays"]), now=self.now)

    # ---- time and hours ------------------------------------------------------

    @rule(begin=st.sampled_from(sorted(BEGIN)))
    def leap(self, begin: str) -> None:
        """To a season of interest, never back."""
        self.now = max(self.now, BEGIN[begin])

    @rule(seconds=st.sampled_from([60, 20 * MINUTE, 3 * HOUR, 26 * HOUR]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(who=st.sampled_from(["ada", "ben"]), week=st.sampled_from(sorted(WEEKS)))
    def change_hours(self, who: str, week: str) -> None:
        draft: dict[int, list[tuple[int, int]]] = {}
        for weekday, low, high in WEEKS[week]:
            draft.setdefault(weekday, []).append((low, high))
        schedule.save_weekly(self.desk(who), self.core.therapist(who), draft, now=self.now)
        self.model.weekly[who] = list(WEEKS[week])

    @rule(who=st.sampled_from(["ada", "ben"]), ahead=st.integers(0, DAYS), quarter=st.integers(36, 46))
    def block_time(self, who: str, ahead: int, quarter: int) -> None:
        day, minutes = self.day(ahead), (quarter * 15, quarter * 15 + 75)
        entry = schedule.time_off(TimeOffKind.BLOCK, day, day, minutes)
        schedule.close(self.desk(who), self.core.therapist(who), entry, now=self.now)
        self.model.blocks.setdefault(who, []).append((day, *minutes))

    # ---- visitors ------------------------------------------------------------

    @rule(kind=st.sampled_from(sorted(KINDS)), choice=choices, wish=choices)
    def hold(self, kind: str, choice: int, wish: int) -> None:
        who, start = self.wish(kind, choice, wish)
        may = self.model.is_offered(KINDS[kind], who, start, self.now)
        held = self.attempt(
            may,
            lambda: holds.hold(
                self.core.demo,
                self.core.kind(kind),
                start=start,
                therapist=self.core.therapist(who),
                source="192.0.2.1",
                language="en",
                zone="UTC",
                now=self.now,
                limited=False,
            ),
        )
        if held is not None:
            entry = self.remember(kind, who, start, "held", expires_at=self.now + HOLD)
            entry.hold_token = held.token

    @precondition(lambda self: self.holds())
    @rule(choice=choices)
    def book_held(self, choice: int) -> None:
        entry = self.holds()[choice % len(self.holds())]
        running = not entry.is_lapsed(self.now) and entry.status == "held"
        rule_now = entry.made_at if running else self.now
        may = entry.start > self.now and self.model.is_offered(
            KINDS[entry.kind], entry.who, entry.start, self.now, rule_now=rule_now, without=entry
        )
        self.numbers += 1
        raw, key = somebody(self.numbers), f"key {self.numbers}"
        booked = self.attempt(
            may,
            lambda: booking.book_held(
                self.core.demo,
                entry.hold_token,
                raw,
                key=key,
                source="192.0.2.1",
                now=self.now,
                limited=False,
            ),
        )
        if booked is not None:
            self.model.entries.remove(entry)
            self.booked(self.remember(entry.kind, entry.who, entry.start, "booked"), booked)

    @precondition(lambda self: self.holds())
    @rule(choice=choices)
    def give_back(self, choice: int) -> None:
        entry = self.holds()[choice % len(self.holds())]
        holds.release(self.core.demo, entry.hold_token, now=self.now)
        entry.status, entry.expires_at = "expired", None

    @rule(kind=st.sampled_from(sorted(KINDS)), choice=choices, wish=choices, twice=st.booleans())
    def book(self, kind: str, choice: int, wish: int, twice: bool) -> None:
        who, start = self.wish(kind, choice, wish)
        may = self.model.is_offered(KINDS[kind], who, start, self.now)
        act = self.booking_of(kind, who, start)
        booked = self.attempt(may, act)
        if booked is not None:
            self.booked(self.remember(kind, who, start, "booked"), booked)
            if twice:
                assert act().uid == booked.uid

    @precondition(lambda self: self.open())
    @rule(choice=choices, wish=choices)
    def move(self, choice: int, wish: int) -> None:
        entry = self.open()[choice % len(self.open())]
        kind = KINDS[entry.kind]
        start = self.wish(entry.kind, 0, wish, who=entry.who)[1]
        is_open = entry.start > self.now and not entry.is_lapsed(self.now)
        may = is_open and (
            start == entry.start or self.model.is_offered(kind, entry.who, start, self.now, without=entry)
        )
        moved = self.attempt(may, lambda: manage.move(entry.token, start, now=self.now, limited=False))
        if moved is not None:
            self.moved(entry, start)

    @precondition(lambda self: self.waiting_by_link())
    @rule(choice=choices, wish=choices)
    def move_too_late(self, choice: int, wish: int) -> None:
        """The time for an answer ends, and nothing has swept yet: the request counts as declined."""
        entry = self.waiting_by_link()[choice % len(self.waiting_by_link())]
        self.now = max(self.now, entry.expires_at or 0)
        start = self.wish(entry.kind, 0, wish, who=entry.who)[1]
        self.attempt(False, lambda: manage.move(entry.token, start, now=self.now, limited=False))

    @precondition(lambda self: self.open())
    @rule(choice=choices, again=st.booleans())
    def cancel(self, choice: int, again: bool) -> None:
        entry = self.open()[choice % len(self.open())]
        if entry.is_lapsed(self.now):
            return
        may = entry.start > self.now
        for _ in range(1 + again):
            done = self.attempt(may, lambda: manage.cancel(entry.token, now=self.now))
        if done is not None:
            entry.become("cancelled", "cancelled")

    # ---- the practice --------------------------------------------------------

    @precondition(lambda self: self.requested())
    @rule(choice=choices, yes=st.booleans(), again=st.booleans())
    def answer(self, choice: int, yes: bool, again: bool) -> None:
        entry = self.requested()[choice % len(self.requested())]
        lapsed = entry.is_lapsed(self.now)
        answer = requests.accept if yes else requests.decline
        for _ in range(1 + again):
            done = self.attempt(
                not (yes and lapsed), lambda: answer(self.desk(entry.who), entry.row_id, now=self.now)
            )
        if done is not None:
            entry.become(*(("confirmed", "accepted") if yes else ("declined", "declined")))

    @rule(kind=st.sampled_from(sorted(KINDS)), choice=choices, quarter=st.integers(0, 95))
    def book_by_hand(self, kind: str, choice: int, quarter: int) -> None:
        """At any time of tomorrow that is free, whatever the hours say."""
        who = PEOPLE[kind][choice % len(PEOPLE[kind])]
        start = self.now - self.now % 900 + DAYS * 4 * HOUR + quarter * 900
        may = self.model.is_free(who, KINDS[kind].busy(start), self.now)
        self.numbers += 1
        raw = somebody(self.numbers)
        done = self.attempt(
            may,
            lambda: by_hand.book_by_hand(
                self.core.demo,
                self.core.kind(kind),
                therapist=self.core.therapist(who),
                start=start,
                raw=raw,
                notify=True,
                by="user-ada",
                now=self.now,
            ),
        )
        if done is not None:
            entry = self.remember(kind, who, start, "confirmed")
            entry.uid, entry.row_id = done.uid, done.id
            entry.told.add(("confirmation", 0))

    @precondition(lambda self: self.open())
    @rule(choice=choices, quarter=st.integers(0, 95), away=st.booleans())
    def move_or_cancel_by_hand(self, choice: int, quarter: int, away: bool) -> None:
        entry = self.open()[choice % len(self.open())]
        if entry.is_lapsed(self.now):
            return
        if away:
            by_hand.cancel(self.core.demo, entry.row_id, by="user-ada", now=self.now)
            entry.become("cancelled", "cancelled")
            return
        start = self.now - self.now % 900 + 30 * HOUR + quarter * 900
        may = self.model.is_free(entry.who, KINDS[entry.kind].busy(start), self.now, without=entry)
        act = lambda: by_hand.move(self.core.demo, entry.row_id, start, by="user-ada", now=self.now)  # noqa: E731
        if self.attempt(may, act) is not None:
            self.moved(entry, start, even_if_same=True)

    @rule(who=st.sampled_from(["ada", "ben"]))
    def subscribe(self, who: str) -> None:
        therapist = self.core.therapist(who)
        if len(subscriptions.living(therapist)) < 3:
            made, token = subscriptions.make(therapist, name="Phone", level="busy", by="user", now=self.now)
            self.feeds.append((who, made.id, token))

    @precondition(lambda self: self.feeds)
    @rule(choice=choices)
    def revoke(self, choice: int) -> None:
        who, subscription_id, token = self.feeds.pop(choice % len(self.feeds))
        subscriptions.revoke(self.core.therapist(who), subscription_id, by="user", now=self.now)
        with pytest.raises(NotFound):
            feeds.calendar(token, now=self.now)

    @rule()
    def worker_sweeps(self) -> None:
        """Afterwards nothing is left that has lapsed, and no mail is due that was not dealt with."""
        worker.run_once(self.settings, self.now, stop=threading.Event())
        for entry in self.model.entries:
            status, sequence = entry.effective(self.now)
            if (status, sequence) != (entry.status, entry.sequence):
                if status == "declined":
                    entry.become("declined", "declined")
                entry.status, entry.expires_at = status, None
        due = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND due_at <= :now"
        assert self.core.all(due, now=self.now) == [(0,)]

    # ---- crashes -------------------------------------------------------------

    @rule(choice=choices, wish=choices, what=choices, mail=st.integers(0, 2))
    def crash(self, choice: int, wish: int, what: int, mail: int) -> None:
        """The process dies in the middle of a change: nothing of it is left."""
        acts: list[Callable[[], Any]] = []
        for kind in sorted(KINDS):
            acts.append(self.booking_of(kind, *self.wish(kind, choice, wish)))
        for entry in self.open():
            acts.append(lambda one=entry: manage.cancel(one.token, now=self.now))
            acts.append(lambda one=entry: by_hand.cancel(self.core.demo, one.row_id, by="x", now=self.now))
        before = self.dump()
        with dying(mail), pytest.raises((Power, SlotTaken, WrongState, NotFound)):
            acts[what % len(acts)]()
        assert self.dump() == before

    # ---- what must be so, always ---------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        type(self).steps += 1
        self.nothing_overlaps()
        self.what_is_stored_is_what_the_model_has()
        self.everybody_was_told_of_every_change_once()
        self.what_is_offered_is_what_the_model_would_give()
        self.feeds_show_what_is_booked()

    def nothing_overlaps(self) -> None:
        assert (
            self.core.all(
                "SELECT one.id FROM appointments one JOIN appointments other"
                " ON one.therapist_id = other.therapist_id AND one.id < other.id"
                " AND one.busy_start < other.busy_end AND other.busy_start < one.busy_end"
                " WHERE one.status IN ('held', 'requested', 'confirmed')"
                " AND other.status IN ('held', 'requested', 'confirmed')"
            )
            == []
        )

    def what_is_stored_is_what_the_model_has(self) -> None:
        rows = self.core.all(
            "SELECT t.slug, a.start_at, a.end_at, a.busy_start, a.busy_end, a.status, a.sequence,"
            " a.expires_at FROM appointments a JOIN therapists t ON t.id = a.therapist_id"
        )
        stored = Counter()
        for who, start, end, low, high, status, sequence, expires_at in rows:
            row = Entry("", who, start, end, (low, high), status, 0, expires_at, sequence)
            stored[row.who, row.start, row.end, row.busy, *row.effective(self.now)] += 1
        expected = Counter(
            (one.who, one.start, one.end, one.busy, *one.effective(self.now)) for one in self.model.entries
        )
        assert without_expired(stored) == without_expired(expected)

    def everybody_was_told_of_every_change_once(self) -> None:
        rows = self.core.all(
            "SELECT a.uid, o.kind, o.sequence FROM outbox o JOIN appointments a ON a.id = o.appointment_id"
            " WHERE o.recipient <> 'therapist' AND o.kind <> 'reminder'"
        )
        assert len(rows) == len(set(rows))
        expected = {(one.uid, *told) for one in self.model.entries for told in one.told}
        lapsed = {
            (one.uid, "declined", one.sequence + 1)
            for one in self.model.entries
            if one.status == "requested" and one.is_lapsed(self.now)
        }
        assert set(rows) - lapsed == expected

    def what_is_offered_is_what_the_model_would_give(self) -> None:
        first, last = self.day(0), self.day(DAYS)
        for kind, people in PEOPLE.items():
            for who in people:
                found = offers.offer(
                    self.core.demo,
                    self.core.kind(kind),
                    first,
                    last,
                    therapist=self.core.therapist(who),
                    now=self.now,
                )
                assert list(found.starts) == self.model.offered(KINDS[kind], who, first, last, self.now)

    def feeds_show_what_is_booked(self) -> None:
        for who, _, token in self.feeds:
            body = feeds.calendar(token, now=self.now)[1].body.decode()
            shown = {line[4:].strip() for line in body.splitlines() if line.startswith("UID:")}
            low, high = feeds.window("America/Toronto", self.now)
            near = [
                one for one in self.model.entries if one.who == who and low <= one.start < high and one.uid
            ]
            certain = {one.uid for one in near if one.effective(self.now)[0] in ("requested", "confirmed")}
            lapsed = {one.uid for one in near if one.status == "requested"} - certain
            assert certain <= shown <= certain | lapsed

    # ---- small things --------------------------------------------------------

    def attempt(self, may: bool, act: Callable[[], Any]) -> Any:
        """Do it if the model allows it, else see it refused."""
        if may:
            return act()
        with pytest.raises((SlotTaken, WrongState, NotFound)):
            act()
        return None

    def booking_of(self, kind: str, who: str, start: int) -> Callable[[], Booked]:
        self.numbers += 1
        raw, key, now = somebody(self.numbers), f"key {self.numbers}", self.now
        return lambda: booking.book(
            self.core.demo,
            self.core.kind(kind),
            start=start,
            therapist=self.core.therapist(who),
            raw=raw,
            key=key,
            source="192.0.2.1",
            now=now,
            limited=False,
        )

    def wish(self, kind: str, choice: int, wish: int, who: str = "") -> tuple[str, int]:
        """A therapist and a start: mostly one that is offered, sometimes any quarter of an hour."""
        who = who or PEOPLE[kind][choice % len(PEOPLE[kind])]
        offered = self.model.offered(KINDS[kind], who, self.day(0), self.day(DAYS), self.now)
        if offered and wish % 4:
            return who, offered[wish % len(offered)]
        return who, self.now - self.now % 900 + wish % (DAYS * 96) * 900

    def remember(self, kind: str, who: str, start: int, status: str, expires_at: int | None = None) -> Entry:
        busy = KINDS[kind].busy(start)
        end = start + KINDS[kind].duration
        self.model.entries.append(Entry(kind, who, start, end, busy, status, self.now, expires_at))
        return self.model.entries[-1]

    def booked(self, entry: Entry, answer: Booked) -> None:
        entry.uid, entry.row_id, entry.token = answer.uid, answer.appointment.id, answer.token
        if KINDS[entry.kind].by_request:
            entry.status, entry.expires_at = "requested", self.answer_by(entry.start)
            entry.told.add(("request_received", 0))
        else:
            entry.status = "confirmed"
            entry.told.add(("confirmation", 0))

    def moved(self, entry: Entry, start: int, *, even_if_same: bool = False) -> None:
        if start == entry.start and not even_if_same:
            return
        kind = KINDS[entry.kind]
        entry.start, entry.end, entry.busy = start, start + kind.duration, kind.busy(start)
        entry.sequence += 1
        entry.told.add(("moved", entry.sequence))
        if entry.status == "requested":
            entry.expires_at = self.answer_by(start)

    def answer_by(self, start: int) -> int:
        latest = start - NOTICE
        return min(self.now + ANSWER, latest if latest > self.now else start)

    def day(self, ahead: int) -> date:
        return local_day(self.now, "America/Toronto") + timedelta(days=ahead)

    def desk(self, who: str) -> Desk:
        return desk_of(self.core, who)

    def holds(self) -> list[Entry]:
        return [one for one in self.model.entries if one.hold_token]

    def open(self) -> list[Entry]:
        return [one for one in self.model.entries if one.status in ("requested", "confirmed") and one.token]

    def requested(self) -> list[Entry]:
        return [one for one in self.model.entries if one.status == "requested"]

    def waiting_by_link(self) -> list[Entry]:
        return [one for one in self.open() if one.status == "requested"]

    def dump(self) -> list[Any]:
        return [sorted(map(repr, self.core.all(f"SELECT * FROM {name}"))) for name in TABLES]

    def teardown(self) -> None:
        db.session.remove()


def without_expired(rows: Mapping[Any, int]) -> dict[Any, int]:
    """An ended hold may have turned into a booking of its own row or of another: neither matters."""
    return {row: count for row, count in rows.items() if row[4] != "expired"}


@contextmanager
def dying(mail: int) -> Iterator[None]:
    """The process dies at the first or second mail of a change (0, 1), or when it would commit (2)."""
    real, left = notices.outbox.add, [mail]

    def add(*args: Any) -> None:
        if left[0] == 0:
            raise Power
        left[0] -= 1
        real(*args)

    def commit(connection: Connection) -> None:
        if connection.get_execution_options().get("write"):
            raise Power

    event.listen(db.engine, "commit", commit)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(notices.outbox, "add", add)
            yield
    finally:
        event.remove(db.engine, "commit", commit)
