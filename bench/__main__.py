"""Prints the figures as `name value unit` lines; `python -m bench P4 P9` measures only these."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.figures import MEASUREMENTS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; default: all"
    )
    parser.add_argument("--scale", type=int, default=1, help="divide sizes and repetitions, for a short try")
    given = parser.parse_args()
    unknown = set(given.names) - set(MEASUREMENTS)
    if unknown or given.scale < 1:
        parser.error(f"not known: {', '.join(sorted(unknown)) or '--scale'}")
    for name in given.names or MEASUREMENTS:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for figure, value, unit in MEASUREMENTS[name](Path(folder), given.scale):
                print(f"{figure} {value:.2f} {unit}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
