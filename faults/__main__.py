"""Runs the whole bench on both databases and prints the table; exits 1 on any loss, double or puzzle."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from faults import phases
from faults.databases import Database, Postgres, Sqlite
from faults.phases import Line, bench_on, new_folder
from faults.table import print_table

KILLS = 250
"""Of each kind on each database: 500 of each over the run."""
BOOKINGS = 2000
CRASHES = 15


def main() -> int:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("databases", nargs="*", help="sqlite, postgres; default: both")
    parser.add_argument("--scale", type=int, default=1, help="divide all counts, for a short try")
    given = parser.parse_args()
    wanted = given.databases or ["sqlite", "postgres"]
    if set(wanted) - {"sqlite", "postgres"} or given.scale < 1:
        parser.error("databases are sqlite and postgres")
    began, lines, skipped = time.monotonic(), list[Line](), list[str]()
    # Told to stop (`timeout` does it), the processes that were started end too, and the table is printed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped before the end"))
    try:
        with tempfile.TemporaryDirectory(prefix="faults-") as name:
            for kind in wanted:
                run(kind, Path(name), given.scale, lines, skipped)
    finally:
        print_table(lines, skipped)
        print(f"{time.monotonic() - began:.0f} s in all")
    return 0 if all(line.is_clean for line in lines) else 1


def run(kind: str, folder: Path, scale: int, lines: list[Line], skipped: list[str]) -> None:
    """All phases on one database, told as they end."""

    def tell(line: Line) -> None:
        lines.append(line)
        print(f"{line.database}: {line.name}: {line.note}", *line.problems, sep="\n  ", flush=True)

    def counted(number: int) -> int:
        return max(2, number // scale)

    database = fresh(kind, folder)
    try:
        with bench_on(database, new_folder(folder)) as bench:
            tell(phases.hanging_mail(bench, counted(40)))
            tell(phases.misbehaving_mail(bench, counted(150)))
            tell(phases.jumping_clock(bench, counted(50)))
            if kind == "postgres":
                tell(phases.crashing_database(bench, counted(CRASHES)))
            tell(phases.kill_processes(bench, counted(KILLS), counted(BOOKINGS)))
    finally:
        database.remove()
    for phase in (phases.shared_limit, phases.slow_clients):
        database = fresh(kind, folder)
        try:
            tell(phase(database, new_folder(folder)))
        finally:
            database.remove()
    if kind == "sqlite":
        ended = phases.full_disk(new_folder(folder), counted(100))
        if isinstance(ended, str):
            skipped.append(ended)
        else:
            tell(ended)


def fresh(kind: str, folder: Path) -> Database:
    """A new, empty database."""
    return Postgres() if kind == "postgres" else Sqlite(new_folder(folder))


if __name__ == "__main__":
    sys.exit(main())
