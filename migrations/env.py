"""Alembic's environment: runs migrations on the application's database, each in a transaction."""

from alembic import context
from flask import current_app

import scheduler.store.accounts
import scheduler.store.calendar_tables
import scheduler.store.series_tables
import scheduler.store.visitor_tables  # noqa: F401 - their tables belong to the same metadata
from scheduler.store.database import db
from scheduler.store.tables import Base


def run() -> None:
    """Migrate the configured database."""
    with current_app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        if connection.dialect.name == "postgresql":  # an index over years of rows takes longer than a page
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.detach()  # its timeouts end with it


run()
