"""Reading the settings, once at the start: from the ini file, the environment, and files.

`authsite.<group>.<name>` in the ini file, overlaid by `AUTHSITE_<GROUP>_<NAME>` from the
environment; a secret also by the content of the file that `…_FILE` names.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy.engine import URL

from authsite.settings.former_names import FORMER_NAMES
from authsite.settings.mail_schema import MailSettings
from authsite.settings.schema import GROUPS, DatabaseSettings, Settings

#: What browsers cut every cookie's lifetime to (RFC 6265bis, 5.5).
MAX_COOKIE_AGE = timedelta(days=400)
#: What development.ini says. A site that is not for development refuses it.
DEVELOPMENT_SECRET = "for development only: everybody knows this secret"  # noqa: S105
_ADDRESS = re.compile(r"@(?:[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*)$")
_LOOPBACK = re.compile(r"localhost|127\.[0-9.]+|::1")


class SettingError(ValueError):
    """A setting is missing or makes no sense; the message names it and says what would."""


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
        variable = _variable(key.removeprefix("authsite."))
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
    for group, of in GROUPS.items():
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
            raise SettingError(f"{name}: can't read the file: {error}") from error
    if text is None:
        name, text = setting.key, ini.get(setting.key)
    if text is None:
        if setting.default is MISSING:
            raise SettingError(_missing(setting))
        return setting.default
    try:
        return setting.read(str(text))
    except ValueError as error:
        raise SettingError(f"{name} {error}.") from None


def _missing(setting: SettingDescription) -> str:
    also = f" or {setting.variable}_FILE" if setting.secret else ""
    return (
        f"{setting.key} is missing. Set it in the ini file, or {setting.variable}{also} in the "
        f"environment. {setting.meaning}"
    )


def load_settings(ini: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Return the settings that an ini file's section and the environment spell together.

    Raises `SettingError` for the first setting that is missing, wrong, or not known.
    """
    _refuse_former_names(ini, environ)
    known = {setting.key for setting in describe_settings()}
    for key in ini:
        if key.startswith("authsite.") and key not in known:
            raise SettingError(f"{key} is not a setting. docs/configuration.md lists all settings.")

    def read(group: str, of: type[Any]) -> dict[str, Any]:
        return {name: _value_of(row, ini, environ) for name, row in _described(group, of)}

    groups = {group: of(**read(group, of)) for group, of in GROUPS.items()}
    settings = Settings(**read("", Settings), **groups)
    if settings.secret == DEVELOPMENT_SECRET.encode() and not settings.dev:
        raise SettingError("authsite.secret is the public one of development.ini. Create your own.")
    if settings.passwords.memory_cost < 8 * settings.passwords.parallelism:
        raise SettingError(
            "authsite.passwords.memory_cost must be at least 8 times "
            "authsite.passwords.parallelism, as Argon2 requires."
        )
    if max(settings.session.idle_timeout, settings.session.absolute_timeout) > MAX_COOKIE_AGE:
        raise SettingError(
            "authsite.session.idle_timeout and authsite.session.absolute_timeout: "
            "browsers keep no cookie beyond 400 days."
        )
    if settings.session.refresh_interval >= settings.session.idle_timeout:
        raise SettingError(
            "authsite.session.refresh_interval must be shorter than authsite.session.idle_timeout."
        )
    _check_mail(settings)
    return settings


def _refuse_former_names(ini: Mapping[str, str], environ: Mapping[str, str]) -> None:
    for former, present in FORMER_NAMES.items():
        if f"authsite.{former}" in ini:
            raise SettingError(
                f"authsite.{former} is now authsite.{present}: rename it in the ini file."
            )
        if _variable(former) in environ:
            raise SettingError(
                f"{_variable(former)} is now {_variable(present)}: rename it in the environment."
            )


def _variable(key: str) -> str:
    return f"authsite.{key}".replace(".", "_").upper()


def _check_mail(settings: Settings) -> None:
    mail = settings.mail
    here = mail.host is not None and _LOOPBACK.fullmatch(mail.host) is not None
    if mail.host is None and not settings.dev:
        raise SettingError(_missing(dict(_described("mail", MailSettings))["host"]))
    if mail.host is not None and settings.dev and not here:
        raise SettingError(
            "authsite.mail.host must be localhost in development, where no email leaves the "
            "machine."
        )
    if mail.security == "none" and mail.host is not None and not here:
        raise SettingError(
            "authsite.mail.security can be none only for a mail server on this machine: emails "
            "contain links that must not be readable on their way."
        )
    if mail.host is not None and mail.sender is None and _ADDRESS.search(settings.sender):
        raise SettingError(
            "authsite.mail.sender is missing. Set it, since authsite.site.url has an IP address "
            "and no host name."
        )
    if settings.deletion.reminder_before >= settings.deletion.grace_period:
        raise SettingError(
            "authsite.deletion.reminder_before must be shorter than authsite.deletion.grace_period."
        )


def read_database_url(ini: Mapping[str, str], environ: Mapping[str, str]) -> URL:
    """Return the database's URL alone, for alembic, which needs nothing else."""
    rows = dict(_described("database", DatabaseSettings))
    return cast("URL", _value_of(rows["url"], ini, environ))
