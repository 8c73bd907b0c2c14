"""The doctor names each defect in its own line, and nothing in a healthy installation."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduler.clock import utcnow
from scheduler.domain.calendars import CalendarKind
from scheduler.services import calendars, doctor
from scheduler.services.calendars import Wish
from scheduler.services.doctor import Check
from scheduler.store import outbox, outbox_leases
from scheduler.store.database import db, reading, transaction
from scheduler.store.outbox import State
from scheduler.store.schema import Standing, schema
from scheduler.store.secrets import Vault
from tests.services.wards import GUARD_GOES, behind_the_guards, book, dialect, file_of, settle
from tests.support.commands import flask
from tests.support.core import Core, bare_app
from tests.support.environment import ROOT, settings
from tests.support.ports import free_port

FUTURE_KEY = Vault({"k2": bytes(32)}, bytes(range(32, 64)))
OTHER_LOOKUP = Vault({"k1": bytes(range(32))}, bytes(32))
AWAY = "Start the database, or look at DATABASE_URL and the disk."
UID = "[0-9a-f-]{36}"


@dataclass(frozen=True)
class Defect:
    """Statements that harm a healthy installation, and the lines expected of the doctor, as patterns."""

    statements: tuple[str, ...]
    lines: tuple[str, ...]


DEFECTS = {
    "overlap guard": Defect(
        (),
        (r"overlap guard: the database does not refuse overlapping appointments\. .*",),
    ),
    "overlap": Defect(
        (
            "UPDATE appointments SET start_at = (SELECT min(start_at) FROM appointments) + 60,"
            " busy_start = (SELECT min(busy_start) FROM appointments) + 60"
            " WHERE start_at = (SELECT max(start_at) FROM appointments)",
        ),
        (
            r"overlap guard: .*",
            rf"overlap: appointments {UID} and {UID} share time\. Cancel or move one of them on .*",
        ),
    ),
    "length": Defect(
        ("UPDATE appointments SET end_at = start_at",),
        (rf"length: appointment {UID} does not end after it begins\. Cancel it and .*",),
    ),
    "busy time": Defect(
        ("UPDATE appointments SET busy_end = end_at - 60",),
        (rf"busy time: appointment {UID} keeps less time busy than it lasts\. Move or cancel it.*",),
    ),
    "half a booking": Defect(
        ("DELETE FROM participants",),
        (rf"half a booking: appointment {UID} has no visitor\. Cancel it .*",),
    ),
    "no mail": Defect(
        ("DELETE FROM outbox WHERE kind = 'confirmation'",),
        (rf"no mail: appointment {UID} has a visitor without a mail\. Open it .*",),
    ),
    "series": Defect(
        (
            "INSERT INTO series (id, practice_id, therapist_id, type_id, uid, sequence, zone, start_at,"
            " duration, weeks_between, dates, created_at, changed_at)"
            " SELECT 'x', practice_id, therapist_id, type_id, 'x', 0, 'UTC', start_at, 900, 1, 3, 0, 0"
            " FROM appointments LIMIT 1",
        ),
        (r"series: series x lacks a coming date of its rhythm\. End it on .*",),
    ),
    "orphans": Defect(
        ("DELETE FROM appointments",),
        (
            r"orphans: rows of idempotency_keys\.appointment_id that point to nothing: 1\. .*",
            r"orphans: rows of outbox\.appointment_id that point to nothing: [23]\. .*",
            r"orphans: rows of participants\.appointment_id that point to nothing: 1\. .*",
        ),
    ),
    "keys": Defect(
        ("UPDATE participants SET name_sealed = token_sealed",),
        (r"keys: values of participants\.name_sealed that do not open: 1\. .*SCHEDULER_ENCRYPTION_KEYS\.",),
    ),
    "lookup key": Defect(
        ("UPDATE participants SET email_lookup = token_hash",),
        (r"lookup key: visitors who are not found by their address: 1\. .*SCHEDULER_LOOKUP_KEY.*",),
    ),
    "worker": Defect(
        ("UPDATE heartbeats SET at = at - 10800",),
        (r"worker: the worker last ran 3 hours ago\. Start `flask --app wsgi worker`\.",),
    ),
    "unsent mail": Defect(
        ("UPDATE outbox SET due_at = due_at - 7500 WHERE kind = 'confirmation'",),
        (r"unsent mail: mails that wait: 1, the oldest for 2 hours\. .*MAIL_SERVER.*",),
    ),
    "failed mail": Defect(
        (
            "UPDATE outbox SET state = 'failed', finished_at = created_at - 3 * 86400"
            " WHERE kind IN ('confirmation', 'therapist_booked')",
        ),
        (r"failed mail: mails that were refused: 2, the first 3 days ago\. .*mail page.*",),
    ),
    "calendar answers": Defect(
        (
            "INSERT INTO answer_mailboxes (id, due_at, uid_validity, last_uid, begun_at, tried_at, trouble)"
            " SELECT 'x', at, 0, 0, at - 3 * 86400, at, 'sign_in' FROM heartbeats WHERE name = 'worker'",
        ),
        (r"calendar answers: the mailbox of answers was not readable for 3 days \(sign_in\)\. .*",),
    ),
    "schema": Defect(
        ("UPDATE alembic_version SET version_num = '9999'",),
        (r"schema: The database's schema is newer than this program: .*\(9999 found, 0\d+ needed\).*",),
    ),
}
# These need other surroundings instead of other rows; each has a test of its own.
SURROUNDINGS = {"clock", "disk", "disk space", "damaged file", "stale calendar", "unwritten calendar"}


def lines(shift: int = 0, **surroundings: object) -> list[str]:
    """What the doctor says now: the database's clock cannot be moved, so that ours may not stand still."""
    return [str(finding) for finding in doctor.examine(utcnow() + shift, **surroundings)]  # type: ignore[arg-type]


