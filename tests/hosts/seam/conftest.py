"""Fixtures of the seam between authsite and its host: host applications on SQLite files."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator

from tests.hosts.seam.host import Host, HostBase, use_dbsession


@pytest.fixture(scope="session")
def empty_database(memory: Path, migrate: Callable[[str], None]) -> Path:
    """The file of a migrated database without rows, to be copied."""
    file = memory / "seam.sqlite"
    migrate(f"sqlite:///{file}")
    engine = sa.create_engine(f"sqlite:///{file}")
    HostBase.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # as sqlite3 makes its files
    engine.dispose()
    return file


@pytest.fixture
def build_host(
    tmp_path: Path, empty_database: Path, settings_of_tests: dict[str, str]
) -> Iterator[Callable[..., Host]]:
    """Return a function that builds a host on a new database.

    `before` and `after` configure it, before and after it includes authsite.
    """
    hosts: list[Host] = []

    def nothing(_config: Configurator) -> None:
        pass

    def build(
        before: Callable[[Configurator], None] = nothing,
        after: Callable[[Configurator], None] = nothing,
        *,
        route_prefix: str | None = "accounts",
        has_dbsession: bool = True,
        connect_args: dict[str, Any] | None = None,
        **settings: str | None,
    ) -> Host:
        file = tmp_path / f"host{len(hosts)}.sqlite"
        shutil.copy(empty_database, file)
        url = f"sqlite:///{file}"
        engine = sa.create_engine(url, connect_args=connect_args or {})
        own = {key: value for key, value in settings_of_tests.items() if "authsite" in key}
        everything = own | {"sqlalchemy.url": url} | settings
        everything = {key: value for key, value in everything.items() if value is not None}
        with Configurator(settings=everything) as config:
            if has_dbsession:
                use_dbsession(config, engine)
            before(config)
            config.include("authsite", route_prefix=route_prefix)
            after(config)
            hosts.append(Host(config.make_wsgi_app(), engine))
        return hosts[-1]

    yield build
    for host in hosts:
        host.services.database.outages.stop()
        host.services.dispose()
        host.engine.dispose()
