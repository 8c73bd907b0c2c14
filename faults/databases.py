"""The databases under test: a SQLite file, and a PostgreSQL server that is stopped as at a power cut."""

import glob
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import flask_migrate
from sqlalchemy import create_engine

from scheduler.domain.availability import WeeklySpan
from scheduler.domain.practice import TherapistMail
from scheduler.store import practice as practices
from scheduler.store import schedule, therapists, types
from scheduler.store.database import Transaction, db, transaction
from tests.support.core import bare_app, kind_named, person, practice_named
from tests.support.environment import ROOT
from tests.support.instants import MINUTE
from tests.support.ports import free_port

THERAPISTS = 12
HOURS = (8 * 60, 20 * 60)
TYPE = "quick"


def furnish(url: str, now: int) -> None:
    """Migrate, and store one practice with long hours: some 16,000 starts in eight weeks.

    Every other therapist wants no mail: half as many mails, and the bench spends its time on bookings.
    """
    app = bare_app(url)
    with app.app_context():
        flask_migrate.upgrade(str(ROOT / "migrations"))
        practice = practice_named("demo", "America/Toronto", "CA")
        people = tuple(person(practice, f"t{number}") for number in range(THERAPISTS))
        with transaction() as tx:
            practices.add(tx, practice)
            for position, one in enumerate(people):
                therapists.add(tx, one, position=position, now=now)
                schedule.replace_weekly(tx, one.id, [WeeklySpan(day, *HOURS) for day in range(1, 8)])
                if position % 2:
                    _without_mail(tx, one.id)
            quick = {"duration": 20 * MINUTE, "buffer_after": 10 * MINUTE, "step": 15 * MINUTE}
            types.add(tx, kind_named(practice, TYPE, people, **quick))
        db.engine.dispose()


def _without_mail(tx: Transaction, therapist_id: str) -> None:
    tx.exec_driver_sql(
        f"UPDATE therapists SET mail = '{TherapistMail.NOTHING.value}' WHERE id = '{therapist_id}'"
    )


class Sqlite:
    """A file."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "faults.sqlite3"
        self.url = f"sqlite:///{self.file}"
        self.engine = create_engine(self.url, connect_args={"timeout": 30})

    def remove(self) -> None:
        """The folder goes with the run."""
        self.engine.dispose()


class Postgres:
    """A server of its own, durable as in production."""

    name = "PostgreSQL"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="faults-postgres-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self.engine = create_engine(self.url, pool_pre_ping=True)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
        init = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", str(self.data), *init)
        self.start()

    def start(self) -> None:
        """Start, or start again and recover; returns when it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        options += " -c max_connections=200 -c timezone=UTC"
        self._run(
            "pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    def crash(self) -> None:
        """Stop as at a power cut: no checkpoint, every connection cut."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop the server and delete its files."""
        self.engine.dispose()
        if (self.data / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(programs() / program), *arguments]
        # Its output goes nowhere: the server would keep a pipe open for ever.
        subprocess.run(
            command,
            cwd="/",
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


Database = Sqlite | Postgres


def programs() -> Path:
    """The folder of the newest installed server. **Raises** `FileNotFoundError`."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    program = found[-1] if found else shutil.which("initdb")
    if program is None:
        raise FileNotFoundError("PostgreSQL is missing (run `make set-up`)")
    return Path(os.path.realpath(program)).parent
