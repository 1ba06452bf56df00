"""Print what rows take on PostgreSQL, and how long their look-ups take: `python -m bench.scale`.

docs/scale.md shows the figures.
"""

import argparse
import statistics
import time
from collections.abc import Iterator

import psycopg

from bench.postgresql import a_database, add_events, add_sessions, add_users
from tests.partitions import partition

#: Sessions by the time of the sign-in instead, for comparison: four months.
_BY_TIME = """
CREATE TABLE by_time (LIKE authsite_session) PARTITION BY RANGE (created_at);
CREATE TABLE by_time_1 PARTITION OF by_time FOR VALUES FROM (MINVALUE) TO ('2026-11-08');
CREATE TABLE by_time_2 PARTITION OF by_time FOR VALUES FROM ('2026-11-08') TO ('2026-11-15');
CREATE TABLE by_time_3 PARTITION OF by_time FOR VALUES FROM ('2026-11-15') TO ('2026-11-23');
CREATE TABLE by_time_4 PARTITION OF by_time FOR VALUES FROM ('2026-11-23') TO (MAXVALUE);
INSERT INTO by_time SELECT * FROM authsite_session;
ALTER TABLE by_time ADD PRIMARY KEY (id, created_at);
ANALYZE by_time;
"""
_SIZES = """
SELECT sum(pg_table_size(part))::bigint, sum(pg_indexes_size(part))::bigint
FROM (SELECT %(table)s::regclass AS part UNION SELECT relid FROM pg_partition_tree(%(table)s)) AS p
"""
_TABLES = ("authsite_user", "authsite_session", "authsite_audit_event")
_SOME_SESSIONS = "SELECT id FROM authsite_session ORDER BY secret_digest LIMIT 2000"
_SOME_USERS = "SELECT id FROM authsite_user ORDER BY password_hash LIMIT 2000"
_IDENTITY = """
SELECT u.first_name, s.secret_digest
FROM authsite_session s JOIN authsite_user u ON u.id = s.user_id
WHERE s.id = %s AND u.suspended_at IS NULL
"""
_SESSIONS = """
SELECT * FROM authsite_session WHERE user_id = %s ORDER BY last_seen_at DESC LIMIT 100
"""
_HISTORY = """
SELECT * FROM authsite_audit_event WHERE user_id = %s AND occurred_at > '2026-09-01'
ORDER BY occurred_at DESC, id DESC LIMIT 51
"""
#: Each with the select of the keys to look up.
_LOOK_UPS = {
    "identity": (_IDENTITY, _SOME_SESSIONS),
    "sessions of a user": (_SESSIONS, _SOME_USERS),
    "history of a user": (_HISTORY, _SOME_USERS),
}


def main() -> None:
    """Fill a database, and measure it as the migrations make it and with partitions."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    args = parser.parse_args()
    users = args.sessions // 2
    with a_database() as url:
        add_users(url, users)
        add_sessions(url, args.sessions, users=users, expires="2026-12-30")
        add_events(url, 3 * args.sessions, users=users, until="2026-11-30")
        print(f"{users} users, {args.sessions} sessions, {3 * args.sessions} events")
        for line in (*_sizes(url), *_times(url)):
            print(line)
        started = time.perf_counter()
        partition(url)
        duration = time.perf_counter() - started
        print(f"with the partitions of docs/scale.md, made in {duration:.0f} s")
        for line in (*_sizes(url), *_times(url)):
            print(line)
        print("with sessions in four partitions by time")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_BY_TIME)
            by_time = _IDENTITY.replace("authsite_session", "by_time")
            print(_time(connection, "identity", by_time, _SOME_SESSIONS))


def _sizes(url: str) -> Iterator[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        for table in _TABLES:
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            heap, indexes = connection.execute(_SIZES, {"table": table}).fetchone()
            yield f"{table}: {heap / rows:.0f} bytes a row and {indexes / rows:.0f} of indexes"


def _times(url: str) -> Iterator[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, (statement, keys) in _LOOK_UPS.items():
            yield _time(connection, name, statement, keys)


def _time(connection: psycopg.Connection, name: str, statement: str, keys: str) -> str:
    """Return the medians of look-ups whose pages are in memory: prepared, planned once, and not."""
    found = connection.execute(keys).fetchall()
    medians = []
    for plans, prepare in (("auto", True), ("force_generic_plan", True), ("auto", False)):
        connection.execute(f"SET plan_cache_mode = {plans}")
        taken = []
        for key in found * 2:
            started = time.perf_counter()
            connection.execute(statement, key, prepare=prepare).fetchall()
            taken.append((time.perf_counter() - started) * 1e6)
        medians.append(statistics.median(taken[len(found) :]))
    connection.execute("DEALLOCATE ALL")
    prepared, generic, unprepared = medians
    return (
        f"{name}: {prepared:.0f} µs prepared, {generic:.0f} µs with a generic plan, "
        f"{unprepared:.0f} µs not prepared"
    )


if __name__ == "__main__":
    main()
