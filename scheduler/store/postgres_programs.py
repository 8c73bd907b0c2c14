"""PostgreSQL's own programs for backups: pg_dump, pg_restore, and a scratch database to restore into."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

DEBIAN = Path("/usr/lib/postgresql")
_OWNERLESS = ("--no-owner", "--no-privileges", "--no-comments")


class ProgramFailed(Exception):
    """A program is missing or ended with an error; the message is one line."""


def dump(url: URL, file: Path) -> None:
    """Write the database into an existing file, as of one moment. **Raises** `ProgramFailed`."""
    _run("pg_dump", "--format=custom", *_OWNERLESS, f"--file={file}", f"--dbname={_address(url)}", url=url)


def fill(url: URL, file: Path) -> None:
    """Restore a dump into an empty database: all of it or nothing. **Raises** `ProgramFailed`."""
    options = ("--exit-on-error", "--single-transaction", *_OWNERLESS)
    _run("pg_restore", *options, f"--dbname={_address(url)}", str(file), url=url)


@contextmanager
def scratch(url: URL) -> Iterator[URL]:
    """An empty database on the same server while the block runs. **Raises** `ProgramFailed`."""
    name = f"restore_check_{uuid4().hex}"
    _command(url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield url.set(database=name)
    finally:
        _command(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def program(name: str) -> str:
    """Where a program of PostgreSQL is: on the PATH, else with the newest server.

    **Raises** `ProgramFailed`.
    """
    found = shutil.which(name) or next(iter(_installed(name)), None)
    if found is None:
        raise ProgramFailed(f"{name} is missing: install PostgreSQL's client programs (postgresql-client)")
    return str(found)


def _installed(name: str) -> list[Path]:
    programs = DEBIAN.glob(f"*/bin/{name}")
    return sorted(programs, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0)[::-1]


def _run(name: str, *arguments: str, url: URL) -> None:
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603 - our own arguments; the password is not among them
        [program(name), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        said = re.sub(r"\s+", " ", done.stderr).strip()
        raise ProgramFailed(f"{name} failed: {said[:300] or f'exit code {done.returncode}'}")


def _address(url: URL) -> str:
    """The address as the programs want it, without the password: others can read a process's arguments."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return bare.render_as_string(hide_password=False)


def _command(url: URL, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect().execution_options(per_statement=True) as connection:
            connection.execute(text(statement))
    except DBAPIError as error:
        said = str(error.orig).strip().splitlines()[0]
        raise ProgramFailed(
            f"no scratch database could be made ({said}): the database's user needs the right CREATEDB"
        ) from error
