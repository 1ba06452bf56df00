"""The site that is examined, as its ini file and its environment describe it.

Each part is read when a check first needs it, and raises what is wrong with it.
"""

import configparser
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import plaster
import sqlalchemy as sa
from pyramid.config import global_registries
from pyramid.config.settings import Settings as PyramidSettings
from pyramid.paster import get_app
from pyramid.registry import Registry
from sqlalchemy.engine import URL, Engine

from authsite.db.postgresql import create_read_only_engine
from authsite.http.own_urls import OwnUrls
from authsite.passwords.cgroups import OWN_CGROUPS, ROOT
from authsite.services import Services, build_services
from authsite.settings.loader import SettingError, load_settings, read_database_url
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics

#: What reading a missing or malformed ini file raises.
UNREADABLE = (OSError, UnicodeDecodeError, configparser.Error, plaster.exceptions.PlasterError)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The site of an ini file. Examining it changes no row and no file."""

    ini: str
    environ: Mapping[str, str]
    #: The only server section to examine, or None for all.
    server_name: str | None = None
    #: Seconds in which the database and the mail server have to answer.
    timeout: float = 10.0
    #: Whether to request pages by the public URL, too.
    outside: bool = False
    #: Where Linux lists what is mounted.
    mounts: Path = Path("/proc/mounts")
    #: The cgroups of this process, and where their files are.
    cgroups: Path = OWN_CGROUPS
    cgroup_root: Path = ROOT

    @cached_property
    def _loader(self) -> plaster.ILoader:
        return plaster.get_loader(self.ini)

    @cached_property
    def sections(self) -> list[str]:
        """The names of the sections of the ini file."""
        return list(self._loader.get_sections())

    def section(self, name: str) -> dict[str, str]:
        """Return the lines of a section; none if it is missing."""
        return dict(self._loader.get_settings(name)) if name in self.sections else {}

    @cached_property
    def app(self) -> dict[str, str]:
        """The lines of `[app:main]`."""
        return self.section("app:main")

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises `SettingError` for the first that is missing or wrong."""
        return load_settings(self.app, self.environ)

    @property
    def in_development(self) -> bool:
        """Whether the site is for development, as far as the settings can be read."""
        try:
            return self.settings.dev
        except SettingError:
            return False

    @cached_property
    def services(self) -> Services:
        """The parts that the settings make, without a connection to anything."""
        return build_services(self.settings, Metrics(), own_urls=OwnUrls("", None))

    @cached_property
    def registry(self) -> Registry:
        """The registry of the application, built as the server would build it."""
        get_app(self.ini)
        return global_registries.last

    @property
    def pyramid_settings(self) -> Mapping[str, Any]:
        """Pyramid's settings: the application's, or the ini file's if it does not start."""
        try:
            settings: Mapping[str, Any] = self.registry.settings
        except (Exception, SystemExit):  # another check reports why it does not start
            return dict(PyramidSettings(self.app, _environ_=self.environ))
        return settings

    @cached_property
    def database_url(self) -> URL:
        """Where the database is; raises `SettingError`."""
        return read_database_url(self.app, self.environ)

    @cached_property
    def database_file(self) -> Path | None:
        """The file of SQLite, or None for PostgreSQL."""
        if self.database_url.get_backend_name() != "sqlite":
            return None
        return Path((self.database_url.database or "").removeprefix("file:")).resolve()

    @property
    def sqlite_file(self) -> Path:
        """The file of SQLite, for checks that run on SQLite only."""
        assert self.database_file is not None  # noqa: S101 - for the type checker
        return self.database_file

    @cached_property
    def read_only_engine(self) -> Engine:
        """An engine that cannot write; the site's own would switch SQLite to WAL."""
        if self.database_file is None:
            return create_read_only_engine(self.database_url, seconds=max(2, round(self.timeout)))
        return sa.create_engine(
            "sqlite://",
            creator=self._open_sqlite,
            poolclass=sa.pool.NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )

    def _open_sqlite(self) -> sqlite3.Connection:
        """Open the file without creating the files of WAL, which would be left behind."""
        file = self.sqlite_file
        in_use = Path(f"{file}-wal").exists()
        how = "mode=ro" if in_use or not is_in_wal(file) else "immutable=1"
        uri = f"{file.as_uri()}?{how}"
        return sqlite3.connect(uri, uri=True, timeout=self.timeout, check_same_thread=False)


#: Offset and value of the write version in the header of the file (fileformat2, 1.3.3).
_FORMAT_AT, _WAL = 18, b"\x02\x02"


def is_in_wal(file: Path) -> bool:
    """Whether an SQLite file is in WAL mode, read from its header without opening the database."""
    with file.open("rb") as content:
        content.seek(_FORMAT_AT)
        return content.read(len(_WAL)) == _WAL
