"""Settings: frozen, from the environment; refuses unknown names and bad values with one clear line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from scheduler import mail_settings
from scheduler.environment import KEY_BYTES, BadSetting, Environment, key_of
from scheduler.mail_settings import AnswersMailbox, MailServer

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"

_NAMES = {
    "SCHEDULER_ENV": "`production` (the default) or `demo`",
    "SCHEDULER_PUBLIC_URL": "base of every absolute link, for example https://book.example.org",
    "SCHEDULER_TRUSTED_HOSTS": "host names the server answers for, separated by spaces (default: the URL’s)",
    "SCHEDULER_PROXIES": "how many reverse proxies stand in front and add X-Forwarded-* (default 0)",
    "SCHEDULER_ENCRYPTION_KEYS": "`id:base64` of 32 bytes each, separated by spaces, newest first",
    "SCHEDULER_LOOKUP_KEY": "base64 of 32 bytes for look-ups of addresses; never changes",
    "SCHEDULER_RATE_LIMITS": "`on` (the default) or, in the demo only, `off`",
    "SCHEDULER_DEMO_PASSWORD": "password of the demo accounts; made at random otherwise",
    "SCHEDULER_DEMO_EMBED_ORIGINS": "further origins that may embed the demo practices, separated by spaces",
    "SCHEDULER_CALENDAR_HOSTS_ALLOWED": "`host:port` of calendars inside the house, separated by spaces",
    "SCHEDULER_SESSION_IDLE_MINUTES": "minutes after which an idle sign-in ends (default 30)",
    "SCHEDULER_SECOND_FACTOR_REQUIRED": "`on` lets nobody in without a code from the phone (default `off`)",
    "SCHEDULER_ANSWERS": "where calendars answer: `imaps://user@host/INBOX`, or `piped` for `read-mail`",
    "SCHEDULER_ANSWERS_PASSWORD": "password of that mailbox; never part of the address",
    "SCHEDULER_METRICS_TOKEN": "bearer token, 20 characters or more, that opens /metrics; closed without one",
}
"""Every SCHEDULER_ setting and what it is for; the README's table is checked against this."""

