"""Every setting of the site: its name, type, default and meaning."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import URL

from authsite.passwords.breached import BreachedPasswords
from authsite.passwords.peppers import Pepper
from authsite.settings.fields import setting
from authsite.settings.mail_schema import DeletionSettings, EmailSettings, MailSettings
from authsite.settings.parsers import (
    ListenAddress,
    breached_passwords,
    contact,
    database_url,
    duration,
    listen_address,
    number,
    origin,
    peppers,
    rate_limits,
    secret,
    secure_address,
    text,
    words,
    yes_or_no,
)
from authsite.throttling.limits import RateLimit


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """What the site is called and where it stands."""

    url: str = setting(
        origin,
        "Where people find the site: scheme and host. On https, cookies are `Secure`; no other "
        "`Host` is answered.",
    )
    name: str = setting(text, "What the site calls itself in its pages.", "authsite")
    security_contact: str | None = setting(
        contact,
        "Where to report a weakness, for `/.well-known/security.txt`: `mailto:…` or `https://…`. "
        "Without it there is no such file.",
        None,
    )
    security_policy: str | None = setting(
        secure_address, "Where it says how such reports are handled, for the same file.", None
    )


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """How long a browser stays signed in."""

    idle_timeout: timedelta = setting(
        duration, "A session ends after this time without a visit.", timedelta(days=30)
    )
    absolute_timeout: timedelta = setting(
        duration, "A session ends this long after the sign-in, visited or not.", timedelta(days=90)
    )
    refresh_interval: timedelta = setting(
        duration, "A visit extends a session at most once in this time.", timedelta(hours=1)
    )
    reauthentication_lifetime: timedelta = setting(
        duration,
        "For so long a password that was typed opens the pages that ask for it again.",
        timedelta(minutes=10),
    )
    public_idle_timeout: timedelta = setting(
        duration,
        "A session on a public computer ends after this time without a visit, or with the browser.",
        timedelta(minutes=15),
    )
    public_absolute_timeout: timedelta = setting(
        duration, "The longest that a session on a public computer lasts.", timedelta(hours=12)
    )


@dataclass(frozen=True, kw_only=True)
class PasswordSettings:
    """What a password must have, and what a hash of it costs."""

    minimum_length: int = setting(
        number(8, 64), "Fewest characters of a new password; NIST advises 15.", 8
    )
    blocklist: tuple[str, ...] = setting(
        words,
        "Words that no new password may contain, besides the name of the site, separated by "
        "commas: the organization, its products, its domain.",
        (),
    )
    breached: BreachedPasswords | None = setting(
        breached_passwords,
        "Where the breached passwords are that nobody may choose: a folder of Have I Been Pwned's "
        "files, or a filter made of one (`authsite breached build`).",
        None,
    )
    reset_link_lifetime: timedelta = setting(
        duration, "How long a link to choose a new password can be followed.", timedelta(hours=1)
    )
    pepper: tuple[Pepper, ...] = setting(
        peppers,
        "`id:secret` of a secret that goes into every hash; after it, separated by commas, former "
        "ones.",
        (),
        shown=False,
    )
    time_cost: int = setting(number(1, 100), "Argon2id: passes over the memory.", 3)
    memory_cost: int = setting(number(8, 4_194_304), "Argon2id: memory, in KiB.", 19_456)
    parallelism: int = setting(number(1, 16), "Argon2id: lanes.", 1)
    hash_threads: int = setting(
        number(0, 256), "Hashes computed at the same time in one process; 0: one a core.", 0
    )
    hash_queue_size: int = setting(
        number(1, 10_000),
        "Hashes that may wait in one process; who comes after is asked to try again (503).",
        64,
    )


def _limit(meaning: str, *default: RateLimit) -> Any:
    return setting(rate_limits, meaning, default)


#: Ten at once, and then waits; and some fifty a day for whoever stays just below that.
GUESSES = (
    RateLimit(10, timedelta(minutes=5), max_delay=timedelta(hours=1)),
    RateLimit(50, timedelta(days=1), max_delay=timedelta(hours=1)),
)


@dataclass(frozen=True, kw_only=True)
class ThrottleSettings:
    """How often something may be tried. Each field names a kind of try."""

    sign_in_account: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins to one address, whether anybody has it or not, by browsers that have not "
        "signed in to it before.",
        *GUESSES,
    )
    sign_in_device: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins by a browser that has signed in to this account before. Nobody else uses "
        "them up, and it is not held up by the two other limits.",
        *GUESSES,
    )
    sign_in_network: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins from one network address (IPv6: one /64).",
        RateLimit(30, timedelta(minutes=5)),
    )
    sign_up_network: tuple[RateLimit, ...] = _limit(
        "Sign-ups from one network address (IPv6: one /64).", RateLimit(20, timedelta(hours=1))
    )
    email_recipient: tuple[RateLimit, ...] = _limit(
        "Mails of one kind to one address that somebody asked for, whether anybody has it or not. "
        "What the owner of an account has to be told is always sent.",
        RateLimit(1, timedelta(minutes=3)),
        RateLimit(5, timedelta(days=1)),
    )
    email_network: tuple[RateLimit, ...] = _limit(
        "Mails asked for by strangers from one network address (IPv6: one /64).",
        RateLimit(20, timedelta(hours=1)),
    )
    email_link_account: tuple[RateLimit, ...] = _limit(
        "Tries to use links of one account that went to one address, without those that succeed.",
        RateLimit(10, timedelta(hours=1)),
    )
    email_link_network: tuple[RateLimit, ...] = _limit(
        "The same from one network address (IPv6: one /64), with links that nobody was sent.",
        RateLimit(10, timedelta(hours=1)),
    )


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Where the rows are kept. The URL itself is `sqlalchemy.url`, or `DATABASE_URL`."""

    url: URL = setting(
        database_url,
        "An SQLAlchemy URL: `sqlite:////srv/site.sqlite` or `postgresql://…`.",
        shown=False,
    )
    pool_size: int = setting(
        number(1, 1000),
        "Most connections of one process for transactions; on PostgreSQL as many again for reads.",
        16,
    )
    timeout: timedelta = setting(
        duration,
        "How long a request waits for a connection or a lock before it gives up (503).",
        timedelta(seconds=10),
    )
    attempts: int = setting(
        number(1, 10), "How often a form is tried when the database is busy.", 3
    )


