"""Where the site's secrets are told to it, and who else can read them there."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from authsite.checks.setup import UNREADABLE, Setup
from authsite.settings.loader import SettingDescription, describe_settings

#: What is shorter may stand in a sentence by chance; to strike it out would give it away.
_SHORTEST_STRUCK_OUT = 8
#: What stands between peppers, and between the id of one and its secret.
_BETWEEN = re.compile(r"[\s,:]+")


class Source(NamedTuple):
    """Where one secret comes from: a file, or the environment where there is none."""

    setting: SettingDescription
    text: str
    file: Path | None


def sources(setup: Setup) -> Iterator[Source]:
    """Yield every secret that is set and can be read, in the order of the settings."""
    for setting in describe_settings():
        source = _source_of(setting, setup) if setting.secret else None
        if source is not None:
            yield source


def _source_of(setting: SettingDescription, setup: Setup) -> Source | None:
    """Look where the settings are read, in the same order."""
    if setting.variable in setup.environ:
        return Source(setting, setup.environ[setting.variable], None)
    file = setup.environ.get(f"{setting.variable}_FILE")
    try:
        if file is not None:
            return Source(setting, Path(file).read_text("utf-8"), Path(file).resolve())
        ini = setup.app.get(setting.key)
    except UNREADABLE:
        return None
    return None if ini is None else Source(setting, ini, Path(setup.ini).resolve())


def is_secret(source: Source) -> bool:
    """Whether there is a secret in it: the URL of a database may have no password."""
    return source.setting.key != "sqlalchemy.url" or _password_of(source.text) is not None


def struck_out(text: str, *, setup: Setup) -> str:
    """Return the text without any secret that it quotes by mistake, of ours or of a driver's."""
    words: set[str] = set()
    for source in sources(setup):
        if source.setting.key == "sqlalchemy.url":
            words.add(_password_of(source.text) or "")
        elif source.setting.key == "authsite.passwords.pepper":
            words |= set(_BETWEEN.split(source.text))
        else:
            words.add(source.text.strip())
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_STRUCK_OUT:
            text = text.replace(word, "[...]")
    return text


def _password_of(url: str) -> str | None:
    try:
        return make_url(url.strip()).password
    except (ArgumentError, ValueError):
        return None


def others_can_read(file: Path) -> bool:
    """Whether every account of this machine can: the file, and the folders on the way to it."""
    return bool(file.stat().st_mode & stat.S_IROTH) and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in file.resolve().parents
    )
