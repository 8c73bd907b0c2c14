"""The settings under which tests run the program, as environment variables."""

import base64
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"

KEYS = {
    "SECRET_KEY": "9f2c61d07be84a35c1e60d7fb2984a13",
    "SCHEDULER_ENCRYPTION_KEYS": "k1:" + base64.b64encode(bytes(range(32))).decode(),
    "SCHEDULER_LOOKUP_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
}
OURS = ("SCHEDULER_", "MAIL_", "FLASK_")
OURS_TOO = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PORT"}
BYTECODE = str(Path(sys.prefix) / "bytecode")
"""Where the programs that tests start keep what Python compiled: starting takes a second instead of four."""


def settings(database_url: str, **changes: str | None) -> dict[str, str]:
    """Settings of a demo installation on a database, without limits per source; None takes a setting away."""
    values: dict[str, str | None] = {
        **KEYS,
        "DATABASE_URL": database_url,
        "SCHEDULER_ENV": "demo",
        "SCHEDULER_PUBLIC_URL": "http://localhost",
        "SCHEDULER_RATE_LIMITS": "off",
        "SCHEDULER_DEMO_PASSWORD": PASSWORD,
        **changes,
    }
    return {name: text for name, text in values.items() if text is not None}


def for_process(values: dict[str, str]) -> dict[str, str]:
    """The given settings on top of this machine's environment, from which every other setting is removed."""
    inherited = {
        name: text for name, text in os.environ.items() if not name.startswith(OURS) and name not in OURS_TOO
    }
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    python = {"PYTHONUNBUFFERED": "1", "PYTHONPYCACHEPREFIX": BYTECODE}
    return {**inherited, **python, "FLASK_SKIP_DOTENV": "1", **values}
