"""How PostgreSQL is reached, directly or through a pooler, and how long it may take."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL, Connection, Engine

from authsite.db.sqlite import RELAXED

_DRIVER = "postgresql+psycopg"
_Dialect: Any = PGDialect_psycopg  # its methods have no types


def limits(timeout: timedelta) -> dict[str, str]:
    """Return the settings of PostgreSQL that bound statements, for a wait of `timeout`."""
    seconds = max(1, round(timeout.total_seconds()))
    return {
        "lock_timeout": f"{seconds}s",
        "statement_timeout": f"{3 * seconds}s",
        "idle_in_transaction_session_timeout": f"{6 * seconds}s",
    }


def driver_url(url: URL) -> URL:
    """Return the URL with the name of the driver that authsite uses."""
    return url.set(drivername=_DRIVER)


def connect_arguments(url: URL, timeout: timedelta, *, pooled: bool) -> dict[str, Any]:
    """Return the driver's arguments; those in the query of the URL override them.

    A pooler in transaction mode gives each transaction another connection of PostgreSQL, so that
    neither prepared statements nor startup options belong to one client.
    """
    seconds = max(1, round(timeout.total_seconds()))
    arguments: dict[str, Any] = {
        "connect_timeout": max(2, min(seconds, 5)),
        "application_name": "authsite",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
    }
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    if pooled:
        return arguments | {"prepare_threshold": None}
    own = {**limits(timeout), "timezone": "UTC"}
    options = " ".join(f"-c {name}={own[name]}" for name in own)
    return arguments | {"options": f"{url.query.get('options', '')} {options}"}


class TransactionSettings:
    """Begins a transaction with settings that end with it, in one round trip.

    Without a pooler the limits are those of the connection, and only a transaction that need not
    wait for the disk sets anything.
    """

    def __init__(self, local: Mapping[str, str]) -> None:
        self._local = dict(local)

    def __call__(self, connection: Connection) -> None:
        settings = self._local
        if connection.get_execution_options().get(RELAXED):
            settings = settings | {"synchronous_commit": "off"}
        if settings:
            statements = (f"SET LOCAL {name} = '{value}'" for name, value in settings.items())
            connection.exec_driver_sql("; ".join(statements))


def create_read_only_engine(url: URL, *, seconds: int) -> Engine:
    """Return an engine whose transactions cannot write, also through a pooler.

    Nothing is set at the start of a connection: a pooler refuses that, and of several hosts
    `target_session_attrs=read-write` would refuse each.
    """
    engine = sa.create_engine(
        driver_url(url),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
        execution_options={"postgresql_readonly": True},
        connect_args={
            "connect_timeout": seconds,
            "client_encoding": "utf8",
            "application_name": "authsite doctor",
            "prepare_threshold": None,
        },
    )
    sa.event.listen(engine, "begin", TransactionSettings({"statement_timeout": f"{seconds}s"}))
    return engine


def libpq_parameters(url: URL) -> dict[str, str]:
    """Return what the URL says in the words of libpq, for PostgreSQL's own programs.

    Raises `sqlalchemy.exc.ArgumentError` if hosts and ports do not match.
    """
    _, parameters = _Dialect().create_connect_args(url)
    return {name: str(value) for name, value in parameters.items()}


def conninfo(parameters: Mapping[str, str]) -> str:
    """Return parameters as a connection string of libpq."""

    def quote(value: str) -> str:
        return value.replace("\\", "\\\\").replace("'", "\\'")

    return " ".join(f"{name}='{quote(value)}'" for name, value in parameters.items())


def known_parameters() -> set[str]:
    """Return the parameters that the driver's libpq knows; raises `ImportError` without it."""
    driver = _Dialect.import_dbapi()
    return {option.keyword.decode() for option in driver.pq.Conninfo.get_defaults()}
