"""A calendar program as people have it: vdirsyncer fetches, khal shows."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support.environment import ROOT

TORONTO = ZoneInfo("America/Toronto")
BIN = Path(sys.executable).parent

VDIRSYNCER = """
[general]
status_path = "{home}/status"
[pair feed]
a = "here"
b = "there"
collections = null
[storage here]
type = "filesystem"
path = "{home}/calendar"
fileext = ".ics"
[storage there]
{there}
"""
KHAL = """
[calendars]
[[practice]]
path = {home}/calendar
readonly = True
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
default_timezone = America/Toronto
local_timezone = America/Toronto
"""


@dataclass(frozen=True)
class Shown:
    """One line of the program."""

    start: datetime
    title: str


class Program:
    """A calendar program with its own home folder, and one calendar elsewhere."""

    def __init__(self, home: Path, there: str) -> None:
        self.home = home
        (home / "calendar").mkdir(parents=True)
        (home / "vdirsyncer.conf").write_text(VDIRSYNCER.format(home=home, there=there))
        (home / "khal.conf").write_text(KHAL.format(home=home))
        self._run("vdirsyncer", "-c", str(home / "vdirsyncer.conf"), "discover", given="y\n" * 4)

    @classmethod
    def with_feed(cls, home: Path, url: str) -> "Program":
        """Subscribed to a secret address."""
        return cls(home, f'type = "http"\nurl = "{url}"')

    @classmethod
    def with_caldav(cls, home: Path, url: str, person: str, password: str) -> "Program":
        """Signed in to a CalDAV server; takes what is there and changes nothing."""
        signed = f'username = "{person}"\npassword = "{password}"\nread_only = true'
        return cls(home, f'type = "caldav"\nurl = "{url}"\n{signed}')

    def sync(self) -> None:
        """Fetch what is there."""
        self._run("vdirsyncer", "-c", str(self.home / "vdirsyncer.conf"), "sync")

    def shown(self, day: date) -> list[str]:
        """What the calendar shows on a day: `start-end title status`."""
        form = "{start-time}-{end-time} {title} {status}"
        command = ("khal", "-c", str(self.home / "khal.conf"), "list", "--day-format", "", "--format", form)
        text = self._run(*command, day.isoformat(), "1d")
        return [" ".join(line.split()) for line in text.splitlines() if line.strip() and line[0].isdigit()]

    def between(self, first: date, last: date) -> list[Shown]:
        """What the calendar shows from the first day up to the last, which is not part of it."""
        fields = ("--json", "start-long-full", "--json", "title")
        days = f"{(last - first) // timedelta(days=1)}d"
        text = self._run("khal", "-c", str(self.home / "khal.conf"), "list", *fields, first.isoformat(), days)
        return [
            Shown(
                datetime.strptime(one["start-long-full"].strip(), "%Y-%m-%d %H:%M").replace(tzinfo=TORONTO),
                one["title"],
            )
            for line in text.splitlines()
            if line.strip()
            for one in json.loads(line)
        ]

    def _run(self, program: str, *arguments: str, given: str = "") -> str:
        home = {name: str(self.home / "own") for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        done = subprocess.run(
            [BIN / program, *arguments],
            input=given,
            env={**home, "PATH": f"{BIN}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "America/Toronto"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout
