"""Pin the dependencies again: `make lock`, and `make lock ARGS=--upgrade` for newer versions.

Writes the four locks from pyproject.toml, for every platform and with hashes. Where the packages come from is
the business of the machine that installs them, so no lock names a place; this program fails when one does.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"

LOCKS = {
    "requirements.txt": ("pyproject.toml",),
    "tests/requirements.txt": ("--group", "test", "--constraint", "requirements.txt"),
    "tests/node/requirements.txt": ("--group", "node"),
    "tools/requirements.txt": ("--group", "installer"),
}
PLACES = re.compile(r"https?:|file:|--(index-url|extra-index-url|find-links|trusted-host)")


def main(arguments: list[str]) -> int:
    """Answer the command line; returns the exit status."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    for target, sources in LOCKS.items():
        command = [
            str(UV), "pip", "compile", *sources, "--universal", "--generate-hashes",
            "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links",
            "--custom-compile-command", "make lock", "--quiet", "--output-file", target, *arguments,
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
        if found := PLACES.search((ROOT / target).read_text()):
            print(f"{target} names a place: {found.group()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
