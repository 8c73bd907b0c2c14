"""The commands of those who keep an installation well: doctor, backup, restore, calendar-busy."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask

from scheduler.clock import utcnow
from scheduler.domain.errors import StoreBusy
from scheduler.domain.local_time import rfc3339, zone_info
from scheduler.services import backups, doctor
from scheduler.services.backups import BackupFailed, Contents
from scheduler.services.busy_times import MOST_BYTES, NotUnderstood, understand

FILE = click.Path(path_type=Path, dir_okay=False)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (run_doctor, back_up, restore, calendar_busy):
        app.cli.add_command(command)


@click.command("doctor")
def run_doctor() -> None:
    """Say what is wrong and what to do, a line each; exit with 1 when there is anything."""
    findings = doctor.examine(utcnow())
    _tell(findings)
    if findings:
        sys.exit(1)
    click.echo("nothing found")


@click.command("backup")
@click.argument("file", type=FILE)
def back_up(file: Path) -> None:
    """Write a backup into a new FILE while everything goes on."""
    try:
        size = backups.back_up(file)
    except (BackupFailed, StoreBusy) as failed:
        raise click.ClickException(str(failed)) from None
    click.echo(f"{file}: {size} bytes. Try it with `flask --app wsgi restore {file} --check`.")


@click.command("restore")
@click.argument("file", type=FILE)
@click.option("--check", is_flag=True, help="Restore into a scratch database, look at it, delete it.")
def restore(file: Path, check: bool) -> None:
    """Restore FILE into the empty database of DATABASE_URL."""
    now = utcnow()
    try:
        contents: Contents = (backups.look_into if check else backups.restore)(file, now=now)
    except (BackupFailed, StoreBusy) as failed:
        raise click.ClickException(str(failed)) from None
    click.echo(f"{'The backup holds' if check else 'Restored'} {contents}")
    _tell(contents.findings)
    if contents.findings:
        sys.exit(1)
    click.echo("nothing found")


@click.command("calendar-busy")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--zone", required=True, help="the owner's IANA zone, for example Europe/Paris")
@click.option("--from", "first", required=True, help="an instant, for example 2026-06-01T00:00:00Z")
@click.option("--to", "last", required=True, help="an instant, not included")
def calendar_busy(file: Path, zone: str, first: str, last: str) -> None:
    """Print when a calendar FILE would block time, as JSON; what is wrong with it goes to standard error."""
    window = _instant(first), _instant(last)
    try:
        zone_info(zone)
    except ValueError as unknown:
        raise click.UsageError(str(unknown)) from None
    if window[0] >= window[1]:
        raise click.UsageError("--to is not after --from")
    with file.open("rb") as opened:
        # An empty answer of a server may be an empty calendar, an empty file is none.
        content = opened.read(MOST_BYTES + 1) or b"\n"
    try:
        busy = understand(content, zone=zone, window=window)
    except NotUnderstood as trouble:
        raise click.ClickException(f"refused ({trouble.status}): {trouble.why}") from None
    click.echo(json.dumps([[rfc3339(start), rfc3339(end)] for start, end in busy.intervals]))
    if busy.troubled:
        click.echo(f"{busy.troubled} of {busy.events} entries could not be read in full", err=True)
    for problem in busy.problems:
        click.echo(f"met: {problem}", err=True)


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"not an instant: {text}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _tell(findings: tuple[doctor.Finding, ...] | list[doctor.Finding]) -> None:
    for finding in findings:
        click.echo(str(finding))
