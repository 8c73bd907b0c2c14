"""`flask --app wsgi read-mail`, as a mail server starts it: what comes in, and the exit code it acts upon."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import time_machine
from click.testing import Result
from flask import Flask

from scheduler.services import answers
from tests.services.practice_side import booked, desk_of
from tests.support.answering import mail, of_gmail
from tests.support.core import NOW, WEDNESDAY, core_on
from tests.support.environment import ROOT, for_process, settings

VERA = "vera@example.org"
LETTER = mail("hello", sender=VERA, kind="text/plain")


def pipe(app: Flask, content: bytes) -> Result:
    """Hand over a mail."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["read-mail"], input=content)


def test_an_answer_is_noted_and_other_mail_let_go(
    make_app: Callable[..., Flask], sqlite_furnished: str
) -> None:
    app = make_app(sqlite_furnished, SCHEDULER_ANSWERS="piped")
    with core_on(sqlite_furnished) as core, time_machine.travel(NOW, tick=False):
        one = booked(core, "consultation", WEDNESDAY).appointment
        noted = pipe(app, of_gmail(one.uid, VERA))
        assert (noted.exit_code, noted.output) == (0, "noted 1\n")
        assert [shown.answer.word for shown in answers.unseen(desk_of(core, "ada"), now=NOW)] == ["declined"]
    for other in (LETTER, b"", b"x" * 2_000_000):
        done = pipe(app, other)
        assert (done.exit_code, done.output) == (0, "no answer 1\n")


def test_a_mail_server_is_told_to_come_again_while_the_database_is_away(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    for place in ("nowhere/x.sqlite3", "empty.sqlite3"):
        app = make_app(f"sqlite:///{tmp_path / place}", SCHEDULER_ANSWERS="piped")
        assert pipe(app, LETTER).exit_code == os.EX_TEMPFAIL


def test_without_the_setting_the_program_says_so(sqlite_furnished: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "read-mail"],
        cwd=ROOT,
        env=for_process(settings(sqlite_furnished)),
        input=LETTER,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == os.EX_CONFIG
    assert done.stderr == b"read-mail works with SCHEDULER_ANSWERS=piped\n"
