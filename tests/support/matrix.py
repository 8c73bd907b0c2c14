"""What `make test-matrix` changes: the database of tests that name none, the order of all, and how often."""

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--on`, `--shuffle` and `--at-length`."""
    group = parser.getgroup("matrix", "the same tests under other circumstances")
    group.addoption(
        "--on",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="the database of tests that name none; with postgres only those run",
    )
    group.addoption("--at-length", action="store_true", help="let chance decide many times instead of a few")
    group.addoption("--shuffle", type=int, metavar="SEED", help="run in random order, the same for a seed")


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`, as asked for; a test that looks into its SQLite file keeps it."""
    return "sqlite" if names_sqlite(request.fixturenames) else str(request.config.getoption("--on"))


@pytest.fixture(scope="session")
def at_length(request: pytest.FixtureRequest) -> bool:
    """Whether tests that leave something to chance should do so many times."""
    return bool(request.config.getoption("--at-length"))


def names_sqlite(fixtures: list[str]) -> bool:
    """Whether a test asks for SQLite by name."""
    return any(name.startswith("sqlite_") for name in fixtures)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `--on postgres` does not change, and put the rest into random order."""
    if config.getoption("--on") == "postgres":
        left = [item for item in items if not is_meant(list(getattr(item, "fixturenames", ())))]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if is_meant(list(getattr(item, "fixturenames", ())))]
    seed = config.getoption("--shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)


def is_meant(fixtures: list[str]) -> bool:
    """Whether a test with these fixtures runs on the database of `--on`."""
    return "database_kind" in fixtures and not names_sqlite(fixtures)