@dataclass(frozen=True, kw_only=True)
class PurgeSettings:
    """When rows that nobody can use any more are deleted."""

    interval: timedelta = setting(
        duration, "The site sweeps at most once in this time.", timedelta(hours=1)
    )


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    """What is told to whom who watches the site."""

    listen: ListenAddress | None = setting(
        listen_address,
        "Where Prometheus finds the metrics, apart from the site: `127.0.0.1:9101`. Each process "
        "needs an address of its own, and anybody who reaches it can read them. Without it, none.",
        None,
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, checked; the only object that knows what an ini file said."""

    secret: bytes = setting(
        secret,
        "Signs what browsers keep for strangers and ties forms to sessions. Make one with "
        '`python3 -c "import secrets; print(secrets.token_urlsafe(32))"`.',
        shown=False,
    )
    dev: bool = setting(
        yes_or_no,
        "For development: answers to localhost under any port, and keeps mails for `/dev/mail`.",
        False,
    )
    site: SiteSettings
    session: SessionSettings
    passwords: PasswordSettings
    throttle: ThrottleSettings
    email: EmailSettings
    deletion: DeletionSettings
    mail: MailSettings
    database: DatabaseSettings
    purge: PurgeSettings
    metrics: MetricsSettings

    @property
    def sender(self) -> str:
        """The address that mails come from."""
        return self.mail.sender or f"no-reply@{urlsplit(self.site.url).hostname}"

    @property
    def https(self) -> bool:
        """Whether people reach the site by https; it decides over `Secure` and `__Host-`."""
        return self.site.url.startswith("https:")


#: The groups, by their names in the keys.
GROUPS: dict[str, type[Any]] = {
    "site": SiteSettings,
    "session": SessionSettings,
    "passwords": PasswordSettings,
    "throttle": ThrottleSettings,
    "email": EmailSettings,
    "deletion": DeletionSettings,
    "mail": MailSettings,
    "database": DatabaseSettings,
    "purge": PurgeSettings,
    "metrics": MetricsSettings,
}
