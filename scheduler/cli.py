"""The commands of `flask --app wsgi …`."""

import secrets
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click
from flask import Flask, current_app

from scheduler import worker
from scheduler.clock import utcnow
from scheduler.demo_server import serve
from scheduler.domain.disclosure import FeedLevel
from scheduler.domain.errors import NotFound, Refused
from scheduler.services import account_mails, demo, resets, setup, starting
from scheduler.settings import Settings

P = ParamSpec("P")


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (run_worker, demo_data, add_practice, add_therapist, add_feed, reset_password, run_demo):
        app.cli.add_command(command)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Say what is wrong with the input in one line, and exit with 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except Refused as refused:
            raise click.UsageError("; ".join(refused.problems.values())) from None
        except NotFound as missing:
            raise click.UsageError(str(missing)) from None

    return run


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due, then exit.")
def run_worker(once: bool) -> None:
    """Send mails, expire holds and requests, sweep."""
    stop = threading.Event()
    worker.stop_on_signals(stop)
    if once:
        reason = starting.obstacle(thorough=True)
        if reason:
            raise click.ClickException(reason)
        for counts in worker.run_once_for_all(_settings(), stop=stop):
            click.echo(str(counts))
        return
    if worker.run_forever(current_app._get_current_object(), stop):  # type: ignore[attr-defined]  # the proxy's own method, unknown to its stubs
        sys.exit(1)


@click.command("demo-data")
def demo_data() -> None:
    """Add the demo practices, once; never in production."""
    settings = _settings()
    if not settings.is_demo:
        raise click.UsageError("demo data is for SCHEDULER_ENV=demo only")
    password = settings.demo_password or secrets.token_urlsafe(12)
    if demo.add(password=password, embed_origins=demo_origins(settings), now=utcnow()):
        click.echo(f"Demo accounts: {demo.ACCOUNTS}")
        if not settings.demo_password:
            click.echo(f"Password of all four (shown once): {password}")


@click.command("add-practice")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--zone", required=True, help="IANA name, for example Europe/Paris")
@click.option("--country", required=True, help="two letters, for example FR")
@click.option("--languages", default="en", help="in order, for example fr,en")
@click.option("--owner-email", required=True)
@click.password_option()
@plainly
def add_practice(
    slug: str, name: str, zone: str, country: str, languages: str, owner_email: str, password: str
) -> None:
    """Add a practice and its owner's account."""
    setup.add_practice(
        slug=slug,
        name=name,
        zone=zone,
        country=country.upper(),
        languages=tuple(languages.split(",")),
        owner_email=owner_email,
        password=password,
        now=utcnow(),
    )
    sign_in = f"{_settings().public_url}/practice/"
    click.echo(f"Added. Sign in at {sign_in} and set the help line before publishing.")


@click.command("add-therapist")
@click.argument("practice")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.password_option()
@plainly
def add_therapist(practice: str, slug: str, name: str, email: str, password: str) -> None:
    """Add a therapist with office hours and an account."""
    setup.add_therapist(practice, slug=slug, name=name, email=email, password=password, now=utcnow())
    click.echo("Added. Choose the appointment types under Types, and the hours under Hours.")


@click.command("add-feed")
@click.argument("email")
@click.option("--level", type=click.Choice([level.value for level in FeedLevel]), default="busy")
@plainly
def add_feed(email: str, level: str) -> None:
    """Make a calendar subscription for a therapist; the secret address is printed once."""
    token = setup.add_feed(email, FeedLevel(level), now=utcnow())
    click.echo(f"{_settings().public_url}/feeds/{token}.ics")


@click.command("reset-password")
@click.argument("email")
@plainly
def reset_password(email: str) -> None:
    """Print a link that sets a new password for an account: it works once, for an hour."""
    token = resets.link_for(email, now=utcnow())
    click.echo(account_mails.reset_link(_settings().public_url, token))


@click.command("run-demo")
def run_demo() -> None:
    """Migrate, add demo data once, and serve with the worker: what `make run` does."""
    serve(current_app._get_current_object(), _settings())  # type: ignore[attr-defined]  # the proxy's own method, unknown to its stubs


def demo_origins(settings: Settings) -> tuple[str, ...]:
    """Which sites may embed the demo practices: this server itself, and what the setting adds."""
    return (settings.public_url, *settings.demo_embed_origins)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
