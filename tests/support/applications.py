"""The application inside the test's own process."""

import importlib
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from scheduler.settings import Settings
from tests.support.environment import settings


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled once in this process; each application would compile them again."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what is kept under its key; the bucket itself checks the source."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what is in the bucket."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture
def make_app() -> Callable[..., Flask]:
    """Make an application: `make_app(database_url, SCHEDULER_…="…")`."""

    # Imported when asked for: while the web layer is broken, the core's tests still run.
    create_app = importlib.import_module("scheduler.app").create_app

    def make(database_url: str, **changes: str | None) -> Flask:
        app: Flask = create_app(Settings.from_environment(settings(database_url, **changes)))
        app.testing = True
        app.jinja_env.bytecode_cache = COMPILED
        return app

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask], any_database: str) -> Flask:
    """The application on an empty database."""
    return make_app(any_database)


@pytest.fixture
def demo_app(make_app: Callable[..., Flask], any_demo_database: str) -> Flask:
    """The application on the demo data."""
    return make_app(any_demo_database)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without a browser, on an empty database."""
    return app.test_client()


@pytest.fixture
def demo_client(demo_app: Flask) -> FlaskClient:
    """A visitor without a browser, on the demo data."""
    return demo_app.test_client()
