"""A database that stands for a read replica: it has what was copied, and claims to be current."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from authsite.models import Base
from tests.postgresql import Cluster

#: Functions with the names of PostgreSQL's own, which this database finds first.
_STANDBY = """
    CREATE TABLE replayed (position pg_lsn);
    INSERT INTO replayed VALUES ('FFFFFFFF/0');
    CREATE TABLE standby (is_one boolean);
    INSERT INTO standby VALUES (true);
    CREATE FUNCTION pg_is_in_recovery() RETURNS boolean LANGUAGE sql
        RETURN (SELECT is_one FROM standby);
    CREATE FUNCTION pg_last_wal_replay_lsn() RETURNS pg_lsn LANGUAGE sql
        RETURN (SELECT position FROM replayed);
"""


class Copy:
    """The copy of a database."""

    def __init__(self, cluster: Cluster, url: str) -> None:
        self._own = url
        self._cluster = cluster
        self.url = f"{url}&options=-c%20search_path%3Dpublic%2Cpg_catalog"
        self.run(_STANDBY)

    def run(self, statements: str) -> None:
        """Run statements on the copy."""
        with psycopg.connect(self._own, autocommit=True) as connection:
            connection.execute(statements)

    def replay(self, position: str = "FFFFFFFF/0") -> None:
        """Pretend to have replayed the write-ahead log up to this position."""
        self.run(f"UPDATE replayed SET position = '{position}'")

    def replicate(self, primary: sa.Engine) -> None:
        """Copy all rows of the primary."""
        copy = sa.create_engine(sa.make_url(self._own).set(drivername="postgresql+psycopg"))
        with primary.connect() as source, copy.begin() as target:
            for table in reversed(Base.metadata.sorted_tables):
                target.execute(sa.delete(table))
            for table in Base.metadata.sorted_tables:
                rows = source.execute(sa.select(table)).mappings().all()
                if rows:
                    target.execute(sa.insert(table), [dict(row) for row in rows])
        copy.dispose()

    @contextmanager
    def away(self) -> Iterator[None]:
        """End and refuse all connections during the block."""
        name = sa.make_url(self._own).database
        with psycopg.connect(self._cluster.url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