_PLAIN = (
    "DATABASE_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "MAIL_SERVER",
    "MAIL_PORT",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
    "MAIL_USE_TLS",
    "MAIL_USE_SSL",
    "MAIL_DEFAULT_SENDER",
    "REDIS_URL",
)
WEAK = ("change", "secret", "dev", "test", "password", "12345")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the installation, not a practice, decides."""

    env: str
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: Mapping[str, bytes] = field(repr=False)
    lookup_key: bytes = field(repr=False)
    public_url: str
    trusted_hosts: tuple[str, ...]
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    proxies: int = 0
    rate_limits: bool = True
    mail_server: MailServer | None = None
    mail_default_sender: str = ""
    redis_url: str = field(default="", repr=False)
    demo_password: str = field(default="", repr=False)
    demo_embed_origins: tuple[str, ...] = ()
    calendar_hosts_allowed: tuple[str, ...] = ()
    session_idle_minutes: int = 30
    second_factor_required: bool = False
    metrics_token: str = field(default="", repr=False)
    answers_mailbox: AnswersMailbox | None = None
    answers_piped: bool = False

    @property
    def reads_answers(self) -> bool:
        """Whether invitations may ask for an answer, because somebody reads it."""
        return self.answers_piped or self.answers_mailbox is not None

    @property
    def is_demo(self) -> bool:
        """Whether plain http, loopback and demo data are allowed."""
        return self.env == "demo"

    @property
    def public_host(self) -> str:
        """The host name of the public URL: the domain of Message-IDs."""
        return urlsplit(self.public_url).hostname or "localhost"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, instance: Path = INSTANCE) -> "Settings":
        """Read the settings. **Raises** `BadSetting`."""
        unknown = sorted(name for name in environment if name.startswith("SCHEDULER_") and name not in _NAMES)
        if unknown:
            raise BadSetting(f"{unknown[0]} is not a setting of this program; the README lists them all")
        env = environment.get("SCHEDULER_ENV", "production")
        if env not in ("production", "demo"):
            raise BadSetting("SCHEDULER_ENV must be production or demo")
        reader = _Reader(dict(environment), demo=env == "demo", instance=instance)
        return reader.settings(env)


class _Reader(Environment):
    """Reads one environment; the demo makes what is missing, production refuses."""

    def settings(self, env: str) -> Settings:
        public_url = self.public_url()
        hosts = self.words("SCHEDULER_TRUSTED_HOSTS") or (urlsplit(public_url).hostname or "",)
        if self.demo:
            hosts = (*hosts, "localhost", "127.0.0.1", "[::1]")
        return Settings(
            env=env,
            database_url=self.database_url(),
            secret_key=self.secret_key(),
            secret_key_fallbacks=tuple(self.text("SECRET_KEY_FALLBACKS").split()),
            encryption_keys=self.encryption_keys(),
            lookup_key=self.lookup_key(),
            public_url=public_url,
            trusted_hosts=hosts,
            proxies=self.integer("SCHEDULER_PROXIES", 0, 0, 5),
            rate_limits=self.rate_limits(),
            mail_server=mail_settings.mail_server(self),
            mail_default_sender=mail_settings.default_sender(self),
            redis_url=self.text("REDIS_URL"),
            demo_password=self.text("SCHEDULER_DEMO_PASSWORD"),
            demo_embed_origins=self.origins("SCHEDULER_DEMO_EMBED_ORIGINS"),
            calendar_hosts_allowed=self.hosts_with_ports("SCHEDULER_CALENDAR_HOSTS_ALLOWED"),
            session_idle_minutes=self.integer("SCHEDULER_SESSION_IDLE_MINUTES", 30, 5, 720),
            second_factor_required=self.boolean("SCHEDULER_SECOND_FACTOR_REQUIRED"),
            metrics_token=self.metrics_token(),
            answers_mailbox=mail_settings.answers_mailbox(self),
            answers_piped=self.text("SCHEDULER_ANSWERS") == mail_settings.PIPED,
        )

    def public_url(self) -> str:
        given = self.text("SCHEDULER_PUBLIC_URL").rstrip("/")
        if not given and self.demo:
            return f"http://127.0.0.1:{self.text('PORT') or 8000}"
        parts = urlsplit(given)
        if not parts.hostname or parts.scheme not in (("http", "https") if self.demo else ("https",)):
            raise BadSetting("SCHEDULER_PUBLIC_URL must be the https address where visitors reach the pages")
        return given

    def database_url(self) -> str:
        url = self.text("DATABASE_URL")
        if not url:
            return f"sqlite:///{self.instance / 'scheduler.sqlite3'}"
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        if not url.startswith(("sqlite:", "postgresql+psycopg:")):
            raise BadSetting("DATABASE_URL must begin with sqlite: or postgresql:")
        return url

    def secret_key(self) -> str:
        given = self.text("SECRET_KEY")
        if given:
            if not self.demo and (
                len(given) < KEY_BYTES or len(set(given)) < KEY_BYTES // 3 or given.lower().startswith(WEAK)
            ):
                raise BadSetting("SECRET_KEY is too weak: use 32 random characters or more")
            return given
        return self.made("secret-key")

    def encryption_keys(self) -> dict[str, bytes]:
        given = self.text("SCHEDULER_ENCRYPTION_KEYS")
        given = given or self.made("encryption-keys", prefix="1:")
        keys: dict[str, bytes] = {}
        for word in given.split():
            key_id, _, encoded = word.partition(":")
            if not key_id or len(key_id) > 20 or key_id in keys:
                raise BadSetting("SCHEDULER_ENCRYPTION_KEYS must be id:base64 pairs with different ids")
            keys[key_id] = key_of("SCHEDULER_ENCRYPTION_KEYS", encoded)
        return keys

    def lookup_key(self) -> bytes:
        given = self.text("SCHEDULER_LOOKUP_KEY") or self.made("lookup-key")
        return key_of("SCHEDULER_LOOKUP_KEY", given)

    def metrics_token(self) -> str:
        given = self.text("SCHEDULER_METRICS_TOKEN")
        if given and (len(given) < 20 or not given.isascii()):
            raise BadSetting("SCHEDULER_METRICS_TOKEN must be 20 characters or more")
        return given

    def rate_limits(self) -> bool:
        given = self.text("SCHEDULER_RATE_LIMITS", "on")
        if given not in ("on", "off"):
            raise BadSetting("SCHEDULER_RATE_LIMITS must be on or off")
        if given == "off" and not self.demo:
            raise BadSetting("SCHEDULER_RATE_LIMITS=off is for the demo only")
        return given == "on"


def documented() -> Mapping[str, str]:
    """Every SCHEDULER_ setting with its one-line meaning."""
    return dict(_NAMES)


def plain_names() -> tuple[str, ...]:
    """The further environment variables that are read."""
    return _PLAIN
