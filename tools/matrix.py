"""All tests but the browser's under other circumstances: `python -m tools.matrix [--seed N] [-- for pytest]`.

Twice, each time in random order, with long rounds where chance decides, in a time zone with odd minutes,
with the clock of every Python process ten minutes before Montréal's clocks change: in autumn on SQLite
(with every test that wants both databases), in spring on PostgreSQL (the tests that name no database). The
browser's tests stay out: a browser page has a clock and zone of its own, and what answers it is tried here
without it.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from tools.set_up import ROOT

CLOCK = ROOT / "tests" / "support" / "clock_ahead"
ZONE = "Pacific/Chatham"
ROUNDS = {"sqlite": "2026-11-01T05:50+00:00", "postgres": "2027-03-14T06:50+00:00"}
"""When a round on a database begins: the clocks change ten minutes later."""


def environment(instant: str, *, now: float) -> dict[str, str]:
    """What puts Python processes into the zone, and ahead of the true time by as much as it takes."""
    ahead = datetime.fromisoformat(instant).timestamp() - now
    return {**os.environ, "TZ": ZONE, "CLOCK_AHEAD": str(int(ahead)), "PYTHONPATH": str(CLOCK)}


def run(database: str, instant: str, seed: int, jobs: int, more: Sequence[str]) -> int:
    """One round; returns pytest's exit status."""
    command = [sys.executable, "-m", "pytest", "-m", "not browser", "-n", str(jobs), "--maxschedchunk", "4"]
    command += ["--on", database, "--at-length", "--shuffle", str(seed), f"--hypothesis-seed={seed}"]
    command += ["-W", "ignore::pytest.PytestAssertRewriteWarning", *more]  # the clock is there before pytest
    print(f"On {database} in {ZONE} from {instant} on, SEED={seed}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=environment(instant, now=time.time())).returncode


def main(arguments: Sequence[str]) -> int:
    """Both rounds, or one with `--only`; returns the worst exit status."""
    parser = argparse.ArgumentParser(prog="tools.matrix")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", choices=ROUNDS)
    parser.add_argument("more", nargs="*", help="for pytest")
    given = parser.parse_args(arguments)
    wanted = [given.only] if given.only else list(ROUNDS)
    worst = max(run(database, ROUNDS[database], given.seed, given.jobs, given.more) for database in wanted)
    if worst:
        print(f"The same order again: make test-matrix SEED={given.seed}")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
