"""What happens when a machine lacks something that a test needs."""

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test; with CI=true fail it, because there nobody would notice that it never ran."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing (run `make set-up`)", pytrace=False)
    pytest.skip(f"{what} is missing (run `make set-up`)")
