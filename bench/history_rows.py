"""Inserting many other users with sessions and histories into SQLite."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

#: Patterns for the ids of the users who get rows.
EVERY_USER, OTHERS = "%", "other%"

_COUNTED = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :number),
owners AS (SELECT row_number() OVER () - 1 AS place, id FROM authsite_user WHERE id LIKE :owners)
"""
_PEOPLE = """
INSERT INTO authsite_user (id, first_name, last_name, email, email_normalized, created_at)
SELECT printf('other%011d', n), 'Some', 'Body', n || '@example.org', n || '@example.org', :now
FROM counted
"""
_SESSIONS = """
INSERT INTO authsite_session (id, secret_digest, user_id, created_at, last_seen_at,
    authenticated_at, expires_at, user_agent, ip_address)
SELECT lower(hex(randomblob(8))), randomblob(32), owners.id, :now, :now, :now,
    strftime('%Y-%m-%d %H:%M:%S', :now, '+1 day') || '.000000', :browser, '192.0.2.1'
FROM counted JOIN owners ON owners.place = n % (SELECT count(*) FROM owners)
"""
#: Of the last two months; a fifth of them are ends of sessions.
_EVENTS = """
INSERT INTO authsite_audit_event (id, user_id, occurred_at, type, actor, user_agent, ip_address,
    details)
SELECT lower(hex(randomblob(8))), owners.id,
    strftime('%Y-%m-%d %H:%M:%S', :now, '-' || (abs(random()) % 5000000) || ' seconds')
    || printf('.%06d', abs(random()) % 1000000),
    CASE WHEN n % 5 THEN 'signed_in' ELSE 'session_ended' END, 'user', :browser, '192.0.2.1',
    CASE WHEN n % 5 THEN '{"method": "password"}' ELSE '{"session": "x", "reason": "ended"}' END
FROM counted JOIN owners ON owners.place = n % (SELECT count(*) FROM owners)
"""


def add_people(database: Path, number: int) -> None:
    """Add other users, who have no password."""
    _add(database, _PEOPLE, number, EVERY_USER)


def add_history(database: Path, owners: str, *, events: int, sessions: int) -> None:
    """Distribute events and sessions over the users whose ids match `owners`."""
    _add(database, _SESSIONS, sessions, owners)
    _add(database, _EVENTS, events, owners)


def _add(database: Path, statement: str, number: int, owners: str) -> None:
    values = {
        "number": number,
        "owners": owners,
        "now": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "browser": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    }
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(_COUNTED + statement, values)  # SQLite ignores unused parameters
        connection.commit()
        # The write-ahead log has to be empty when the measurement starts.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
