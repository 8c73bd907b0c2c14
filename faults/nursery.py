"""Workers to be killed: loads the program once, forks workers and replaces each that dies.

What runs in a child is the worker's own round. The lease and the timeouts of
the mail server are short, so that minutes of waiting become seconds; their
order is as in production: the lease outlasts every conversation.
"""

import logging
import os
import random
import signal
import socket
import sys
import threading
import time

from flask import Flask

from faults import clockwork
from scheduler import clock, worker
from scheduler.domain.errors import StoreBusy
from scheduler.domain.leases import Watch
from scheduler.gateways.smtp import SecureMail
from scheduler.store.database import db
from wsgi import app

CONNECT_TIMEOUT, DATA_TIMEOUT = 1.0, 2.0
LEASE = 12
PAUSE = 0.2

log = logging.getLogger(__name__)


def main(count: int) -> None:
    """Keep so many workers alive until this process is told to end."""
    clockwork.install()
    logging.basicConfig(level=logging.WARNING)
    SecureMail(app, connect_timeout=CONNECT_TIMEOUT, data_timeout=DATA_TIMEOUT)
    children = {_fork() for _ in range(count)}
    signal.signal(signal.SIGTERM, lambda *_: _end(children))
    while True:
        pid, _ = os.wait()
        children.discard(pid)
        children.add(_fork())


def _fork() -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    random.seed()
    # So that the mail server knows which process it spoke with.
    socket.getfqdn = lambda name="": f"pid-{os.getpid()}.example"
    try:
        _work(app)
    finally:
        os._exit(1)


def _end(children: set[int]) -> None:
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _work(program: Flask) -> None:
    with program.app_context():
        db.engine.dispose(close=False)
        settings, stop = program.config["SETTINGS"], threading.Event()
        watch = Watch(time.monotonic)
        while True:
            try:
                worker.run_once(
                    settings, clock.utcnow(), clock=clock.utcnow, watch=watch, stop=stop, lease=LEASE
                )
            except StoreBusy as busy:
                log.warning("the database is busy: %s", busy)
            stop.wait(PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]))
