"""A migrated database for each test: a copy of one that was migrated once in the session."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import flask
from tests.support.environment import settings
from tests.support.postgres import PostgresServer

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def _sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows. Copy it; never open it."""
    file = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    flask("db", "upgrade", settings=settings(_sqlite_url(file)))
    return file


@pytest.fixture(scope="session")
def sqlite_demo_template(sqlite_template: Path) -> Path:
    """A migrated SQLite file with the demo data. Copy it; never open it."""
    file = sqlite_template.with_name("demo.sqlite3")
    shutil.copy(sqlite_template, file)
    flask("demo-data", settings=settings(_sqlite_url(file)))
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> Iterator[str]:
    """The name of a migrated PostgreSQL database without rows."""
    name = postgres.create()
    flask("db", "upgrade", settings=settings(postgres.url(name)))
    yield name
    postgres.drop(name)


@pytest.fixture(scope="session")
def postgres_demo_template(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database with the demo data."""
    name = postgres.create(postgres_template)
    flask("demo-data", settings=settings(postgres.url(name)))
    yield name
    postgres.drop(name)


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite file."""
    return _sqlite_url(Path(shutil.copy(sqlite_template, tmp_path / "scheduler.sqlite3")))


@pytest.fixture
def sqlite_demo_database(sqlite_demo_template: Path, tmp_path: Path) -> str:
    """The address of a SQLite file with the demo data."""
    return _sqlite_url(Path(shutil.copy(sqlite_demo_template, tmp_path / "demo.sqlite3")))


@pytest.fixture
def postgres_database(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database."""
    name = postgres.create(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def postgres_demo_database(postgres: PostgresServer, postgres_demo_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database with the demo data."""
    name = postgres.create(postgres_demo_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def any_database(request: pytest.FixtureRequest, database_kind: str) -> str:
    """The address of an empty, migrated database of whichever kind, for what no database can change."""
    return str(request.getfixturevalue(f"{database_kind}_database"))


@pytest.fixture
def any_demo_database(request: pytest.FixtureRequest, database_kind: str) -> str:
    """The address of a database of whichever kind with the demo data."""
    return str(request.getfixturevalue(f"{database_kind}_demo_database"))


@pytest.fixture(params=KINDS)
def either_database(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; the test runs on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture(params=KINDS)
def either_demo_database(request: pytest.FixtureRequest) -> str:
    """The address of a database with the demo data; the test runs on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_demo_database"))
