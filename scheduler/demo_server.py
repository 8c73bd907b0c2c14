"""`make run`: migrate, demo data once, the worker in a thread, and one waitress process."""

import os
import secrets
import socket
import sys
import threading
from dataclasses import replace

import click
import flask_migrate
import waitress
from flask import Flask

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.services import demo
from scheduler.settings import Settings

HOST = "127.0.0.1"
PORTS_TRIED = 20


def serve(app: Flask, settings: Settings) -> None:
    """Serve the demo until interrupted. Exits with a clear line outside `SCHEDULER_ENV=demo`."""
    if not settings.is_demo:
        sys.exit("run-demo is for SCHEDULER_ENV=demo; the README says how to run it for real")
    wanted = _wanted_port()
    listener = _listen(wanted)
    port = listener.getsockname()[1]
    if port != wanted:
        click.echo(f"Port {wanted} is busy, so this is on {port}. PORT=… chooses another.")
    public_url = os.environ.get("SCHEDULER_PUBLIC_URL", f"http://{HOST}:{port}")
    settings = replace(settings, public_url=public_url)
    app.config["SETTINGS"] = settings
    flask_migrate.upgrade()
    password = settings.demo_password or secrets.token_urlsafe(12)
    is_new = demo.add(
        password=password, embed_origins=(*settings.demo_embed_origins, public_url), now=utcnow()
    )
    stop = threading.Event()
    thread = worker.start_thread(app, stop)
    _announce(settings, password if is_new and not settings.demo_password else None)
    try:
        waitress.serve(app, sockets=[listener], threads=8, ident=None, _quiet=True)
    finally:
        stop.set()
        thread.join(timeout=10)


def _wanted_port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        sys.exit("PORT must be a whole number from 1 to 65535")
    return int(given)


def _listen(wanted: int) -> socket.socket:
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            return listener
        except OSError:
            listener.close()
    sys.exit(f"The ports {wanted} to {wanted + PORTS_TRIED - 1} are busy. PORT=… chooses another.")


def _announce(settings: Settings, password: str | None) -> None:
    base = settings.public_url
    lines = [
        "",
        f"  Practice website with the widget   {base}/demo/",
        f"  Booking pages                      {base}/book/demo/",
        f"  Practice side, sign in             {base}/practice/",
        f"  Mail preview                       {base}/practice/mail",
        "",
        f"  Accounts: {demo.ACCOUNTS}",
    ]
    if password:
        lines.append(f"  Password of all four, shown once: {password}")
    elif not settings.demo_password:
        lines.append("  Password: as printed at the first start (remove instance/ to start anew)")
    if settings.mail_server is None:
        lines.append("  No mail server is set: mails go to the preview only.")
    click.echo("\n".join([*lines, ""]))
