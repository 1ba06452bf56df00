"""Load the settings at the start, from the ini file, the environment, and files.

`AUTHSITE_<GROUP>_<NAME>` in the environment overrides `authsite.<group>.<name>` in the ini file. A
secret can be in a file instead, whose path is in `AUTHSITE_<GROUP>_<NAME>_FILE`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy.engine import URL

from authsite.audit.store import KEPT_FOR
from authsite.durations import humanize
from authsite.settings.host_names import is_example, is_loopback, is_public
from authsite.settings.mail_schema import MailSettings
from authsite.settings.names import variable_of, wrong_name
from authsite.settings.schema import GROUPS, DatabaseSettings, Settings
from authsite.settings.weak_secrets import weakness_of

#: To which browsers limit the lifetime of cookies (RFC 6265bis 5.5).
MAX_COOKIE_AGE = timedelta(days=400)
_AT_IP_ADDRESS = re.compile(r"@(?:[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*)$")


class SettingError(ValueError):
    """A setting is missing or wrong; the message names it and what it must be."""


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """A row of the tables in docs/configuration.md."""

    key: str
    variable: str
    default: Any
    meaning: str
    secret: bool
    read: Callable[[str], Any]


def _describe(group: str, group_type: type[Any]) -> Iterator[tuple[str, SettingDescription]]:
    for field in fields(group_type):
        if not field.metadata:
            continue
        key = ".".join(filter(None, ("authsite", group, field.name)))
        variable = variable_of(key.removeprefix("authsite."))
        if key == "authsite.database.url":
            key, variable = "sqlalchemy.url", "DATABASE_URL"
        yield (
            field.name,
            SettingDescription(
                key,
                variable,
                field.default,
                field.metadata["meaning"],
                not field.repr,
                field.metadata["read"],
            ),
        )


def describe_settings() -> list[SettingDescription]:
    """Return all settings, in the order of the documentation."""
    groups: dict[str, type[Any]] = {"": Settings, **GROUPS}
    return [row for group in groups.items() for _, row in _describe(*group)]


def _read_value(
    setting: SettingDescription, ini: Mapping[str, str], environ: Mapping[str, str]
) -> Any:
    name, text = setting.variable, environ.get(setting.variable)
    file_variable = f"{setting.variable}_FILE"
    if setting.secret and file_variable in environ:
        if text is not None:
            raise SettingError(f"{setting.variable} and {file_variable} are both set; remove one.")
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
    """Return the settings of a section of an ini file and the environment.

    Raises `SettingError` for the first setting that is missing, wrong or unknown.
    """
    _refuse_wrong_names(ini, environ)

    def read(group: str, group_type: type[Any]) -> dict[str, Any]:
        rows = _describe(group, group_type)
        return {name: _read_value(row, ini, environ) for name, row in rows}

    groups = {group: group_type(**read(group, group_type)) for group, group_type in GROUPS.items()}
    settings = Settings(**read("", Settings), **groups)
    _check_site(settings)
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
    _check_database(settings.database)
    _check_mail(settings)
    _check_accounts(settings)
    return settings


def _refuse_wrong_names(ini: Mapping[str, str], environ: Mapping[str, str]) -> None:
    described = describe_settings()
    variables = {setting.variable for setting in described}
    variables |= {f"{setting.variable}_FILE" for setting in described if setting.secret}
    wrong = wrong_name(
        ini, environ, keys={setting.key for setting in described}, variables=variables
    )
    if wrong is not None:
        raise SettingError(wrong)


def _check_site(settings: Settings) -> None:
    """Refuse development mode, http and weak secrets at a host that others can reach."""
    if settings.dev and is_public(settings.host):
        raise SettingError(
            "authsite.dev must be false, since authsite.site.url is public: in development, "
            "/dev/mail shows every email to every visitor."
        )
    if not settings.https and is_public(settings.host) and not settings.site.allow_http:
        raise SettingError(
            "authsite.site.url must begin with https://, so that passwords and cookies are "
            "encrypted. To run it on http anyway, set authsite.site.allow_http = true."
        )
    weakness = weakness_of(settings.secret.decode("utf-8"))
    is_reachable = not (is_loopback(settings.host) or is_example(settings.host))
    if weakness and not settings.dev and is_reachable:
        raise SettingError(
            f"authsite.secret {weakness}, so attackers can guess it. Create one with "
            '`python3 -c "import secrets; print(secrets.token_urlsafe(32))"`.'
        )


def _check_database(database: DatabaseSettings) -> None:
    if database.read_url is not None and database.url.get_backend_name() != "postgresql":
        raise SettingError(
            "authsite.database.read_url needs sqlalchemy.url to be a PostgreSQL primary."
        )
    urls = {"sqlalchemy.url": database.url, "authsite.database.read_url": database.read_url}
    for name, url in urls.items():
        if database.is_pooled and url is not None and "options" in url.query:
            raise SettingError(
                f"{name} must not have options with authsite.database.pooler = transaction: the "
                "pooler gives connections to others. Set them by ALTER ROLE … SET."
            )


def _check_mail(settings: Settings) -> None:
    mail = settings.mail
    is_local = mail.host is not None and is_loopback(mail.host)
    if mail.host is None and not settings.dev:
        raise SettingError(_missing(dict(_describe("mail", MailSettings))["host"]))
    if mail.host is not None and settings.dev and not is_local:
        raise SettingError(
            "authsite.mail.host must be localhost in development, where no email leaves the "
            "machine."
        )
    if mail.security == "none" and mail.host is not None and not is_local:
        raise SettingError(
            "authsite.mail.security can be none only for a mail server on this machine: emails "
            "contain links that must not be readable on their way."
        )
    if mail.host is not None and mail.sender is None and _AT_IP_ADDRESS.search(settings.sender):
        raise SettingError(
            "authsite.mail.sender is missing. Set it, since authsite.site.url has an IP address "
            "and no host name."
        )


def _check_accounts(settings: Settings) -> None:
    lifetime = settings.accounts.unverified_lifetime
    if lifetime is not None and lifetime > KEPT_FOR:
        raise SettingError(
            f"authsite.accounts.unverified_lifetime must be at most {humanize(KEPT_FOR)}, or never."
        )
    if settings.deletion.reminder_before >= settings.deletion.grace_period:
        raise SettingError(
            "authsite.deletion.reminder_before must be shorter than authsite.deletion.grace_period."
        )


def read_database_url(ini: Mapping[str, str], environ: Mapping[str, str]) -> URL:
    """Return the URL of the database, without the other settings, for migrations."""
    rows = dict(_describe("database", DatabaseSettings))
    return cast("URL", _read_value(rows["url"], ini, environ))


def read_pooler(ini: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Return what stands before PostgreSQL, without the other settings, for backups."""
    rows = dict(_describe("database", DatabaseSettings))
    return cast("str", _read_value(rows["pooler"], ini, environ))
