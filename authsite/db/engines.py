"""The engines of the database: one for transactions, one for reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext
from sqlalchemy.orm import Session
from transaction import TransactionManager
from zope.sqlalchemy.datamanager import STATUS_CHANGED, join_transaction

from authsite.db.compiled_select import CompiledSelect, PlainSelect, Select, ignore
from authsite.db.disk import is_disk_full
from authsite.db.joined import joined
from authsite.db.outages import OutageLog
from authsite.db.postgresql import TransactionSettings, connect_arguments, driver_url, limits
from authsite.db.read_only import ReadOnlyHandler, is_read_only
from authsite.db.sqlite import (
    READ_TIMEOUT,
    RELAXED,
    WRITER,
    BusyHandler,
    LockingBegin,
    create_private_files,
    prepare_connection,
)

#: Errors of a database that cannot be reached or is too busy, unlike errors of the code.
DATABASE_UNAVAILABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)


class Database:
    """The two engines of one process.

    `read_engine` is in autocommit: a read is one statement and no transaction. Transactions run on
    `engine`; those of `write_engine` take SQLite's write lock when they begin, since a transaction
    that reads before it writes fails if another one has written meanwhile.

    `pooled` says that a pooler in transaction mode stands before PostgreSQL. Then nothing is left
    in a connection: transactions set their own limits, reads have those of the role.
    """

    def __init__(
        self,
        url: URL,
        *,
        pool_size: int,
        timeout: timedelta,
        pooled: bool = False,
        mark_retryable: Callable[[Exception], object] = ignore,
        count_error: Callable[[Exception], object] = ignore,
    ) -> None:
        pool: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": timeout.total_seconds(),
            "pool_use_lifo": True,  # the connection used last has its pages in its cache
            "hide_parameters": True,  # errors are logged; hashes and digests must not be
        }
        sqlite = url.get_backend_name() == "sqlite"
        if sqlite:
            pool["paramstyle"] = "named"  # as PostgreSQL's driver has it
            # Readers only wait after a crash, until the first one has recovered the file.
            pool["connect_args"] = {"timeout": min(timeout.total_seconds(), READ_TIMEOUT)}
        else:
            url = driver_url(url)
            pool["connect_args"] = connect_arguments(url, timeout, pooled=pooled)
            pool["pool_pre_ping"] = True
        self.engine = sa.create_engine(url, **pool)
        if sqlite:
            pool["pool_size"] = 0  # no limit: compiled selects keep theirs, one a thread at most
        self.read_engine = sa.create_engine(
            url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **pool
        )
        if sqlite:
            create_private_files(self.engine)
            create_private_files(self.read_engine)
            sa.event.listen(self.engine, "connect", prepare_connection)
            sa.event.listen(self.read_engine, "connect", prepare_connection)
            sa.event.listen(self.engine, "begin", LockingBegin(timeout))
            sa.event.listen(self.engine, "handle_error", BusyHandler(mark_retryable))
        else:
            local = limits(timeout) if pooled else {}
            sa.event.listen(self.engine, "begin", TransactionSettings(local))
        for each in (self.engine, self.read_engine):
            read_only = ReadOnlyHandler(self.drop_connections, count_error)
            sa.event.listen(each, "handle_error", read_only)
            sa.event.listen(each, "handle_error", ErrorCounter(count_error))
        self._count_error = count_error
        self._compiled: list[CompiledSelect] = []
        #: Where the errors of `DATABASE_UNAVAILABLE` are logged.
        self.outages = OutageLog(self.is_writable)
        #: `engine` again, for transactions that write.
        self.write_engine = self.engine.execution_options(**{WRITER: True})
        #: `write_engine` without the wait for the disk, for throttle counts: a power cut may lose
        #: the last of them, but nothing that other transactions have committed.
        self.relaxed_engine = self.write_engine.execution_options(**{RELAXED: True})

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, where one statement at a time may write."""
        return self.engine.dialect.name == "sqlite"

    def is_writable(self) -> bool:
        """Whether the database answers, accepts writes and has room for them."""
        try:
            with self.read_engine.connect() as connection:
                return not (is_read_only(connection) or is_disk_full(connection))
        except sa.exc.SQLAlchemyError:  # also of a damaged file
            return False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in autocommit, for reads of one statement each."""
        dbsession = joined.get()
        if dbsession is not None:
            yield dbsession.connection()
        else:
            with self.read_engine.connect() as connection:
                yield connection

    @contextmanager
    def writing(self, *, relaxed: bool = False) -> Iterator[Connection]:
        """Yield a connection in a transaction that commits at the end; an exception undoes it.

        A `relaxed` one does not wait for the disk.
        """
        dbsession = joined.get()
        if dbsession is not None:
            yield dbsession.connection()
        else:
            engine = self.relaxed_engine if relaxed else self.write_engine
            with engine.begin() as connection:
                yield connection

    @contextmanager
    def writing_dbsession(self, *, relaxed: bool = False) -> Iterator[Session]:
        """Yield a dbsession that commits at the end, as `writing` does."""
        dbsession = joined.get()
        if dbsession is not None:
            yield dbsession
            dbsession.flush()
        else:
            engine = self.relaxed_engine if relaxed else self.write_engine
            with Session(engine) as dbsession:
                yield dbsession
                dbsession.commit()

    @contextmanager
    def reading_dbsession(self) -> Iterator[Session]:
        """Yield a dbsession for reads, apart from the transaction of a request."""
        dbsession = joined.get()
        if dbsession is not None:
            yield dbsession
        else:
            with self.read_dbsession() as dbsession:
                yield dbsession

    def read_dbsession(self) -> Session:
        """Return a session for reads; its changes are not committed."""
        return Session(self.engine)

    def write_dbsession(self, manager: TransactionManager) -> Session:
        """Return a session that commits when the transaction of `manager` does.

        It counts as changed from the start: zope.sqlalchemy would not notice Core statements.
        """
        session = Session(self.write_engine)
        join_transaction(session, STATUS_CHANGED, manager)
        return session

    def compile(self, statement: "sa.Select[*tuple[Any, ...]]") -> Select:
        """Return a fast form of a select that runs often, in autocommit."""
        compiled = CompiledSelect(statement, self.read_engine, count_error=self._count_error)
        self._compiled.append(compiled)
        return compiled

    def drop_connections(self) -> None:
        """Close all connections: idle ones now, those in use when they are returned."""
        self._release_idle()
        self.engine.dispose()
        self.read_engine.dispose()

    def dispose(self) -> None:
        """Close all connections that are not in use, and end the log of an outage."""
        self.outages.stop()
        self.drop_connections()

    def forget_connections(self) -> None:
        """Leave all connections to the parent of this process, which has just been forked."""
        self.outages.forget_thread()
        self._release_idle()
        self.engine.dispose(close=False)
        self.read_engine.dispose(close=False)

    def _release_idle(self) -> None:
        for compiled in self._compiled:
            compiled.close()


class HostDatabase(Database):
    """The engine of a host application: its pool, its limits, and its way to begin transactions.

    Nothing is set on its connections and no listener is added, so that the host's own statements
    run as they did before. Only the dbsession of a form for authsite takes SQLite's lock first.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.write_engine = self.relaxed_engine = engine.execution_options()
        self.read_engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.outages = OutageLog(self.is_writable)

    def compile(self, statement: "sa.Select[*tuple[Any, ...]]") -> Select:
        """Return the select, which SQLAlchemy executes."""
        return PlainSelect(statement, self.read_engine)

    def drop_connections(self) -> None:
        """Leave them to the host."""

    def forget_connections(self) -> None:
        """Forget the thread of an outage; the host looks after its connections."""
        self.outages.forget_thread()


class ErrorCounter:
    """Counts errors, except of connections that a ping finds closed and replaces."""

    def __init__(self, count: Callable[[Exception], object]) -> None:
        self._count = count

    def __call__(self, context: ExceptionContext) -> None:
        if context.sqlalchemy_exception is not None and not context.is_pre_ping:
            self._count(context.sqlalchemy_exception)
