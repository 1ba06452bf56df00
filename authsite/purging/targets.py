"""What the purge deletes, in batches that do not block other writers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.audit.store import KEPT_FOR
from authsite.clock import to_milliseconds
from authsite.db.engines import Database
from authsite.db.sqlite import restart_log
from authsite.models import (
    AnsweredForm,
    AuditEvent,
    EmailLink,
    OutboxMessage,
    PendingSignIn,
    PurgeRun,
    Throttle,
    User,
    UserSession,
)
from authsite.purging.batches import Batch, is_not_before
from authsite.purging.expired_sessions import expire_sessions
from authsite.purging.search_index import merge_search_index
from authsite.purging.unverified_accounts import close_unverified_accounts, is_abandoned

#: Rows deleted in one transaction.
BATCH = 200
#: The same on SQLite, where every form waits for it: as a median 4 ms for 50 sessions and the
#: events of their ends, and 26 ms for 200 of them.
BATCH_ON_SQLITE = 50

#: The only row of `PurgeRun`; it stands for all targets.
_NAME = "sessions"
_SESSION = UserSession.metadata.tables["authsite_session"]
_THROTTLE = Throttle.metadata.tables["authsite_throttle"]
_LINK = EmailLink.metadata.tables["authsite_email_link"]
_PENDING = PendingSignIn.metadata.tables["authsite_pending_sign_in"]
_ANSWERED = AnsweredForm.metadata.tables["authsite_answered_form"]
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


def take_over_purge(connection: Connection, *, now: datetime) -> None:
    """Let the caller purge now; the worker that purges deletes at most a batch more per target."""
    connection.execute(sa.update(PurgeRun).where(PurgeRun.name == _NAME).values(started_at=now))


def is_newest_purge(database: Database, *, started_at: datetime) -> bool:
    """Whether no later purge has claimed the work since.

    Two that delete at the same time wait for each other's locks, and let SQLite's write-ahead log
    grow.
    """
    with database.read_engine.connect() as connection:
        return connection.scalar(sa.select(PurgeRun.started_at)) == started_at


@dataclass(frozen=True, slots=True)
class PurgeTarget:
    """Rows of one table that expire: all for which `is_expired` is true `now`.

    A batch has the rows that are first in `order`; without it, any. The batch is deleted, unless
    `expire_batch` says what happens to it, with the time, the size and where it begins. `finish`
    does the rest when rows were deleted, and yields after each of its transactions.
    """

    name: str
    key: "sa.ColumnElement[Any]"
    is_expired: Callable[[datetime], "sa.ColumnElement[bool]"] = field(repr=False)
    order: "sa.ColumnElement[Any] | None" = None
    expire_batch: Callable[[Database, datetime, int, Any], Batch] | None = field(
        repr=False, default=None
    )
    finish: Callable[[Database], Iterator[None]] | None = field(repr=False, default=None)


def _expiring(
    name: str,
    key: "sa.ColumnElement[Any]",
    expires_at: "sa.ColumnElement[Any]",
    deadline: Callable[[datetime], Any] = lambda now: now,
) -> PurgeTarget:
    """Return the target of rows whose column `expires_at` is due: at most `deadline(now)`."""
    return PurgeTarget(name, key, lambda now: expires_at <= deadline(now), expires_at)


def _of_closed_accounts(name: str, table: sa.Table) -> PurgeTarget:
    """Return the target of an account's rows, once its grace period is over.

    They are deleted before the account: of one account there can be many more than a batch. They
    have no order, since sorting would read all of them for each batch.
    """
    closed = sa.select(_USER.c.id)
    return PurgeTarget(
        name, table.c.id, lambda now: table.c.user_id.in_(closed.where(_USER.c.delete_after <= now))
    )


SESSIONS = replace(
    _expiring("expired sessions", _SESSION.c.id, _SESSION.c.expires_at),
    expire_batch=expire_sessions,  # their end is an event of the history
)
THROTTLES = _expiring(
    "forgotten throttles", _THROTTLE.c.key, _THROTTLE.c.expires_at, to_milliseconds
)
LINKS = _expiring("expired links", _LINK.c.digest, _LINK.c.expires_at)
PENDING_SIGN_INS = _expiring("expired pending sign-ins", _PENDING.c.id, _PENDING.c.expires_at)
ANSWERED_FORMS = _expiring("answered forms", _ANSWERED.c.digest, _ANSWERED.c.expires_at)
MESSAGES = _expiring("old messages", _MESSAGE.c.id, _MESSAGE.c.purge_after)
EVENTS = _expiring("old events", _EVENT.c.id, _EVENT.c.occurred_at, lambda now: now - KEPT_FOR)
CLOSED_ACCOUNT_EVENTS = _of_closed_accounts("events of closed accounts", _EVENT)
CLOSED_ACCOUNT_MESSAGES = _of_closed_accounts("messages of closed accounts", _MESSAGE)
#: The database deletes their other rows with them (`ON DELETE CASCADE`).
ACCOUNTS = replace(
    _expiring("closed accounts", _USER.c.id, _USER.c.delete_after), finish=merge_search_index
)


def purge_targets(unverified_lifetime: timedelta | None) -> Sequence[PurgeTarget]:
    """Return what is purged, in this order: accounts are last, after most of their rows.

    `unverified_lifetime` is None if accounts that were never verified are kept.
    """
    unverified = [] if unverified_lifetime is None else [unverified_accounts(unverified_lifetime)]
    return (
        SESSIONS,
        PENDING_SIGN_INS,
        ANSWERED_FORMS,
        THROTTLES,
        LINKS,
        MESSAGES,
        EVENTS,
        *unverified,
        CLOSED_ACCOUNT_EVENTS,
        CLOSED_ACCOUNT_MESSAGES,
        ACCOUNTS,
    )


def unverified_accounts(lifetime: timedelta) -> PurgeTarget:
    """Return the target of accounts that were never verified; a batch of them is closed."""
    return PurgeTarget(
        "unverified accounts",
        _USER.c.id,
        lambda now: is_abandoned(lifetime, now=now),
        expire_batch=lambda database, now, limit, _since: Batch(
            close_unverified_accounts(database, lifetime, now=now, limit=limit)
        ),
    )


def batch_size(database: Database) -> int:
    """Return how many rows are deleted in one transaction."""
    return BATCH_ON_SQLITE if database.is_sqlite else BATCH


def purge(
    database: Database, target: PurgeTarget, *, now: datetime, batch: int | None = None
) -> Iterator[int]:
    """Delete the rows that had expired by `now`; yield the size of each batch when it is committed.

    Each batch is a transaction; the caller decides how long to pause in between. What remains to do
    after them yields 0.
    """
    expire_batch = target.expire_batch or partial(_delete_batch, target)
    limit = batch or batch_size(database)
    since, total = None, 0
    while True:
        expired, last = expire_batch(database, now, limit, since)
        if expired:
            restart_log(database.write_engine)
            total += expired
            yield expired
        elif last == since:  # otherwise all of this batch were locked, by another purge perhaps
            break
        since = last
    if total and target.finish:
        for _ in target.finish(database):
            yield 0


def _delete_batch(
    target: PurgeTarget, database: Database, now: datetime, limit: int, since: Any
) -> Batch:
    order = sa.null() if target.order is None else target.order
    batch = (
        sa.select(target.key, order)
        .where(target.is_expired(now), is_not_before(order, since))
        .order_by(target.order)
        .limit(limit)
        # On PostgreSQL, locked rows are left to the next purge: waiting for several rows in this
        # order, while other transactions lock them in theirs, could deadlock.
        .with_for_update(skip_locked=True)
    )
    with database.write_engine.begin() as connection:
        # Not a subquery: PostgreSQL may run that once per row, which makes the limit none.
        rows = connection.execute(batch).all()
        keys = [key for key, _ in rows]
        connection.execute(sa.delete(target.key.table).where(target.key.in_(keys)))
    return Batch(len(rows), rows[-1][1] if rows else since)


def count_expired(connection: Connection, target: PurgeTarget, *, now: datetime) -> int:
    """Return how many rows had expired by `now` and are not deleted yet."""
    rows = sa.select(sa.func.count()).select_from(target.key.table)
    return connection.execute(rows.where(target.is_expired(now))).scalar_one()
