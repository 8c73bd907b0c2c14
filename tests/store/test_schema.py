"""The schema: the same from models and migrations, down and up again, and nothing personal in plain text."""

from collections.abc import Iterator
from typing import Any

import flask_migrate
import pytest
from sqlalchemy import Engine, inspect, text

import scheduler.store.accounts
import scheduler.store.calendar_tables
import scheduler.store.series_tables
import scheduler.store.visitor_tables  # noqa: F401 - their tables belong to the same metadata
from scheduler.store.database import OVERLAP, db
from scheduler.store.tables import Base
from tests.support.core import bare_app
from tests.support.environment import ROOT
from tests.support.postgres import PostgresServer

MIGRATIONS = str(ROOT / "migrations")

# The only columns that may hold something about a visitor: sealed, a hash or an HMAC.
PERSONAL = {
    "participants": {
        "name_sealed",
        "email_sealed",
        "phone_sealed",
        "email_lookup",
        "phone_lookup",
        "token_sealed",
        "extras_sealed",
    },
    "appointments": {"note_sealed", "answers_sealed", "source_hash", "hold_hash"},
    "consultation_claims": {"contact_lookup"},
    "idempotency_keys": {"key_hash", "body_hash"},
    "outbox": {"facts_sealed", "preview_sealed"},
    "time_off": {"label_sealed"},
    "therapists": {"video_link_sealed"},
    "recovery_codes": {"code_lookup"},
    "reset_questions": {"email_sealed"},
    "intake_answers": {"answer_sealed"},
    "newsletter": {"email_sealed", "email_lookup", "token_sealed"},
    "waiting": {"name_sealed", "email_sealed", "phone_sealed", "email_lookup", "token_sealed"},
    "series_offers": {"name_sealed", "email_sealed", "phone_sealed", "note_sealed", "token_sealed"},
}
# What a practice publishes about itself and its staff is no secret.
PUBLIC = {
    "practices": {"name", "email", "phone", "address", "sender_name", "privacy", "answer_within"}
    | {"asks_safe_contact"},
    "intake_questions": {"labels"},
    "intake_answers": {"answered_at"},
    "therapists": {"name", "email", "mail"},
    "users": {"name", "email", "password_hash", "totp_sealed"},
    "subscriptions": {"name"},
    "appointment_types": {"names", "access_sealed"},
    "heartbeats": {"name"},
    "calendars": {"name", "address_sealed", "username_sealed", "password_sealed", "found_sealed"},
}
TELLTALE = (
    "name",
    "mail",
    "phone",
    "note",
    "address",
    "birth",
    "gender",
    "reason",
    "answer",
    "source",
    "facts",
)
TELLTALE += ("preview", "label", "contact", "lookup", "sealed")


def described(engine: Engine) -> dict[str, Any]:
    """Everything about the tables that can be asked of the database."""
    with engine.connect() as connection:
        seen = inspect(connection)
        tables = {name for name in seen.get_table_names() if name != "alembic_version"}
        return {
            name: {
                "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)],
                "key": seen.get_pk_constraint(name)["constrained_columns"],
                "foreign": sorted(
                    (f["constrained_columns"], f["referred_table"], f["options"])
                    for f in seen.get_foreign_keys(name)
                ),
                "unique": sorted(
                    str((u["name"], u["column_names"])) for u in seen.get_unique_constraints(name)
                ),
                "checks": sorted(str((c["name"], c["sqltext"])) for c in seen.get_check_constraints(name)),
                "indexes": sorted(
                    str((i["name"], i["column_names"], i["unique"]))
                    for i in seen.get_indexes(name)
                    if i["name"] not in {"ix_appointments_live", OVERLAP}
                ),
            }
            for name in tables
        }


def guard(engine: Engine) -> list[str]:
    """The names of what differs between the two databases: triggers, constraint, partial index."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' OR name = 'ix_appointments_live'"
        if engine.dialect.name == "sqlite"
        else "SELECT conname FROM pg_constraint WHERE contype = 'x'"
        " UNION SELECT indexname FROM pg_indexes WHERE indexname = 'ix_appointments_live'"
    )
    with engine.connect() as connection:
        return sorted(str(row[0]) for row in connection.execute(text(query)))


GUARD = {
    "sqlite": [f"{OVERLAP}_insert", f"{OVERLAP}_update", "ix_appointments_live"],
    "postgresql": [OVERLAP, "ix_appointments_live"],
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Engine]:
    """The engine of an empty database, in an application context."""
    if request.param == "sqlite":
        url, drop = f"sqlite:///{tmp_path / 'empty.sqlite3'}", lambda: None
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        name = server.create()
        url, drop = server.url(name), lambda: server.drop(name)
    with bare_app(url).app_context():
        yield db.engine
        db.engine.dispose()
    drop()


def test_models_and_migrations_make_the_same_schema(engine: Engine) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    migrated = described(engine)
    flask_migrate.downgrade(MIGRATIONS, revision="base")
    Base.metadata.create_all(engine)
    assert described(engine) == migrated


def test_migrations_go_down_to_nothing_and_up_again(engine: Engine) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    first = described(engine)
    assert guard(engine) == GUARD[engine.dialect.name]
    flask_migrate.downgrade(MIGRATIONS, revision="base")
    assert (described(engine), guard(engine)) == ({}, [])
    flask_migrate.upgrade(MIGRATIONS)
    assert (described(engine), guard(engine)) == (first, GUARD[engine.dialect.name])


def test_only_these_columns_know_anything_about_a_visitor() -> None:
    told = {
        name: {column.name for column in found.columns if any(word in column.name for word in TELLTALE)}
        for name, found in Base.metadata.tables.items()
    }
    allowed = {name: PERSONAL.get(name, set()) | PUBLIC.get(name, set()) for name in told}
    assert {name: columns - allowed[name] for name, columns in told.items() if columns - allowed[name]} == {}


def test_personal_columns_hold_bytes_and_never_text() -> None:
    kinds = {
        str(Base.metadata.tables[name].columns[column].type)
        for name, columns in PERSONAL.items()
        for column in columns
    }
    assert kinds == {"BLOB"}
