"""The WSGI entry point: `waitress-serve wsgi:app`, `gunicorn wsgi:app`, `flask --app wsgi`."""

import os
import sys

from dotenv import dotenv_values

from scheduler.app import create_app
from scheduler.settings import BadSetting, Settings

from_file = {name: value for name, value in dotenv_values().items() if value is not None}
try:
    app = create_app(Settings.from_environment({**from_file, **os.environ}))
except BadSetting as error:
    sys.exit(f"Cannot start: {error}")