def assert_lines(found: list[str], expected: tuple[str, ...]) -> None:
    assert len(found) == len(expected), found
    for line, pattern in zip(found, expected, strict=True):
        assert re.fullmatch(pattern, line), line
        assert not re.search(r"visitor a|@|vera|192\.0\.2|4210 rue", line, re.IGNORECASE)


@contextmanager
def with_keys(core: Core, vault: Vault) -> Iterator[None]:
    with bare_app(core.url, vault).app_context():
        yield
        db.engine.dispose()


def test_a_healthy_installation_has_no_findings(core: Core) -> None:
    settle(core)
    assert lines() == []


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_named_in_its_own_line(core: Core, name: str) -> None:
    now = settle(core)
    if name == "overlap":
        book(core, 1, now=now)
    without_guard = GUARD_GOES[dialect(core)] if name in {"overlap", "overlap guard"} else ()
    behind_the_guards(core, *without_guard, *DEFECTS[name].statements)
    assert_lines(lines(), DEFECTS[name].lines)


def test_every_check_has_a_defect_that_it_finds() -> None:
    assert {check.name for check in doctor.CHECKS} == set(DEFECTS) | SURROUNDINGS


def test_a_key_that_was_thrown_away_is_missed_for_every_kind_of_value(core: Core) -> None:
    settle(core)
    with with_keys(core, FUTURE_KEY):
        found = lines()
    assert_lines(
        found,
        tuple(
            rf"keys: values of participants\.{column}_sealed that do not open: 1\. .*"
            for column in ("name", "email", "token")
        ),
    )
    with with_keys(core, Vault({"k2": bytes(32), "k1": bytes(range(32))}, bytes(range(32, 64)))):
        assert lines() == []


def test_another_lookup_key_is_noticed(core: Core) -> None:
    settle(core)
    with with_keys(core, OTHER_LOOKUP):
        assert_lines(lines(), DEFECTS["lookup key"].lines)


