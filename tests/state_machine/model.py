"""What a practice's calendar should be, thought through naively: plain lists, no database, no shared code."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Toronto")
NOTICE = 24 * 3600
HORIZON_DAYS = 56
HOLD = 15 * 60
ANSWER = 48 * 3600

Span = tuple[int, int]


@dataclass(frozen=True)
class Kind:
    """A type as the model knows it; seconds."""

    duration: int
    step: int = 900
    before: int = 0
    after: int = 0
    by_request: bool = False

    def busy(self, start: int) -> Span:
        """What it takes, pauses included."""
        return start - self.before, start + self.duration + self.after


@dataclass
class Entry:
    """One hold, request or appointment. `told` is what the visitor was written: kind and sequence."""

    kind: str
    who: str
    start: int
    end: int
    busy: Span
    status: str
    made_at: int
    expires_at: int | None = None
    sequence: int = 0
    uid: str = ""
    row_id: str = ""
    token: str = ""
    hold_token: str = ""
    told: set[tuple[str, int]] = field(default_factory=set)

    def is_lapsed(self, now: int) -> bool:
        """Whether nobody came back, or nobody answered, in time."""
        return self.expires_at is not None and self.expires_at <= now

    def effective(self, now: int) -> tuple[str, int]:
        """Status and sequence as everybody must see them, swept or not."""
        if self.status == "held" and self.is_lapsed(now):
            return "expired", self.sequence
        if self.status == "requested" and self.is_lapsed(now):
            return "declined", self.sequence + 1
        return self.status, self.sequence

    def is_live(self, now: int) -> bool:
        """Whether it takes time."""
        return self.effective(now)[0] in ("held", "requested", "confirmed")

    def become(self, status: str, told: str) -> None:
        """Another status that the visitor is told of."""
        self.status, self.sequence, self.expires_at = status, self.sequence + 1, None
        self.told.add((told, self.sequence))


@dataclass
class Model:
    """Weekly hours by therapist as (weekday, minute, minute); blocks as (day, minute, minute)."""

    kinds: dict[str, Kind]
    weekly: dict[str, list[tuple[int, int, int]]]
    blocks: dict[str, list[tuple[date, int, int]]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def taken(self, who: str, now: int, without: Entry | None = None) -> list[Span]:
        """What stands in the way."""
        return [
            one.busy for one in self.entries if one.who == who and one is not without and one.is_live(now)
        ]

    def is_free(self, who: str, wanted: Span, now: int, without: Entry | None = None) -> bool:
        """Whether nothing lies there, whatever the hours say."""
        return not any(meet(wanted, span) for span in self.taken(who, now, without))

    def is_offered(
        self,
        kind: Kind,
        who: str,
        start: int,
        now: int,
        *,
        rule_now: int | None = None,
        without: Entry | None = None,
    ) -> bool:
        """Whether a visitor may have this start."""
        day = datetime.fromtimestamp(start, ZONE).date()
        return start in self.offered(kind, who, day, day, now, rule_now=rule_now, without=without)

    def offered(
        self,
        kind: Kind,
        who: str,
        first: date,
        last: date,
        now: int,
        *,
        rule_now: int | None = None,
        without: Entry | None = None,
    ) -> list[int]:
        """All starts that a visitor may have on these days."""
        seen_at = now if rule_now is None else rule_now
        end = wall(datetime.fromtimestamp(seen_at, ZONE).date() + timedelta(days=HORIZON_DAYS + 1), 0)
        found, day = [], first
        while day <= last:
            for low, high in self._open(who, day):
                for start in range(low, high - kind.duration + 1, kind.step):
                    may = seen_at + NOTICE <= start < end
                    if may and self.is_free(who, kind.busy(start), now, without):
                        found.append(start)
            day += timedelta(days=1)
        return found

    def _open(self, who: str, day: date) -> list[Span]:
        spans = [
            (wall(day, low), wall(day, high))
            for weekday, low, high in self.weekly[who]
            if weekday == day.isoweekday()
        ]
        for blocked, low, high in self.blocks.get(who, []):
            if blocked == day:
                spans = [part for span in spans for part in without(span, (wall(day, low), wall(day, high)))]
        return sorted(spans)


def wall(day: date, minute: int) -> int:
    """The instant at which a clock on the wall shows this; for times that exist once."""
    moment = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    naive = moment.replace(tzinfo=None) + timedelta(minutes=minute)
    return int(naive.replace(tzinfo=ZONE).astimezone(UTC).timestamp())


def meet(one: Span, other: Span) -> bool:
    """Whether two spans share a moment."""
    return one[0] < other[1] and other[0] < one[1]


def without(span: Span, gone: Span) -> list[Span]:
    """What is left of a span."""
    parts = [(span[0], min(span[1], gone[0])), (max(span[0], gone[1]), span[1])]
    return [part for part in parts if part[0] < part[1]]
