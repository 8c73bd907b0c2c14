"""The demo practices: one in Montréal, one in Berlin, with hours, types and a few made-up appointments."""

import json
from datetime import datetime, time, timedelta
from importlib import resources
from typing import Any
from uuid import uuid4

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.errors import SlotTaken
from scheduler.domain.local_time import local_day, start_instant
from scheduler.domain.practice import (
    AppointmentType,
    Approval,
    GroundRules,
    HelpLine,
    Mode,
    Practice,
    Therapist,
)
from scheduler.domain.staff import Role
from scheduler.services import by_hand, directory
from scheduler.services.accounts import hash_password
from scheduler.store import accounts, schedule, therapists, types
from scheduler.store import practice as practices
from scheduler.store.database import Transaction, transaction

ACCOUNTS = "ada@demo.example, ben@demo.example, owner@demo.example, cora@other.example"


def add(*, password: str, embed_origins: tuple[str, ...], now: int) -> bool:
    """Add the demo practices, once; returns whether anything was added."""
    content = json.loads(resources.files("scheduler").joinpath("demo.json").read_text(encoding="utf-8"))
    password_hash = hash_password(password)
    with transaction() as tx:
        if practices.every(tx):
            return False
        for entry in content["practices"]:
            _practice(tx, entry, password_hash, embed_origins, now)
    for entry in content["practices"]:
        _appointments(entry, now)
    return True


def _practice(
    tx: Transaction, entry: dict[str, Any], password_hash: str, embed_origins: tuple[str, ...], now: int
) -> None:
    values = {name: entry[name] for name in entry["plain"]}
    practice = Practice(
        id=str(uuid4()),
        languages=tuple(entry["languages"]),
        help_line=HelpLine(**entry["help_line"]),
        embed_origins=embed_origins,
        rules=GroundRules(**entry["rules"]),
        sender="",
        privacy_version=1,
        published=True,
        **values,
    )
    practices.add(tx, practice)
    people: dict[str, Therapist] = {}
    for position, person in enumerate(entry["therapists"]):
        therapist = Therapist(
            id=str(uuid4()),
            practice_id=practice.id,
            calendar_revision=1,
            **{name: person[name] for name in ("slug", "name", "email", "video_link")},
        )
        therapists.add(tx, therapist, position=position, now=now)
        schedule.replace_weekly(tx, therapist.id, [WeeklySpan(*span) for span in person["weekly"]])
        people[therapist.slug] = therapist
    for position, kind in enumerate(entry["types"]):
        types.add(tx, _type(practice, kind, people, position))
    for account in entry["accounts"]:
        therapist_slug = account.get("therapist")
        accounts.add_user(
            tx,
            practice_id=practice.id,
            therapist_id=people[therapist_slug].id if therapist_slug else None,
            role=Role(account["role"]),
            name=account["name"],
            email=account["email"],
            password_hash=password_hash,
            now=now,
        )


def _type(
    practice: Practice, kind: dict[str, Any], people: dict[str, Therapist], position: int
) -> AppointmentType:
    values = dict(kind)
    return AppointmentType(
        id=str(uuid4()),
        practice_id=practice.id,
        modes=tuple(Mode(mode) for mode in values.pop("modes")),
        approval=Approval(values.pop("approval")),
        therapist_ids=tuple(people[slug].id for slug in values.pop("therapists")),
        position=position,
        **values,
    )


def _appointments(entry: dict[str, Any], now: int) -> None:
    """Made-up appointments on coming working days, through the same guard as everything else."""
    practice = directory.practice(entry["slug"])
    today = local_day(now, practice.zone)
    for made_up in entry["appointments"]:
        day = today + timedelta(days=made_up["in_days"])
        while day.isoweekday() != made_up["weekday"]:
            day += timedelta(days=1)
        try:
            by_hand.book_by_hand(
                practice,
                directory.find_type(practice, made_up["type"]),
                therapist=directory.find_therapist(practice, made_up["therapist"]),
                start=start_instant(datetime.combine(day, time.fromisoformat(made_up["at"])), practice.zone),
                raw={name: made_up[name] for name in ("name", "email", "phone", "mode")},
                notify=False,
                by="demo",
                now=now,
            )
        except SlotTaken:
            continue
