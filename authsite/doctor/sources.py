"""Where the site gets its secrets from, and who else can read them there."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import ArgumentError

from authsite.doctor.subject import UNREADABLE, Subject
from authsite.settings.database_urls import parse_database_url
from authsite.settings.loader import SettingDescription, describe_settings

#: Shorter secrets may occur in a sentence by chance; redacting them there would reveal them.
_MIN_LENGTH = 8
#: Settings whose secret is the password in a URL.
_URLS = ("sqlalchemy.url", "authsite.database.read_url")
#: Separates peppers, and the id of a pepper from its secret.
_SEPARATORS = re.compile(r"[\s,:]+")


class Source(NamedTuple):
    """Where one secret comes from: a file, or the environment if `file` is None."""

    setting: SettingDescription
    text: str
    file: Path | None

    @property
    def secrets(self) -> list[str]:
        """The secrets in the text; the URL of a database may have no password."""
        if self.setting.key == "authsite.passwords.pepper":
            return _SEPARATORS.split(self.text)
        if self.setting.key == "authsite.previous_secrets":
            return [line.strip() for line in self.text.splitlines()]
        if self.setting.key not in _URLS:
            return [self.text.strip()]
        try:
            password = parse_database_url(self.text).password
        except (ArgumentError, ValueError):
            return []
        return [password] if password else []


def sources(subject: Subject) -> Iterator[Source]:
    """Yield every secret that is set and readable, in the order of the settings."""
    for setting in filter(lambda each: each.secret, describe_settings()):
        source = _source_of(setting, subject)
        if source and source.secrets:
            yield source


def _source_of(setting: SettingDescription, subject: Subject) -> Source | None:
    """Search where the settings are read from, in the same order."""
    if setting.variable in subject.environ:
        return Source(setting, subject.environ[setting.variable], None)
    file = subject.environ.get(f"{setting.variable}_FILE")
    try:
        if file is not None:
            return Source(setting, Path(file).read_text("utf-8"), Path(file).resolve())
        ini = subject.app.get(setting.key)
    except UNREADABLE:
        return None
    return None if ini is None else Source(setting, ini, Path(subject.ini).resolve())


def redact(text: str, *, subject: Subject) -> str:
    """Return the text without the secrets that an error message may quote."""
    secrets = {secret for source in sources(subject) for secret in source.secrets}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _MIN_LENGTH:
            text = text.replace(secret, "[...]")
    return text


def is_world_readable(file: Path) -> bool:
    """Whether every user of this machine can read the file, and enter the folders above it."""
    return bool(file.stat().st_mode & stat.S_IROTH) and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in file.resolve().parents
    )
