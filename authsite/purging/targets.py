"""Sweeping: what nobody can use any more goes, in batches that let everybody else through."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from authsite.audit.store import KEPT_FOR
from authsite.clock import milliseconds_of
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
from authsite.purging.expired_sessions import expire_oldest

#: Rows deleted by one statement. 300 000 at once stall every writer for seconds.
BATCH = 500

#: The row by which processes agree, for all kinds of rows alike.
_NAME = "sessions"
_SESSION = UserSession.metadata.tables["authsite_session"]
_THROTTLE = Throttle.metadata.tables["authsite_throttle"]
_LINK = EmailLink.metadata.tables["authsite_email_link"]
_PENDING = PendingSignIn.metadata.tables["authsite_pending_sign_in"]
_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]
_USER = User.metadata.tables["authsite_user"]
_EVENT = AuditEvent.metadata.tables["authsite_audit_event"]


def claim_purge(connection: Connection, *, every: timedelta, now: datetime) -> bool:
    """Whether the caller is the one who sweeps now: of all processes, one is in `every`."""
    claimed = connection.execute(
        sa.update(PurgeRun)
        .where(PurgeRun.name == _NAME, PurgeRun.started_at <= now - every)
        .values(started_at=now)
    )
    return bool(claimed.rowcount)


@dataclass(frozen=True, slots=True)
class PurgeTarget:
    """Rows that nobody can use any more: what they are called, and how to tell them."""

    name: str
    key: "sa.ColumnElement[Any]"
    over_at: "sa.ColumnElement[Any]"
    moment: Callable[[datetime], Any] = field(repr=False)

    def is_expired(self, now: datetime) -> "sa.ColumnElement[bool]":
        """Return the condition that they are over by `now`."""
        return self.over_at <= self.moment(now)


SESSIONS = PurgeTarget(
    "expired sessions", _SESSION.c.id, _SESSION.c.expires_at, moment=lambda now: now
)
THROTTLES = PurgeTarget(
    "forgotten throttles", _THROTTLE.c.key, _THROTTLE.c.expires_at, moment=milliseconds_of
)
LINKS = PurgeTarget("expired links", _LINK.c.digest, _LINK.c.expires_at, moment=lambda now: now)
PENDING_SIGN_INS = PurgeTarget(
    "expired pending sign-ins", _PENDING.c.id, _PENDING.c.expires_at, moment=lambda now: now
)
MESSAGES = PurgeTarget(
    "old messages", _MESSAGE.c.id, _MESSAGE.c.purge_after, moment=lambda now: now
)
EVENTS = PurgeTarget(
    "old events", _EVENT.c.id, _EVENT.c.occurred_at, moment=lambda now: now - KEPT_FOR
)
#: With each goes all that hangs on it, by the database's own rules.
ACCOUNTS = PurgeTarget("closed accounts", _USER.c.id, _USER.c.delete_after, moment=lambda now: now)
#: Accounts last: what has gone before need not go with them.
ALL = (SESSIONS, PENDING_SIGN_INS, THROTTLES, LINKS, MESSAGES, EVENTS, ACCOUNTS)


def purge(
    engine: Engine, target: PurgeTarget, *, now: datetime, batch: int = BATCH
) -> Iterator[int]:
    """Delete the rows that were over by `now`; yield the size of each batch when it is gone.

    Each batch is a transaction; whoever iterates decides how long to rest in between.
    """
    while True:
        with engine.begin() as connection:
            if target is SESSIONS:  # of which the history has to tell
                deleted = expire_oldest(connection, now=now, most=batch)
            else:
                deleted = _delete_oldest(connection, target, now=now, most=batch)
        if not deleted:
            return
        yield deleted


def _delete_oldest(connection: Connection, target: PurgeTarget, *, now: datetime, most: int) -> int:
    oldest = (
        sa.select(target.key)
        .where(target.is_expired(now))
        .order_by(target.over_at)
        .limit(most)
        # On PostgreSQL, what somebody holds may be hit, and is left to the next sweep: to wait for
        # several rows in this order, while others do in theirs, would be a deadlock.
        .with_for_update(skip_locked=True)
    )
    return connection.execute(sa.delete(target.key.table).where(target.key.in_(oldest))).rowcount


def count_expired(connection: Connection, target: PurgeTarget, *, now: datetime) -> int:
    """Return how many rows were over by `now` and are still there."""
    over = target.is_expired(now)
    return connection.execute(
        sa.select(sa.func.count()).select_from(target.key.table).where(over)
    ).scalar_one()
