"""The WSGI entry point: `waitress-serve wsgi:app`, `gunicorn wsgi:app`, `flask --app wsgi`."""

import os
import sys

from dotenv import dotenv_values

from scheduler.app import create_app
from scheduler.environment import BadSetting
from scheduler.services import starting
from scheduler.settings import Settings

from_file = {name: value for name, value in dotenv_values().items() if value is not None}
try:
    app = create_app(Settings.from_environment({**from_file, **os.environ}))
except BadSetting as error:
    sys.exit(f"Cannot start: {error}")

if os.environ.get("FLASK_RUN_FROM_CLI") != "true":  # commands come to set things right
    with app.app_context():
        obstacle = starting.first_obstacle()
    if obstacle:
        sys.exit(f"Cannot start: {obstacle}")
