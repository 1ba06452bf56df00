"""What the purge deletes, in batches that do not block other writers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from authsite.audit.store import KEPT_FOR
from authsite.clock import to_milliseconds
from authsite.db.sqlite import restart_log
from authsite.models import (
    AuditEvent,
    EmailLink,
    OutboxMessage,
    PendingSignIn,
    PurgeRun,
    Throttle,
    User,
    UserSession,
)
from authsite.purging.expired_sessions import expire_sessions

#: Rows deleted by one statement. 300 000 at once block every writer for seconds.
BATCH = 500

#: The only row of `PurgeRun`; it stands for all targets.
_NAME = "sessions"
_SESSION = UserSession.metadata.tables["authsite_session"]
_THROTTLE = Throttle.metadata.tables["authsite_throttle"]
_LINK = EmailLink.metadata.tables["authsite_email_link"]
_PENDING = PendingSignIn.metadata.tables["authsite_pending_sign_in"]
_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]
_USER = User.metadata.tables["authsite_user"]
_EVENT = AuditEvent.metadata.tables["authsite_audit_event"]


def claim_purge(connection: Connection, *, every: timedelta, now: datetime) -> bool:
    """Whether the caller is to purge now: of all processes, one does so in `every`."""
    claimed = connection.execute(
        sa.update(PurgeRun)
        .where(PurgeRun.name == _NAME, PurgeRun.started_at <= now - every)
        .values(started_at=now)
    )
    return bool(claimed.rowcount)


@dataclass(frozen=True, slots=True)
class PurgeTarget:
    """Rows of one table that expire; `deadline` is the value of `expires_at` that is due `now`."""

    name: str
    key: "sa.ColumnElement[Any]"
    expires_at: "sa.ColumnElement[Any]"
    deadline: Callable[[datetime], Any] = field(repr=False, default=lambda now: now)

    def is_expired(self, now: datetime) -> "sa.ColumnElement[bool]":
        """Return the condition that a row has expired by `now`."""
        return self.expires_at <= self.deadline(now)


SESSIONS = PurgeTarget("expired sessions", _SESSION.c.id, _SESSION.c.expires_at)
THROTTLES = PurgeTarget(
    "forgotten throttles", _THROTTLE.c.key, _THROTTLE.c.expires_at, to_milliseconds
)
LINKS = PurgeTarget("expired links", _LINK.c.digest, _LINK.c.expires_at)
PENDING_SIGN_INS = PurgeTarget("expired pending sign-ins", _PENDING.c.id, _PENDING.c.expires_at)
MESSAGES = PurgeTarget("old messages", _MESSAGE.c.id, _MESSAGE.c.purge_after)
EVENTS = PurgeTarget("old events", _EVENT.c.id, _EVENT.c.occurred_at, lambda now: now - KEPT_FOR)
#: The database deletes their other rows with them (`ON DELETE CASCADE`).
ACCOUNTS = PurgeTarget("closed accounts", _USER.c.id, _USER.c.delete_after)
#: Accounts are last, so that fewer rows are left to cascade to.
ALL = (SESSIONS, PENDING_SIGN_INS, THROTTLES, LINKS, MESSAGES, EVENTS, ACCOUNTS)


def purge(
    engine: Engine, target: PurgeTarget, *, now: datetime, batch: int = BATCH
) -> Iterator[int]:
    """Delete the rows that had expired by `now`; yield the size of each batch when it is committed.

    Each batch is a transaction; the caller decides how long to pause in between.
    """
    while True:
        with engine.begin() as connection:
            if target is SESSIONS:  # their end is an event of the history
                deleted = expire_sessions(connection, now=now, limit=batch)
            else:
                deleted = _delete_oldest(connection, target, now=now, limit=batch)
        if not deleted:
            return
        restart_log(engine)
        yield deleted


def _delete_oldest(
    connection: Connection, target: PurgeTarget, *, now: datetime, limit: int
) -> int:
    oldest = (
        sa.select(target.key)
        .where(target.is_expired(now))
        .order_by(target.expires_at)
        .limit(limit)
        # On PostgreSQL, locked rows are left to the next purge: waiting for several rows in this
        # order, while other transactions lock them in theirs, could deadlock.
        .with_for_update(skip_locked=True)
    )
    return connection.execute(sa.delete(target.key.table).where(target.key.in_(oldest))).rowcount


def count_expired(connection: Connection, target: PurgeTarget, *, now: datetime) -> int:
    """Return how many rows had expired by `now` and are not deleted yet."""
    rows = sa.select(sa.func.count()).select_from(target.key.table)
    return connection.execute(rows.where(target.is_expired(now))).scalar_one()
