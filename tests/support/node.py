"""Node, which runs the calendar library of Thunderbird on what this project writes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.environment import ROOT
from tests.support.missing import lacking

FOLDER = ROOT / "tests" / "node"
NODE_SECONDS = 60


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Run a script of tests/node: `node("expand.mjs", {…})` gives it JSON and returns the JSON it prints.

    Fails the test with what the script wrote when it exits non-zero.
    """
    beside = Path(sys.executable).parent
    program = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{beside}")
    if program is None or not (FOLDER / "node_modules" / "ical.js").is_dir():
        lacking("Node or its calendar library")

    def run(script: str, given: object = None) -> Any:
        done = subprocess.run(
            [program, FOLDER / script],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=NODE_SECONDS,
        )
        if done.returncode:
            pytest.fail(f"{script} exited {done.returncode}:\n{done.stderr}", pytrace=False)
        return json.loads(done.stdout)

    return run
