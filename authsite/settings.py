"""Every setting of the site: its name, type, default and meaning, read once at the start.

`authsite.<group>.<name>` in the ini file, overlaid by `AUTHSITE_<GROUP>_<NAME>` from the
environment; a secret also by the content of the file that `…_FILE` names.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy.engine import URL

from authsite.breached_passwords import BreachedPasswords
from authsite.peppers import Pepper
from authsite.rate_limits import RateLimit
from authsite.setting_values import (
    breached_passwords,
    contact,
    database_url,
    duration,
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

#: What browsers cut every cookie's lifetime to (RFC 6265bis, 5.5).
LONGEST_COOKIE = timedelta(days=400)
#: What development.ini says. A site that is not for development refuses it.
DEVELOPMENT_SECRET = "for development only: everybody knows this secret"  # noqa: S105


class SettingError(ValueError):
    """A setting is missing or makes no sense; the message names it and says what would."""


def _setting(
    read: Callable[[str], Any], meaning: str, default: Any = MISSING, *, shown: bool = True
) -> Any:
    """Describe one setting; without a default it must be given.

    One that is not `shown` is a secret: `repr` leaves it out, and it may come from a file.
    """
    return field(default=default, metadata={"read": read, "meaning": meaning}, repr=shown)


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """What the site is called and where it stands."""

    url: str = _setting(
        origin,
        "Where people find the site: scheme and host. On https, cookies are `Secure`; no other "
        "`Host` is answered.",
    )
    name: str = _setting(text, "What the site calls itself in its pages.", "authsite")
    security_contact: str | None = _setting(
        contact,
        "Where to report a weakness, for `/.well-known/security.txt`: `mailto:…` or `https://…`. "
        "Without it there is no such file.",
        None,
    )
    security_policy: str | None = _setting(
        secure_address, "Where it says how such reports are handled, for the same file.", None
    )


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """How long a browser stays signed in."""

    idle: timedelta = _setting(
        duration, "A session ends after this time without a visit.", timedelta(days=30)
    )
    absolute: timedelta = _setting(
        duration, "A session ends this long after the sign-in, visited or not.", timedelta(days=90)
    )
    touch_every: timedelta = _setting(
        duration, "A visit extends a session at most once in this time.", timedelta(hours=1)
    )
    public_idle: timedelta = _setting(
        duration,
        "A session on a public computer ends after this time without a visit, or with the browser.",
        timedelta(minutes=15),
    )
    public_absolute: timedelta = _setting(
        duration, "The longest that a session on a public computer lasts.", timedelta(hours=12)
    )


@dataclass(frozen=True, kw_only=True)
class PasswordSettings:
    """What a password must have, and what a hash of it costs."""

    minimum_length: int = _setting(
        number(8, 64), "Fewest characters of a new password; NIST advises 15.", 8
    )
    words: tuple[str, ...] = _setting(
        words,
        "Words that no new password may contain, besides the name of the site, separated by "
        "commas: the organization, its products, its domain.",
        (),
    )
    breached: BreachedPasswords | None = _setting(
        breached_passwords,
        "Where the breached passwords are that nobody may choose: a folder of Have I Been Pwned's "
        "files, or a filter made of one (`authsite breached build`).",
        None,
    )
    pepper: tuple[Pepper, ...] = _setting(
        peppers,
        "`id:secret` of a secret that goes into every hash; after it, separated by commas, former "
        "ones.",
        (),
        shown=False,
    )
    time_cost: int = _setting(number(1, 100), "Argon2id: passes over the memory.", 3)
    memory_cost: int = _setting(number(8, 4_194_304), "Argon2id: memory, in KiB.", 19_456)
    parallelism: int = _setting(number(1, 16), "Argon2id: lanes.", 1)
    concurrency: int = _setting(
        number(0, 256), "Hashes computed at the same time in one process; 0: one a core.", 0
    )
    queue: int = _setting(
        number(1, 10_000),
        "Hashes that may wait in one process; who comes after is asked to try again (503).",
        64,
    )


def _limit(meaning: str, *default: RateLimit) -> Any:
    return _setting(rate_limits, meaning, default)


@dataclass(frozen=True, kw_only=True)
class ThrottleSettings:
    """How often something may be tried. Each field names a kind of try."""

    sign_in_account: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins to one address, whether anybody has it or not, by browsers that have not "
        "signed in to it before.",
        RateLimit(10, timedelta(minutes=5), longest_wait=timedelta(hours=1)),
    )
    sign_in_device: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins by a browser that has signed in to this account before. Nobody else uses "
        "them up, and it is not held up by the two other limits.",
        RateLimit(10, timedelta(minutes=5), longest_wait=timedelta(hours=1)),
    )
    sign_in_network: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins from one network address (IPv6: one /64).",
        RateLimit(30, timedelta(minutes=5)),
    )
    sign_up_network: tuple[RateLimit, ...] = _limit(
        "Sign-ups from one network address (IPv6: one /64).", RateLimit(20, timedelta(hours=1))
    )


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Where the rows are kept. The URL itself is `sqlalchemy.url`, or `DATABASE_URL`."""

    url: URL = _setting(
        database_url,
        "An SQLAlchemy URL: `sqlite:////srv/site.sqlite` or `postgresql://…`.",
        shown=False,
    )
    pool_size: int = _setting(
        number(1, 1000),
        "Most connections of one process for transactions; on PostgreSQL as many again for reads.",
        16,
    )
    wait: timedelta = _setting(
        duration,
        "How long a request waits for a connection or a lock before it gives up (503).",
        timedelta(seconds=10),
    )
    attempts: int = _setting(
        number(1, 10), "How often a form is tried when the database is busy.", 3
    )


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """When rows that nobody can use any more are deleted."""

    every: timedelta = _setting(
        duration, "The site sweeps at most once in this time.", timedelta(hours=1)
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, checked; the only object that knows what an ini file said."""

    secret: bytes = _setting(
        secret,
        "Signs what browsers keep for strangers and ties forms to sessions. Make one with "
        '`python3 -c "import secrets; print(secrets.token_urlsafe(32))"`.',
        shown=False,
    )
    dev: bool = _setting(yes_or_no, "For development: answers to localhost under any port.", False)
    site: SiteSettings
    session: SessionSettings
    passwords: PasswordSettings
    throttle: ThrottleSettings
    database: DatabaseSettings
    sweeping: SweepSettings

    @property
    def https(self) -> bool:
        """Whether people reach the site by https; it decides over `Secure` and `__Host-`."""
        return self.site.url.startswith("https:")


_GROUPS: dict[str, type[Any]] = {
    "site": SiteSettings,
    "session": SessionSettings,
    "passwords": PasswordSettings,
    "throttle": ThrottleSettings,
    "database": DatabaseSettings,
    "sweeping": SweepSettings,
}


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """One row of the table of settings, as docs/configuration.md shows it."""

    key: str
    variable: str
    default: Any
    meaning: str
    secret: bool
    read: Callable[[str], Any]


def _described(group: str, of: type[Any]) -> Iterator[tuple[str, SettingDescription]]:
    for each in fields(of):
        if not each.metadata:
            continue
        key = ".".join(filter(None, ("authsite", group, each.name)))
        variable = key.replace(".", "_").upper()
        if key == "authsite.database.url":
            key, variable = "sqlalchemy.url", "DATABASE_URL"
        yield (
            each.name,
            SettingDescription(
                key,
                variable,
                each.default,
                each.metadata["meaning"],
                not each.repr,
                each.metadata["read"],
            ),
        )


def describe_settings() -> list[SettingDescription]:
    """Return every setting there is, in the order of the documentation."""
    described = [row for _, row in _described("", Settings)]
    for group, of in _GROUPS.items():
        described += [row for _, row in _described(group, of)]
    return described


def _value_of(
    setting: SettingDescription, ini: Mapping[str, str], environ: Mapping[str, str]
) -> Any:
    name, text = setting.variable, environ.get(setting.variable)
    file_variable = f"{setting.variable}_FILE"
    if text is None and setting.secret and file_variable in environ:
        name = file_variable
        try:
            text = Path(environ[file_variable]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{name}: the file cannot be read: {error}") from error
    if text is None:
        name, text = setting.key, ini.get(setting.key)
    if text is None:
        if setting.default is MISSING:
            also = f" or {file_variable}" if setting.secret else ""
            raise SettingError(
                f"{setting.key} is missing: set it in the ini file, or {setting.variable}{also} "
                f"in the environment. {setting.meaning}"
            )
        return setting.default
    try:
        return setting.read(str(text))
    except ValueError as error:
        raise SettingError(f"{name} {error}.") from None


def read_settings(ini: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Return the settings that an ini file's section and the environment spell together.

    Raises `SettingError` for the first setting that is missing, wrong, or not known.
    """
    known = {setting.key for setting in describe_settings()}
    for key in ini:
        if key.startswith("authsite.") and key not in known:
            raise SettingError(f"{key} is no setting; docs/configuration.md lists those there are.")

    def read(group: str, of: type[Any]) -> dict[str, Any]:
        return {name: _value_of(row, ini, environ) for name, row in _described(group, of)}

    groups = {group: of(**read(group, of)) for group, of in _GROUPS.items()}
    settings = Settings(**read("", Settings), **groups)
    if settings.secret == DEVELOPMENT_SECRET.encode() and not settings.dev:
        raise SettingError(
            "authsite.secret is the one of development.ini, which everybody knows: make one."
        )
    if max(settings.session.idle, settings.session.absolute) > LONGEST_COOKIE:
        raise SettingError(
            "authsite.session.idle and authsite.session.absolute: browsers keep no cookie beyond "
            "400 days."
        )
    if settings.session.touch_every >= settings.session.idle:
        raise SettingError(
            "authsite.session.touch_every must be shorter than authsite.session.idle."
        )
    return settings


def read_database_url(ini: Mapping[str, str], environ: Mapping[str, str]) -> URL:
    """Return the database's URL alone, for alembic, which needs nothing else."""
    rows = dict(_described("database", DatabaseSettings))
    return cast("URL", _value_of(rows["url"], ini, environ))
