"""Vera, in front of the demo practice."""

import pytest
from flask import Flask

from tests.web.visitor.walking import Visitor


@pytest.fixture
def vera(demo_app: Flask) -> Visitor:
    """A visitor without script, whose browser keeps no cookie."""
    return Visitor(demo_app.test_client(use_cookies=False))
