"""The commands of those who keep an installation well: doctor, backup, restore."""

import sys
from pathlib import Path

import click
from flask import Flask

from scheduler.clock import utcnow
from scheduler.domain.errors import StoreBusy
from scheduler.services import backups, doctor
from scheduler.services.backups import BackupFailed, Contents

FILE = click.Path(path_type=Path, dir_okay=False)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (run_doctor, back_up, restore):
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


def _tell(findings: tuple[doctor.Finding, ...] | list[doctor.Finding]) -> None:
    for finding in findings:
        click.echo(str(finding))
