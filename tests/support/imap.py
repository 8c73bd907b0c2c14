"""A real IMAP server on the loopback address: Debian's Dovecot, run without rights of its own."""

import getpass
import imaplib
import os
import shutil
import ssl
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.mail import make_certificate
from tests.support.missing import lacking
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

PASSWORD = "open-sésame"
START_SECONDS = 60
UNPRIVILEGED = "nobody"

CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
listen = 127.0.0.1
protocols = imap
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_plugins =
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_dh =
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@dataclass(frozen=True)
class MailboxServer:
    """A running server. Every user name is an account of its own, with one password."""

    port: int
    tls_port: int
    certificate: Path

    @property
    def trust(self) -> ssl.SSLContext:
        """What trusts this server's certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))


@dataclass
class Mailbox:
    """One account of a server, filled and looked at through a connection of its own."""

    server: MailboxServer
    user: str = field(default_factory=lambda: f"{uuid.uuid4().hex[:12]}@demo.example")

    @property
    def settings(self) -> dict[str, str]:
        """The settings that make the application read it, unencrypted."""
        address = f"imap://{self.user.replace('@', '%40')}@127.0.0.1:{self.server.port}/INBOX"
        return {"SCHEDULER_ANSWERS": address, "SCHEDULER_ANSWERS_PASSWORD": PASSWORD}

    def put(self, *mails: bytes, folder: str = "INBOX", flags: str = "") -> None:
        """Let mails arrive."""
        with self._connected(folder) as client:
            for mail in mails:
                assert client.append(f'"{folder}"', flags, None, mail)[0] == "OK"

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of each message, in order, without `\\Recent`."""
        with self._connected(folder) as client:
            _, found = client.fetch("1:*", "(FLAGS)")
            lines = [line.decode() for line in found if isinstance(line, bytes)]
        return [" ".join(set(line.split("FLAGS (")[1].rstrip(")").split()) - {r"\Recent"}) for line in lines]

    def make_anew(self, folder: str) -> None:
        """Delete the folder and make it again, with another UIDVALIDITY."""
        with self._connected("INBOX") as client:
            client.delete(f'"{folder}"')
            assert client.create(f'"{folder}"')[0] == "OK"

    @contextmanager
    def _connected(self, folder: str) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.server.port, timeout=PATIENCE)
        try:
            client.authenticate("PLAIN", lambda _: f"\0{self.user}\0{PASSWORD}".encode())
            client.select(f'"{folder}"')
            yield client
        finally:
            client.logout()


def _start(folder: Path) -> tuple[MailboxServer, subprocess.Popen[bytes]]:
    program = shutil.which("dovecot") or next(iter(map(str, Path("/usr/sbin").glob("dovecot"))), None)
    if program is None or not Path("/usr/lib/dovecot/imap").exists():
        lacking("Dovecot (Debian's dovecot-imapd)")
    certificate, key = make_certificate(folder)
    is_root = os.geteuid() == 0
    user = UNPRIVILEGED if is_root else getpass.getuser()
    group = _group_of(user)
    server = MailboxServer(free_port(), free_port(), certificate)
    values = {"folder": folder, "user": user, "group": group, "certificate": certificate, "key": key}
    written = CONFIGURATION.format(**values, password=PASSWORD, port=server.port, tls_port=server.tls_port)
    (folder / "dovecot.conf").write_text(written)
    (folder / "run").mkdir()
    (folder / "mail").mkdir()
    command = [program, "-F", "-c", str(folder / "dovecot.conf")]
    if is_root:
        _give_away(folder, user)
        command = ["runuser", "-u", user, "--", *command]
    process = subprocess.Popen(
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _wait(server, process, folder)
    return server, process


def _wait(server: MailboxServer, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, imaplib.IMAP4.error):
            imaplib.IMAP4("127.0.0.1", server.port, timeout=5).logout()
            return
        time.sleep(0.05)
    said = process.stderr.read().decode() if process.poll() is not None and process.stderr else ""
    log = folder / "log"
    pytest.fail(f"Dovecot did not start: {said}{log.read_text() if log.exists() else ''}", pytrace=False)


def _group_of(user: str) -> str:
    return subprocess.run(["id", "-gn", user], check=True, capture_output=True, text=True).stdout.strip()


def _give_away(folder: Path, user: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)


def _end(process: subprocess.Popen[bytes], patience: Sequence[float] = (10, 10)) -> None:
    for act, seconds in zip((process.terminate, process.kill), patience, strict=True):
        act()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


@pytest.fixture(scope="session")
def imap_server() -> Iterator[MailboxServer]:
    """The IMAP server of this session."""
    folder = Path(tempfile.mkdtemp(prefix="scheduler-imap-"))
    folder.chmod(0o755)
    process = None
    try:
        server, process = _start(folder)
        yield server
    finally:
        if process is not None:
            _end(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mailbox(imap_server: MailboxServer) -> Mailbox:
    """An empty mailbox of the test's own."""
    return Mailbox(imap_server)
