"""The demo, served for real, as browsers meet it."""

from collections.abc import Callable

import pytest

from tests.browser.websites import Website, website
from tests.support.servers import RunningServer

__all__ = ["demo", "website"]


@pytest.fixture
def demo(serve: Callable[..., RunningServer], sqlite_demo_database: str, website: Website) -> RunningServer:
    """The program on the demo data; `website` may embed its pages."""
    return serve(sqlite_demo_database, SCHEDULER_DEMO_EMBED_ORIGINS=website.url)
