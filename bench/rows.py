"""Inserting and changing many rows of SQLite."""

import hashlib
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: SQLite makes the ids itself, so that a million rows take seconds.
_MANY = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :number)
INSERT INTO authsite_session ({columns})
SELECT {values} FROM counted CROSS JOIN (SELECT id FROM authsite_user LIMIT 1) AS owner
"""
_VALUES = {
    "id": "lower(hex(randomblob(8)))",
    "secret_digest": "randomblob(32)",
    "user_id": "owner.id",
    "created_at": ":seen",
    "last_seen_at": ":seen",
    "authenticated_at": ":seen",
    "expires_at": "datetime(:expires, (abs(random()) % 86400) || ' seconds') || '.000000'",
    "user_agent": "'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'",
    "ip_address": "'192.0.2.1'",
}
_TIME = "%Y-%m-%d %H:%M:%S.%f"


def add_sessions(database: Path, number: int, *, expire_in: timedelta) -> None:
    """Add sessions that expire on the day after `expire_in`; no browser has their cookies."""
    now = datetime.now(UTC)
    values = {
        "number": number,
        "seen": (now + min(expire_in, timedelta(0))).strftime(_TIME),
        "expires": (now + expire_in).strftime(_TIME),
    }
    with closing(sqlite3.connect(database)) as connection, connection:
        statement = _MANY.format(columns=", ".join(_VALUES), values=", ".join(_VALUES.values()))
        connection.execute(statement, values)
        connection.commit()
        # The write-ahead log has to be empty when the measurement starts.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def verify_emails(database: Path) -> None:
    """Mark all email addresses as verified, as nearly all of a real site are."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE authsite_user SET email_verified_at = created_at")


def take_over_sessions(database: Path, number: int) -> list[str]:
    """Replace the secrets of sessions all over the table; return their tokens."""
    with closing(sqlite3.connect(database)) as connection, connection:
        found = connection.execute(
            "SELECT id FROM authsite_session ORDER BY secret_digest LIMIT ?", [number]
        )
        tokens = {session_id: secrets.token_urlsafe(32) for (session_id,) in found.fetchall()}
        connection.executemany(
            "UPDATE authsite_session SET secret_digest = ? WHERE id = ?",
            [(hashlib.sha256(secret.encode()).digest(), key) for key, secret in tokens.items()],
        )
    return [f"{session_id}.{secret}" for session_id, secret in tokens.items()]


def count_sessions(database: Path) -> int:
    """Return the number of sessions."""
    with closing(sqlite3.connect(database)) as connection:
        number: int = connection.execute("SELECT count(*) FROM authsite_session").fetchone()[0]
        return number


def password_hash(database: Path) -> str:
    """Return the hash of the benchmark's account."""
    with closing(sqlite3.connect(database)) as connection:
        text: str = connection.execute("SELECT password_hash FROM authsite_user").fetchone()[0]
        return text


def forget_notices(database: Path) -> None:
    """Delete all emails, their links and events, so that the next sign-in meets no daily limit."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM authsite_audit_event")
        connection.execute("DELETE FROM authsite_outbox_message")
        connection.execute("DELETE FROM authsite_email_link")


def delete_newest_session(database: Path) -> None:
    """Delete the session that was created last."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "DELETE FROM authsite_session WHERE rowid = (SELECT max(rowid) FROM authsite_session)"
        )
