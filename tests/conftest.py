"""Brings the real things of tests/support to every test, and puts the quick tests first."""

import os

import pytest
import time_machine
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from scheduler.gateways import confined
from tests.support.patience import STUBBORN

pytest_plugins = [
    "tests.support.matrix",
    "tests.support.postgres",
    "tests.support.commands",
    "tests.support.databases",
    "tests.support.core",
    "tests.support.mail",
    "tests.support.imap",
    "tests.support.loaded",
    "tests.support.servers",
    "tests.support.browser",
    "tests.support.node",
    "tests.support.radicale",
    "tests.support.applications",
    "tests.support.transactions",
]

# A machine under load is no reason to fail; continuous integration tries the same examples each time.
hypothesis_settings.register_profile(
    "steady",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("steady")
# A child that reads a stranger's calendar is served last: in tests only the processor's clock hurries it.
assert confined.run.__kwdefaults__
confined.run.__kwdefaults__["wall_seconds"] = STUBBORN
time_machine.naive_mode = time_machine.NaiveMode.ERROR

# A browser on a loaded machine misses a press now and then: such a test may try once more, and the summary
# counts it as "rerun". No other kind may, least of all a race: what fails one time in fifty is a finding.
SECOND_TRY = pytest.mark.flaky(reruns=1)

# The fixture that gives a kind of test away, in the order in which the kinds run.
KINDS = {"slow": None, "node": "node", "postgres": "postgres", "browser": "browser"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for, and order them: plain ones, then one kind after the other."""
    for item in items:
        for kind, fixture in KINDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(kind)
        if item.get_closest_marker("browser"):
            item.add_marker(SECOND_TRY)
    if config.getoption("--shuffle") is None:
        items.sort(key=rank)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have measured, written by `record_property("figure", …)`: also where it was good enough."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(value))


def rank(item: pytest.Item) -> int:
    """0 for a plain test, else the place of its last kind."""
    return max((place for place, kind in enumerate(KINDS, 1) if item.get_closest_marker(kind)), default=0)
