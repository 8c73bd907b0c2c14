"""The application factory: extensions, blueprints, commands; nothing else."""

import importlib
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from jinja2 import StrictUndefined

from scheduler import cli, pipe, upkeep
from scheduler.gateways.smtp import SecureMail
from scheduler.settings import ROOT, Settings
from scheduler.store.database import db, engine_options
from scheduler.store.secrets import Vault
from scheduler.web import (
    accounts,
    api,
    errors,
    feeds,
    formatting,
    gate,
    health,
    limits,
    practice,
    resets,
    second_step,
    security,
    visitor,
)
from scheduler.web import logging as request_log

BLUEPRINTS = (
    visitor.blueprint,
    practice.blueprint,
    second_step.blueprint,
    resets.blueprint,
    api.blueprint,
    feeds.blueprint,
    health.blueprint,
)


def create_app(settings: Settings) -> Flask:
    """The application for these settings."""
    app = Flask("scheduler", template_folder=str(_beside("templates")), static_folder="static")
    app.config.from_mapping(_configuration(settings))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    Migrate(app, db, directory=str(_beside("migrations")))
    SecureMail(app)
    for part in (request_log, security, limits, accounts, second_step):
        part.init_app(app, settings)
    errors.init_app(app)
    formatting.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    cli.init_app(app)
    upkeep.init_app(app)
    pipe.init_app(app)
    gate.init_app(app)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    vault = Vault(settings.encryption_keys, settings.lookup_key)
    mail = settings.mail_server
    return {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(
            settings.database_url, vault, settings.mail_default_sender
        ),
        "MAIL_SERVER": mail.host if mail else None,
        "MAIL_PORT": mail.port if mail else 25,
        "MAIL_USERNAME": mail.username if mail else "",
        "MAIL_PASSWORD": mail.password if mail else "",
        "MAIL_USE_TLS": mail is not None and mail.use_tls,
        "MAIL_USE_SSL": mail is not None and mail.use_ssl,
        "MAIL_DEFAULT_SENDER": settings.mail_default_sender,
        "DEBUG": False,
    }


def _beside(name: str) -> Path:
    """A top-level folder of the checkout, or its copy inside the installed package."""
    inside = Path(importlib.import_module("scheduler").__path__[0]) / name
    return inside if inside.is_dir() else ROOT / name
