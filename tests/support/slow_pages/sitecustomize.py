"""Lets every server of the tests think before it answers with a page, which finds tests that look too early:

`PYTHONPATH=tests/support/slow_pages SLOW_PAGES=0.7 .venv/bin/python -m pytest -n 2 tests/browser tests/whole`

What passes only at the second try ("rerun") is a finding too.
Python imports a module of this name as it starts.
"""

import os
import time
from typing import Any

import flask

_answer = flask.Flask.wsgi_app


def _answer_later(self: flask.Flask, environ: dict[str, Any], start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    is_page = path != "/healthz" and not path.endswith((".js", ".css"))
    if is_page and "SERVER_SOFTWARE" in environ:  # a real server: Flask's own client names none
        time.sleep(float(os.environ["SLOW_PAGES"]))
    return _answer(self, environ, start_response)


flask.Flask.wsgi_app = _answer_later  # type: ignore[method-assign]
