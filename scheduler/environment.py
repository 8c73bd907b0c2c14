"""Reading an environment: words, numbers and keys, each refused with one clear line that says what to do."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

KEY_BYTES = 32
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


class BadSetting(Exception):
    """A setting is missing, unknown or wrong; the message is one line that says what to do."""


class Environment:
    """The variables of one environment; in the demo, keys that are missing are made in `instance`.

    What reads a variable **raises** `BadSetting` when it holds no such value.
    """

    def __init__(self, environment: Mapping[str, str], *, demo: bool, instance: Path) -> None:
        self._environment = environment
        self.demo = demo
        self.instance = instance

    def text(self, name: str, default: str = "") -> str:
        """What stands there."""
        return self._environment.get(name, default)

    def words(self, name: str) -> tuple[str, ...]:
        """What stands there between spaces."""
        return tuple(self.text(name).split())

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number, both bounds included."""
        given = self.text(name)
        if not given:
            return default
        if not given.isdecimal() or not low <= int(given) <= high:
            raise BadSetting(f"{name} must be a whole number from {low} to {high}")
        return int(given)

    def boolean(self, name: str) -> bool:
        """Off unless it says that it is on."""
        given = self.text(name).strip().lower()
        if given in ("", "0", "false", "no", "off"):
            return False
        if given in ("1", "true", "yes", "on"):
            return True
        raise BadSetting(f"{name} must be true or false")

    def origins(self, name: str) -> tuple[str, ...]:
        """Origins of web pages, as browsers send them."""
        for word in self.words(name):
            parts = urlsplit(word)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
                raise BadSetting(f"{name}: {word!r} is not an origin such as https://www.example.org")
        return self.words(name)

    def hosts_with_ports(self, name: str) -> tuple[str, ...]:
        """`host:port` each."""
        for word in self.words(name):
            host, _, port = word.rpartition(":")
            if not _HOST.fullmatch(host) or not port.isdecimal() or not 0 < int(port) < 65536:
                raise BadSetting(f"{name}: {word!r} is not a host:port such as cloud.example.lan:443")
        return self.words(name)

    def made(self, name: str, prefix: str = "") -> str:
        """A random key, made once in the demo's instance folder, mode 0600."""
        if not self.demo:
            setting = {"secret-key": "SECRET_KEY"}.get(name, "SCHEDULER_" + name.upper().replace("-", "_"))
            raise BadSetting(f"{setting} is not set; the README says how to make one")
        path = self.instance / name
        self.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="ascii") as file:
                path.chmod(0o600)
                file.write(prefix + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
        except FileExistsError:
            pass
        return path.read_text(encoding="ascii").strip()


def key_of(name: str, encoded: str) -> bytes:
    """The key that a setting holds. **Raises** `BadSetting`."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != KEY_BYTES:
        raise BadSetting(f"{name} must hold base64 of {KEY_BYTES} random bytes")
    return decoded
