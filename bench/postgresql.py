"""A PostgreSQL server of the benchmark, and many rows in it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.server import INI, ROOT, environment, program
from tests.postgresql import Cluster

_BROWSER = (
    "'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36'"
)
_ID, _DIGEST = "substr(md5(random()::text), 1, 16)", "sha256(random()::text::bytea)"
_OWNER = "lpad((1 + mod(n, %(users)s))::text, 16, 'u')"
#: As long as Argon2id hashes are.
_HASH = "'$argon2id$v=19$m=19456,t=3,p=1$' || substr(md5(random()::text) || md5(random()::text), 7)"

_USERS = f"""
INSERT INTO authsite_user (id, first_name, last_name, email, email_normalized, password_hash,
    created_at, email_verified_at)
SELECT lpad(n::text, 16, 'u'), 'Augusta', 'Lovelace', 'augusta' || n || '@example.com',
    'augusta' || n || '@example.com', {_HASH}, now() - interval '200 days', now()
FROM generate_series(1, %(users)s) n
"""
#: They expire in the 30 days before `expires`.
_SESSIONS = f"""
INSERT INTO authsite_session (id, secret_digest, user_id, created_at, last_seen_at,
    authenticated_at, expires_at, user_agent, ip_address)
SELECT {_ID}, {_DIGEST}, {_OWNER}, seen, seen, seen, seen + interval '30 days', {_BROWSER},
    '203.0.113.' || mod(n, 256)
FROM (SELECT n, %(expires)s::timestamptz - random() * interval '30 days' - interval '30 days'
    AS seen FROM generate_series(1, %(number)s) n) AS sessions
"""
#: Of the 90 days before `until`; a session causes three.
_EVENTS = f"""
INSERT INTO authsite_audit_event (id, user_id, occurred_at, type, actor, session_id, user_agent,
    ip_address, network, details)
SELECT {_ID}, {_OWNER}, %(until)s::timestamptz - random() * interval '90 days',
    CASE mod(n, 3) WHEN 0 THEN 'session_ended' ELSE 'signed_in' END, 'user', {_ID}, {_BROWSER},
    '203.0.113.' || mod(n, 256), '203.0.113.' || mod(n, 256), CASE mod(n, 3) WHEN 0 THEN
        '{{"reason": "signed_out", "method": "password", "created_at": "2026-11-30T12:00"}}'::json
        ELSE '{{"method": "password"}}'::json END
FROM generate_series(1, %(number)s) n
"""


@contextmanager
def a_database() -> Iterator[str]:
    """Run a server that waits for the disk; yield the URL of a database with all tables."""
    with Cluster() as cluster:
        url = cluster.new_database()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET fsync")
            connection.execute("SELECT pg_reload_conf()")
        subprocess.run(
            [program("authsite"), "migrate", str(INI)],
            check=True,
            cwd=ROOT,
            env=environment(Path("none")) | {"DATABASE_URL": url},
            capture_output=True,
        )
        yield url


def add_users(url: str, number: int) -> None:
    """Add users with a password."""
    _run(url, _USERS, users=number)


def add_sessions(url: str, number: int, *, users: int, expires: str) -> None:
    """Add sessions of `users` users that expire in the 30 days before `expires`."""
    _run(url, _SESSIONS, number=number, users=users, expires=expires)


def add_events(url: str, number: int, *, users: int, until: str) -> None:
    """Add events of `users` users in the 90 days before `until`."""
    _run(url, _EVENTS, number=number, users=users, until=until)


def _run(url: str, statement: str, **values: object) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE")
