"""Every setting: name, type, default and meaning."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import URL

from authsite.passwords.breached import BreachedPasswords
from authsite.passwords.cores import available_cores
from authsite.passwords.peppers import Pepper
from authsite.passwords.policy import MIN_MINIMUM_LENGTH
from authsite.settings.database_urls import database_url, replica_url
from authsite.settings.fields import setting
from authsite.settings.machine_parsers import cores
from authsite.settings.mail_schema import (
    AccountSettings,
    DeletionSettings,
    EmailSettings,
    MailSettings,
)
from authsite.settings.parsers import (
    ListenAddress,
    breached_passwords,
    cookie_name,
    duration,
    landing_page,
    listen_address,
    number,
    one_of,
    path,
    peppers,
    previous_secrets,
    secret,
    words,
    yes_or_no,
)
from authsite.settings.site_schema import HeaderSettings, ProxySettings, SiteSettings
from authsite.settings.throttle_schema import ThrottleSettings


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """The cookie of sessions, and their lifetimes."""

    cookie_name: str = setting(
        cookie_name,
        "Name of the session cookie. On https it has the prefix `__Host-`.",
        "authsite_session",
    )
    idle_timeout: timedelta = setting(
        duration, "Idle timeout: how long a session lasts without a visit.", timedelta(days=30)
    )
    absolute_timeout: timedelta = setting(
        duration, "Absolute timeout: how long a session lasts at most.", timedelta(days=90)
    )
    refresh_interval: timedelta = setting(
        duration, "How often a visit extends a session at most.", timedelta(hours=1)
    )
    reauthentication_lifetime: timedelta = setting(
        duration,
        "How long after entering the password users are not asked for it again.",
        timedelta(minutes=10),
    )
    public_idle_timeout: timedelta = setting(
        duration,
        "Idle timeout of a session on a public computer. It also ends when the browser is closed.",
        timedelta(minutes=15),
    )
    public_absolute_timeout: timedelta = setting(
        duration, "Absolute timeout of a session on a public computer.", timedelta(hours=12)
    )


@dataclass(frozen=True, kw_only=True)
class PasswordSettings:
    """Password policy, and costs of hashes."""

    minimum_length: int = setting(
        number(MIN_MINIMUM_LENGTH, 64),
        "Minimum length of a new password, in characters. NIST requires 15 if it is the only "
        "factor.",
        MIN_MINIMUM_LENGTH,
    )
    blocklist: tuple[str, ...] = setting(
        words,
        "Words that a new password must not contain, in addition to the name of the site, "
        "separated by commas: the organization, its products, its domain.",
        (),
    )
    breached: BreachedPasswords | None = setting(
        breached_passwords,
        "Path of the breached passwords that are refused: a folder of Have I Been Pwned's files, "
        "or a filter built from one by `authsite breached build`.",
        None,
    )
    reset_link_lifetime: timedelta = setting(
        duration, "How long a link to reset a password works.", timedelta(hours=1)
    )
    pepper: tuple[Pepper, ...] = setting(
        peppers,
        "Pepper that is mixed into every password hash, as `id:secret`, followed by previous ones, "
        "separated by commas.",
        (),
        shown=False,
    )
    time_cost: int = setting(number(1, 100), "Argon2id: number of passes over the memory.", 3)
    memory_cost: int = setting(number(8, 4_194_304), "Argon2id: memory, in KiB.", 19_456)
    parallelism: int = setting(number(1, 16), "Argon2id: lanes.", 1)
    hash_threads: int = setting(
        number(0, 256),
        "Hashes computed at the same time per process. 0 means one per core that the process may "
        "use (`hash_cores`, `taskset`, quota of its cgroup).",
        0,
    )
    hash_cores: tuple[int, ...] = setting(
        cores,
        "Cores on which hashes are computed, as `taskset` names them: `0-3`. A process that is "
        "pinned for pages lets its hashes use the others. If unset, the cores of the process.",
        (),
    )
    hash_queue_size: int = setting(
        number(1, 10_000),
        "Maximum queued hashes per process. Further requests get a 503.",
        64,
    )

    @property
    def hashes_at_once(self) -> int:
        """The number of hashes that a process computes at a time."""
        return self.hash_threads or available_cores(self.hash_cores)


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """The database. Its URL is the setting `sqlalchemy.url`, or `DATABASE_URL`."""

    url: URL = setting(
        database_url,
        "URL of the database: `sqlite:////srv/site.sqlite` or `postgresql://…`; all forms are in "
        "docs/postgresql.md.",
        shown=False,
    )
    pooler: str = setting(
        one_of("none", "transaction"),
        "What stands before PostgreSQL: `none`, or `transaction` for a pooler that gives each "
        "transaction another connection, such as PgBouncer (docs/postgresql.md).",
        "none",
    )
    pool_size: int = setting(
        number(1, 1000),
        "Maximum connections per process for transactions. On PostgreSQL, reads have as many more.",
        16,
    )
    timeout: timedelta = setting(
        duration,
        "How long a request waits for a connection or a lock before it gets a 503.",
        timedelta(seconds=10),
    )
    read_url: URL | None = setting(
        replica_url,
        "URL of a read replica of PostgreSQL, a streaming standby. It is asked who is "
        "signed in when a page is loaded. If unset, the primary is asked.",
        None,
        shown=False,
    )
    read_max_lag: timedelta = setting(
        duration,
        "How far behind the primary the read replica may be to be asked: how long a session that "
        "has ended may still load pages.",
        timedelta(seconds=5),
    )
    attempts: int = setting(
        number(1, 10), "How many times a form is attempted while the database is busy.", 3
    )

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler in transaction mode stands before PostgreSQL."""
        return self.pooler == "transaction"


