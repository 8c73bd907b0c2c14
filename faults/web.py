"""gunicorn's configuration on the bench: load the program once and fork, so that it can be killed often.

Starting takes seconds and would fill the whole run; what is killed is a real
worker process with its own connections all the same.
"""

import random
from typing import Any

from faults import clockwork
from scheduler.store.database import db

preload_app = True
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Before the program is loaded."""
    clockwork.install()


def post_fork(server: Any, _worker: Any) -> None:
    """No connection is shared with the parent, nor the random numbers."""
    random.seed()
    app = server.app.wsgi()
    with app.app_context():
        db.engine.dispose(close=False)
