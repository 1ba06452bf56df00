"""What is looked at: a site as its ini file and its environment describe it, piece by piece.

Each piece is read when a check first asks for it, and raises what is wrong with it.
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

from authsite.services import Services, build_services
from authsite.settings.loader import SettingError, load_settings, read_database_url
from authsite.settings.schema import Settings
from authsite.telemetry.metrics import Metrics

#: What an ini file raises that is not there, or is none.
UNREADABLE = (
    OSError,
    UnicodeDecodeError,
    configparser.Error,
    plaster.exceptions.PlasterError,
)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The site of an ini file. To look at it changes nothing: not a row, not a file."""

    ini: str
    environ: Mapping[str, str]
    #: The only server section that matters, or None for all.
    server_name: str | None = None
    #: Seconds that the database or the mail server may take for each answer.
    patience: float = 10.0
    #: Where Linux says what is mounted.
    mounts: Path = Path("/proc/mounts")

    @cached_property
    def _loader(self) -> plaster.ILoader:
        return plaster.get_loader(self.ini)

    @cached_property
    def sections(self) -> list[str]:
        """The names of the sections of the ini file."""
        return list(self._loader.get_sections())

    def section(self, name: str) -> dict[str, str]:
        """Return what a section says; nothing where there is none."""
        return dict(self._loader.get_settings(name)) if name in self.sections else {}

    @cached_property
    def app(self) -> dict[str, str]:
        """What `[app:main]` says."""
        return self.section("app:main")

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises `SettingError` for the first that makes no sense."""
        return load_settings(self.app, self.environ)

    @property
    def in_development(self) -> bool:
        """Whether it is for development, as far as the settings can be read."""
        try:
            return self.settings.dev
        except SettingError:
            return False

    @cached_property
    def services(self) -> Services:
        """The parts that the settings make; nothing of it is connected to anything."""
        return build_services(self.settings, Metrics())

    @cached_property
    def registry(self) -> Registry:
        """The registry of the application, built as the server would build it."""
        get_app(self.ini)
        return global_registries.last

    @property
    def told_pyramid(self) -> Mapping[str, Any]:
        """What Pyramid goes by: the application's settings, or the ini file's if there is none."""
        try:
            settings: Mapping[str, Any] = self.registry.settings
        except (Exception, SystemExit):  # another check says why it does not start
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

    @cached_property
    def looking(self) -> Engine:
        """An engine that can only read; the site's own would switch SQLite to WAL."""
        options: dict[str, Any] = {
            "poolclass": sa.pool.NullPool,
            "isolation_level": "AUTOCOMMIT",
            "hide_parameters": True,
        }
        if self.database_file is not None:
            return sa.create_engine("sqlite://", creator=self._open_sqlite, **options)
        seconds = max(2, round(self.patience))
        query = self.database_url.query
        options["connect_args"] = {
            "connect_timeout": seconds,
            "client_encoding": "utf8",
            "application_name": "authsite doctor",
            "options": f"{query.get('options', '')} -c statement_timeout={seconds}s "
            "-c default_transaction_read_only=on -c timezone=UTC",
        }
        return sa.create_engine(self.database_url.set(drivername="postgresql+psycopg"), **options)

    def _open_sqlite(self) -> sqlite3.Connection:
        """Open the file without making the companions of WAL, which would stay behind."""
        assert self.database_file is not None  # noqa: S101 - for the type checker
        in_use = Path(f"{self.database_file}-wal").exists()
        how = "mode=ro" if in_use or not is_in_wal(self.database_file) else "immutable=1"
        return sqlite3.connect(
            f"{self.database_file.as_uri()}?{how}",
            uri=True,
            timeout=self.patience,
            check_same_thread=False,
        )


#: Where the header of a file says how SQLite writes to it (fileformat2, 1.3.3).
_FORMAT_AT, _WAL = 18, b"\x02\x02"


def is_in_wal(file: Path) -> bool:
    """Whether an SQLite file is in WAL mode, by its header, without opening it as a database."""
    with file.open("rb") as content:
        content.seek(_FORMAT_AT)
        return content.read(len(_WAL)) == _WAL