def test_a_mail_that_was_sent_again_is_no_longer_a_finding(sqlite_core: Core) -> None:
    now = settle(sqlite_core)
    [row] = [mail for mail in sqlite_core.mails() if mail.kind == "confirmation"]
    with transaction() as tx:
        claimed = outbox_leases.claim(tx, now, 100)
        assert claimed is not None
        outbox_leases.finish(tx, claimed, State.FAILED, now)
    assert len(lines()) == 1
    with transaction() as tx:
        outbox.add_again(tx, sqlite_core.demo.id, claimed.id, now + 1)
    assert row.state is State.WAITING
    assert lines() == []


def test_a_refused_mail_matters_until_its_appointment_is_over(sqlite_core: Core) -> None:
    settle(sqlite_core)
    behind_the_guards(sqlite_core, *DEFECTS["failed mail"].statements)
    behind_the_guards(
        sqlite_core, "UPDATE appointments SET start_at = 1, end_at = 2, busy_start = 1, busy_end = 2"
    )
    assert [line for line in lines() if line.startswith("failed mail")] == []


def test_no_mail_is_expected_for_what_the_practice_entered_or_what_is_over(core: Core) -> None:
    settle(core)
    behind_the_guards(core, "DELETE FROM outbox", "UPDATE appointments SET by_hand = true")
    assert lines() == []
    behind_the_guards(core, "UPDATE appointments SET by_hand = false")
    assert len(lines()) == 1
    behind_the_guards(core, "UPDATE appointments SET status = 'cancelled'")
    assert lines() == []


@pytest.mark.parametrize(("shift", "words"), [(10, "behind"), (-10, "ahead of")])
def test_a_clock_that_differs_is_told(core: Core, shift: int, words: str) -> None:
    settle(core)
    [line] = lines(shift)
    assert re.fullmatch(
        rf"clock: the database's clock is (9|10|11) seconds {words} this machine's\. .*", line
    )


def test_little_room_is_told_for_a_file(core: Core) -> None:
    settle(core)
    found = lines(least_free_bytes=1 << 60)
    if dialect(core) == "sqlite":
        assert_lines(found, (r"disk space: \d+ MB are free on the disk of the database\. Make room.*",))
    else:
        assert found == []
    assert doctor.LEAST_FREE_BYTES == 200_000_000


@pytest.mark.parametrize(
    ("kind", "remote"),
    [
        ("nfs4", True),
        ("nfs", True),
        ("cifs", True),
        ("fuse.sshfs", True),
        ("ext4", False),
        ("tmpfs", False),
        ("fuse.fuse-overlayfs", False),
    ],
)
def test_a_file_on_another_machine_is_told(
    sqlite_core: Core, tmp_path_factory: pytest.TempPathFactory, kind: str, remote: bool
) -> None:
    settle(sqlite_core)
    folder = str(file_of(sqlite_core.url).parent)
    mounts = tmp_path_factory.mktemp("proc") / "mounts"
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nserver:/homes {folder} {kind} rw 0 0\nserver:/x {folder}x nfs rw 0 0\n"
    )
    found = lines(mounts=mounts)
    assert found == [] or remote
    if remote:
        assert_lines(found, (rf"disk: The database lies on a network file system \({re.escape(kind)}\), .*",))


def test_a_mount_with_a_space_in_its_name_is_understood(sqlite_core: Core, tmp_path: Path) -> None:
    folder = tmp_path / "of the practice"
    folder.mkdir()
    moved = folder / "core.sqlite3"
    db.engine.dispose()
    file_of(sqlite_core.url).rename(moved)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/homes {str(folder).replace(' ', chr(92) + '040')} nfs4 rw 0 0\n")
    with bare_app(f"sqlite:///{moved}").app_context():
        assert [finding.check for finding in doctor.examine(0, mounts=mounts)].count("disk") == 1
        db.engine.dispose()


def harm(file: Path) -> None:
    """Write nonsense over the pages behind the first ones."""
    with file.open("r+b") as opened:
        opened.seek(4096 * 20)
        opened.write(b"\xa5" * 4096 * 12)


