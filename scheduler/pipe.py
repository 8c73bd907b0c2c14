"""`flask --app wsgi read-mail`: a mail server hands over one mail on standard input.

Exit codes are those of sysexits.h, which mail servers act upon: after 75 they keep the mail and
come again, after 78 they complain. Whatever else comes in is read and let go: a mail server that
were told of a mail without an answer in it would bounce it to somebody who did nothing wrong.
"""

import os
import sys

import click
from flask import Flask, current_app

from scheduler.clock import utcnow
from scheduler.domain.errors import StoreBusy
from scheduler.gateways.incoming import MOST_BYTES
from scheduler.services import answers, starting
from scheduler.settings import Settings


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(read_mail)


@click.command("read-mail")
def read_mail() -> None:
    """Read one mail on standard input and note the calendar's answer in it."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.answers_piped:
        click.echo("read-mail works with SCHEDULER_ANSWERS=piped", err=True)
        sys.exit(os.EX_CONFIG)
    content = _whole(MOST_BYTES)
    try:
        reason = starting.obstacle()
        counts = {} if reason else answers.take(content, now=utcnow())
    except StoreBusy as busy:
        reason = str(busy)
    if reason:
        click.echo(reason, err=True)
        sys.exit(os.EX_TEMPFAIL)
    click.echo(", ".join(f"{outcome.value} {count}" for outcome, count in counts.items()))


def _whole(most: int) -> bytes:
    """Standard input to its end, of which one byte more than `most` is kept: it shows that it is too much."""
    kept = sys.stdin.buffer.read(most + 1)
    while sys.stdin.buffer.read(65536):
        pass
    return kept
