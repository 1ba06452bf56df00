"""The outbox as a queue: workers lease due messages one by one and record the outcome."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.models import OutboxMessage

#: How long the recipient and the outcome are kept.
KEPT_FOR = timedelta(days=90)
#: How long attempts go on before a message fails.
RETRY_FOR = timedelta(days=3)
#: The delay after the first failed attempt; each further one is twice as long.
FIRST_DELAY, MAX_DELAY = timedelta(seconds=10), timedelta(hours=6)

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]
#: Doublings that reach `MAX_DELAY` in any case; many more would overflow.
_DOUBLINGS = 12
_MAX_ERROR = 200

#: Every worker polls with it, so it must not take SQLite's write lock.
NEXT_ATTEMPT = sa.select(sa.func.min(_MESSAGE.c.next_attempt_at))


class LeasedMessage(NamedTuple):
    """A message that no other worker sends before `leased_until`."""

    id: str
    template: str
    recipient: str
    subject: str
    content: bytes | None
    text: str | None
    html: str | None
    send_at: datetime
    attempts: int
    leased_until: datetime

    def __repr__(self) -> str:
        return f"<LeasedMessage {self.id} {self.template}>"


class RetriedMessage(NamedTuple):
    """A message that a worker attempts soon."""

    template: str
    subject: str


def lease_next(
    connection: Connection, *, due_by: datetime, now: datetime, lease: timedelta
) -> LeasedMessage | None:
    """Lease the message that has been due longest, and count the attempt; None if none is due.

    The attempt must end and be recorded within `lease`. If the worker dies, another one sends the
    message when the lease has expired.
    """
    oldest = (
        sa.select(_MESSAGE.c.id)
        .where(_MESSAGE.c.next_attempt_at <= due_by)
        .order_by(_MESSAGE.c.next_attempt_at)
        .limit(1)
        # On PostgreSQL, workers skip what another one is leasing. `=` instead of `IN`: a plan for
        # `IN` may run the query twice and lease a second message, which no worker would send.
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(
        sa.update(_MESSAGE)
        .where(_MESSAGE.c.id == oldest.scalar_subquery())
        .values(next_attempt_at=now + lease, attempts=_MESSAGE.c.attempts + 1)
        .returning(
            *(_MESSAGE.c[name] for name in LeasedMessage._fields[:-1]), _MESSAGE.c.next_attempt_at
        )
    ).one_or_none()
    return None if row is None else LeasedMessage(*row)


def mark_delivered(connection: Connection, message: LeasedMessage, *, now: datetime) -> bool:
    """Record that the server has accepted it; return False if the lease is lost."""
    return _end(connection, message, now=now, delivered_at=now, last_error=None)


def fail(connection: Connection, message: LeasedMessage, *, last_error: str, now: datetime) -> bool:
    """Record why it will never arrive; return False if the lease is lost."""
    return _end(connection, message, now=now, last_error=last_error[:_MAX_ERROR])


def reschedule(
    connection: Connection, message: LeasedMessage, *, last_error: str, now: datetime
) -> bool:
    """Record why it has not arrived, and the next attempt; return False if the lease is lost."""
    delay = min(FIRST_DELAY * 2 ** min(message.attempts - 1, _DOUBLINGS), MAX_DELAY)
    return _mark(
        connection, message, next_attempt_at=now + delay, last_error=last_error[:_MAX_ERROR]
    )


def retry_now(
    connection: Connection, message_id: str, *, user_id: str, now: datetime, lease: timedelta
) -> RetriedMessage | None:
    """Let the next attempt of this deferred message be now, unless it is due within `lease`.

    A worker that sends it has leased it for that time. Returns None if it is no deferred message of
    the user.
    """
    is_due = _MESSAGE.c.next_attempt_at <= now + lease
    row = connection.execute(
        sa.update(_MESSAGE)
        .where(
            _MESSAGE.c.id == message_id,
            _MESSAGE.c.user_id == user_id,
            _MESSAGE.c.next_attempt_at.is_not(None),
            _MESSAGE.c.last_error.is_not(None),
        )
        .values(next_attempt_at=sa.case((is_due, _MESSAGE.c.next_attempt_at), else_=now))
        .returning(_MESSAGE.c.template, _MESSAGE.c.subject)
    ).one_or_none()
    return None if row is None else RetriedMessage._make(row)


def _end(connection: Connection, message: LeasedMessage, *, now: datetime, **values: Any) -> bool:
    """Delete subject and content at once; the purge deletes the row later."""
    deleted = dict.fromkeys(("subject", "content", "text", "html"))
    return _mark(
        connection, message, next_attempt_at=None, purge_after=now + KEPT_FOR, **deleted, **values
    )


def _mark(connection: Connection, message: LeasedMessage, **values: Any) -> bool:
    """Update the row, unless its lease has expired or it was deleted."""
    marked = connection.execute(
        sa.update(_MESSAGE)
        .where(_MESSAGE.c.id == message.id, _MESSAGE.c.next_attempt_at == message.leased_until)
        .values(**values)
    )
    return bool(marked.rowcount)
