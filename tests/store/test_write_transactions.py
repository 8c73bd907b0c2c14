"""The watch over all tests sees what it is there for; and one module alone writes appointments."""

import re
import smtplib
import time
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from jinja2 import Template
from sqlalchemy import text

from scheduler.store.database import db, transaction
from tests.gateways.scripted import scripted_server
from tests.support import transactions
from tests.support.core import Core
from tests.support.environment import ROOT
from tests.support.patience import PATIENCE


def in_the_program(act: Callable[..., Any], *arguments: Any) -> list[str]:
    """What is noted when a module of the program does this."""
    there: dict[str, Any] = {"act": act, "arguments": arguments}
    exec(compile("act(*arguments)", f"{ROOT}/scheduler/rogue.py", "exec"), there)
    found, transactions.violations[:] = list(transactions.violations), []
    return found


def write(statement: str, **options: Any) -> None:
    with db.engine.connect().execution_options(**options) as connection, connection.begin():
        connection.execute(text(statement))


PRACTICE = "UPDATE practices SET name = 'x'"
APPOINTMENT = "UPDATE appointments SET organizer = 'x'"


def test_a_write_outside_a_write_transaction_is_noted(core: Core) -> None:
    is_sqlite = core.url.startswith("sqlite")
    began = "BEGIN" if is_sqlite else "nothing"
    told = [f"UPDATE practices in a transaction that began with {began} in rogue.py"]
    assert in_the_program(write, PRACTICE) == told
    assert in_the_program(lambda: write(PRACTICE, write=True)) == []


def test_a_write_of_appointments_past_their_module_is_noted(core: Core) -> None:
    told = ["UPDATE appointments past store/appointments.py in rogue.py"]
    assert in_the_program(lambda: write(APPOINTMENT, write=True)) == told
    assert core.demo.slug == "demo"


@pytest.mark.parametrize(
    "act",
    [
        lambda: time.sleep(0),
        lambda: Template("x").render(),
        lambda: PasswordHasher(time_cost=1, memory_cost=64).hash("x"),
    ],
    ids=["sleep", "render", "hash"],
)
def test_what_takes_long_in_a_write_transaction_is_noted(core: Core, act: Callable[[], Any]) -> None:
    def within() -> None:
        with transaction() as tx:
            tx.execute(text(PRACTICE))
            act()

    [told] = in_the_program(within)
    assert told.endswith("while a write transaction is open in rogue.py")
    assert in_the_program(act) == []
    assert core.demo.slug == "demo"


def test_speaking_to_another_machine_in_a_write_transaction_is_noted(core: Core) -> None:
    with scripted_server() as server:

        def speak() -> None:
            smtplib.SMTP("127.0.0.1", server.port, timeout=PATIENCE).quit()

        def within() -> None:
            with transaction() as tx:
                tx.execute(text(PRACTICE))
                speak()

        told = in_the_program(within)
        assert {"socket.connect", "smtplib.send"} <= {line.split()[0] for line in told}
        assert in_the_program(speak) == []
    assert core.demo.slug == "demo"


def test_one_module_writes_appointments() -> None:
    """Also where no test leads: commands, demo data, restores, migrations of later days."""
    by_name = r"\b(?:insert|update|delete)\(\s*(?:_appointments|AppointmentRow|table\(AppointmentRow\))"
    by_table = r"(?:_appointments|AppointmentRow)(?:\.__table__)?\.(?:insert|update|delete)\("
    in_words = r"(?:INSERT INTO|UPDATE|DELETE FROM)\s+appointments\b"
    wanted = re.compile("|".join((by_name, by_table, in_words)), re.IGNORECASE)
    files = [*(ROOT / "scheduler").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    writers = [str(file.relative_to(ROOT)) for file in files if wanted.search(file.read_text("utf-8"))]
    assert writers == ["scheduler/store/appointments.py"]