def test_a_damaged_file_is_told(sqlite_core: Core) -> None:
    now = settle(sqlite_core)
    db.engine.dispose()
    harm(file_of(sqlite_core.url))
    assert {finding.check for finding in doctor.examine(now)} == {"damaged file"}


def test_a_file_that_is_no_database_is_told(sqlite_core: Core) -> None:
    db.engine.dispose()
    file_of(sqlite_core.url).write_bytes(b"A letter, not a database. " * 400)
    assert_lines(lines(), (r"damaged file: file is not a database\. Stop everything.*",))


def test_a_database_that_is_away_is_one_line() -> None:
    with bare_app(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/x").app_context():
        [line] = lines()
    assert line.startswith("database: connection failed")
    assert line.endswith(AWAY)
    with bare_app("sqlite:////no/such/folder/file").app_context():
        [line] = lines()
    assert line == f"database: unable to open database file. {AWAY}"


def test_an_empty_database_is_told_to_be_migrated(sqlite_core: Core) -> None:
    behind_the_guards(sqlite_core, "DROP TABLE alembic_version")
    settle(sqlite_core)
    [line] = lines()
    assert line.startswith("schema: The database has no tables yet: run `flask --app wsgi db upgrade`")


def test_a_schema_with_a_later_migration_ahead_of_it_is_older(core: Core, tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        (versions / file.name).write_text(file.read_text())
    with reading() as tx:
        newest = schema(tx).wanted
        (versions / "later.py").write_text(f'revision = "later"\ndown_revision = "{newest}"\n')
        assert schema(tx).standing is Standing.CURRENT
        found = schema(tx, tmp_path)
    assert (found.found, found.wanted, found.standing) == (newest, "later", Standing.OLDER)
    assert core.demo.slug == "demo"


def test_of_many_findings_the_first_are_shown_and_the_others_counted(sqlite_core: Core) -> None:
    many = Check("many", lambda _tx, _case: (f"number {number}" for number in range(25)), "Mend them.")
    with reading() as tx:
        found = doctor.run([many], tx, doctor.Case(0))
    assert [finding.what for finding in found] == [
        *(f"number {number}" for number in range(20)),
        "5 more of these",
    ]
    assert sqlite_core.demo.slug == "demo"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 minutes"), (7199, "119 minutes"), (7200, "2 hours"), (172800, "2 days")]
)
def test_ages_are_told_in_one_unit(seconds: int, words: str) -> None:
    assert doctor.age(seconds) == words


def test_a_calendar_that_is_no_longer_read_or_written_is_named_by_its_id_alone(core: Core) -> None:
    now = settle(core)
    wish = Wish("Dr. Quux", CalendarKind.CALDAV, "https://dav.example/ada/", "ada", "secret-7", writes=True)
    mine = calendars.add(core.therapist("ada"), wish, by="ada", now=now)
    assert lines() == []
    behind_the_guards(
        core,
        "UPDATE calendars SET created_at = created_at - 3 * 86400, status = 'sign_in',"
        " write_failures = 4, write_status = 'gone'",
    )
    assert lines() == [
        f"stale calendar: calendar {mine.id} was last read 3 days ago (sign_in)."
        " Its therapist was told: the address or password may have changed.",
        f"unwritten calendar: calendar {mine.id} is no longer written (gone)."
        " Its therapist sees why under Calendars.",
    ]


@pytest.mark.slow
def test_the_command_exits_with_one_while_something_is_wrong(
    either_database: str, worker: Callable[..., object]
) -> None:
    values = settings(either_database)
    first = flask("doctor", settings=values, check=False)
    worker(values)
    second = flask("doctor", settings=values)
    assert (first.returncode, first.stdout) == (
        1,
        "worker: no worker ever ran. Start `flask --app wsgi worker`.\n",
    )
    assert second.stdout == "nothing found\n"
