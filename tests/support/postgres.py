"""A real PostgreSQL server: the one of TEST_DATABASE_URL, else one of our own while the session lasts."""

import glob
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.support.missing import lacking
from tests.support.ports import free_port

CAREFUL = ("max_connections=200", "timezone=UTC")
CARELESS = (*CAREFUL, "fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class PostgresServer:
    """A server on which tests may create databases; `address` ends before the database's name."""

    address: str

    def url(self, database: str) -> str:
        """The address of one database, as DATABASE_URL wants it."""
        return f"{self.address}/{database}"

    def create(self, template: str = "template0") -> str:
        """Create a database as a copy of another one, to which nobody is connected; returns its name."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _execute(self, statement: str, *names: str) -> None:
        address = self.url("postgres").replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _programs() -> Path:
    """The folder of the newest installed server."""
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    found = debian[-1] if debian else shutil.which("initdb")
    if found is None:
        lacking("PostgreSQL")
    return Path(os.path.realpath(found)).parent


def _as_owner(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; there the folder goes to the user that Debian made for it."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _start(folder: Path, options: tuple[str, ...]) -> PostgresServer:
    programs, prefix, port = _programs(), _as_owner(folder), free_port()
    data, socket_folder = folder / "data", f"unix_socket_directories={folder}"
    init = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    _run([*prefix, programs / "initdb", "-D", data, *init])
    settings = " ".join(f"-c {option}" for option in ("listen_addresses=127.0.0.1", socket_folder, *options))
    start: list[str | Path] = ["-D", data, "-l", folder / "log", "-w", "-o", f"-p {port} {settings}", "start"]
    _run([*prefix, programs / "pg_ctl", *start])
    return PostgresServer(f"postgresql+psycopg://postgres@127.0.0.1:{port}")


def _stop(folder: Path) -> None:
    if (folder / "data" / "postmaster.pid").exists():
        prefix = _as_owner(folder)
        _run([*prefix, _programs() / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"])


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr}")


@pytest.fixture(scope="session")
def start_postgres() -> Iterator[Callable[..., PostgresServer]]:
    """Start a server of our own; with `durable=True` every commit survives a crash, as in a real one."""
    folders: list[Path] = []

    def start(durable: bool = False) -> PostgresServer:
        folders.append(Path(tempfile.mkdtemp(prefix="scheduler-postgres-")))
        return _start(folders[-1], CAREFUL if durable else CARELESS)

    yield start
    for folder in folders:
        _stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(start_postgres: Callable[..., PostgresServer]) -> PostgresServer:
    """The server of this session."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        return start_postgres()
    _, _, place = given.partition("://")
    return PostgresServer(f"postgresql+psycopg://{place.rpartition('/')[0]}")