@dataclass(frozen=True, kw_only=True)
class PurgeSettings:
    """Deletion of expired rows."""

    interval: timedelta = setting(
        duration, "How often expired rows are purged, across all processes.", timedelta(hours=1)
    )


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    """Where metrics are served."""

    listen: ListenAddress | None = setting(
        listen_address,
        "Where metrics are served for Prometheus: `127.0.0.1:9101`. Each process needs a port of "
        "its own; of several, `127.0.0.1:9101-9104`, it takes the first that is free. Everyone who "
        "can connect to it can read them. If unset, no metrics are served.",
        None,
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, validated."""

    secret: bytes = setting(
        secret,
        "Secret key for cookies, CSRF tokens, throttles and the encryption of queued emails. "
        'Create one with `python3 -c "import secrets; print(secrets.token_urlsafe(32))"`.',
        shown=False,
    )
    previous_secrets: tuple[bytes, ...] = setting(
        previous_secrets,
        "Previous values of `authsite.secret`, one per line. They only decrypt emails that were "
        "queued before it was replaced.",
        (),
        shown=False,
    )
    dev: bool = setting(
        yes_or_no,
        "Development mode: accepts localhost on any port and shows emails on `/dev/mail`. Only "
        "where `authsite.site.url` is localhost or an IP address of a private network.",
        False,
    )
    sign_up: str = setting(
        one_of("open", "closed"),
        "Whether visitors can create accounts: `open` or `closed`. Operators always can.",
        "open",
    )
    after_sign_in: str | None = setting(
        landing_page,
        "Path of the landing page, to which users go after signing in unless they requested "
        "another one: `/orders`. If unset, it is the dashboard.",
        None,
    )
    after_sign_up: str | None = setting(
        path, "The same after signing up. If unset, it is the landing page.", None
    )
    after_sign_out: str | None = setting(
        path, "The same after signing out. If unset, it is the sign-in page.", None
    )
    site: SiteSettings
    headers: HeaderSettings
    proxy: ProxySettings
    session: SessionSettings
    passwords: PasswordSettings
    throttle: ThrottleSettings
    email: EmailSettings
    accounts: AccountSettings
    deletion: DeletionSettings
    mail: MailSettings
    database: DatabaseSettings
    purge: PurgeSettings
    metrics: MetricsSettings

    @property
    def sender(self) -> str:
        """The sender of all emails."""
        return self.mail.sender or f"no-reply@{self.host}"

    @property
    def host(self) -> str:
        """The host name or IP address of the site."""
        return urlsplit(self.site.url).hostname or ""

    @property
    def is_sign_up_open(self) -> bool:
        """Whether visitors can create accounts."""
        return self.sign_up == "open"

    @property
    def https(self) -> bool:
        """Whether the site is served by https, so that cookies are `Secure` and `__Host-`."""
        return self.site.url.startswith("https:")


#: The groups, by their names in keys.
GROUPS: dict[str, type[Any]] = {
    "site": SiteSettings,
    "headers": HeaderSettings,
    "proxy": ProxySettings,
    "session": SessionSettings,
    "passwords": PasswordSettings,
    "throttle": ThrottleSettings,
    "email": EmailSettings,
    "accounts": AccountSettings,
    "deletion": DeletionSettings,
    "mail": MailSettings,
    "database": DatabaseSettings,
    "purge": PurgeSettings,
    "metrics": MetricsSettings,
}
