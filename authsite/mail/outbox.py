"""The outbox as workers see it: they take what is due, one by one, and mark what became of it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.models import OutboxMessage

#: How long it is known to whom a message went, or why it did not.
KEPT_FOR = timedelta(days=90)
#: How long a message is tried again that could not be delivered.
TRIED_FOR = timedelta(days=3)
#: After the first failure; each wait is twice as long as the one before.
FIRST_DELAY, MAX_DELAY = timedelta(seconds=10), timedelta(hours=6)

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]
#: Doublings after which the longest wait is reached in any case; more could not be computed.
_DOUBLINGS = 12
_MAX_ERROR = 200

#: Asked often and by every worker, hence a read: who writes would take SQLite's write lock.
NEXT_ATTEMPT = sa.select(sa.func.min(_MESSAGE.c.next_attempt_at))


class LeasedMessage(NamedTuple):
    """A message that nobody else tries to send before `leased_until`."""

    id: str
    template: str
    recipient: str
    subject: str
    text: str
    html: str
    send_at: datetime
    attempts: int
    leased_until: datetime

    def __repr__(self) -> str:
        return f"<Claimed {self.id} {self.template}>"


def lease_(
    connection: Connection, *, due_by: datetime, now: datetime, lease: timedelta
) -> LeasedMessage | None:
    """Take the message that has been due longest, and count the try; None if nothing is due.

    The try must end, and be written down, within `lease`. A worker that dies before has at most
    this effect: the message is tried once more when the lease is over.
    """
    oldest = (
        sa.select(_MESSAGE.c.id)
        .where(_MESSAGE.c.next_attempt_at <= due_by)
        .order_by(_MESSAGE.c.next_attempt_at)
        .limit(1)
        # On PostgreSQL workers pass by what another one is just taking. `=` and no `IN`: a plan
        # for `IN` may ask twice, and would take a second message, which nobody would send.
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
    """Write down that the server has taken it; false if the message is not ours any more."""
    return _end(connection, message, now=now, delivered_at=now, last_error=None)


def fail(connection: Connection, message: LeasedMessage, *, last_error: str, now: datetime) -> bool:
    """Write down why it will never arrive; false if the message is not ours any more."""
    return _end(connection, message, now=now, last_error=last_error[:_MAX_ERROR])


def reschedule(
    connection: Connection, message: LeasedMessage, *, last_error: str, now: datetime
) -> bool:
    """Write down why it has not arrived, and when it is tried again.

    Returns false if the message is not ours any more.
    """
    wait = min(FIRST_DELAY * 2 ** min(message.attempts - 1, _DOUBLINGS), MAX_DELAY)
    return _mark(
        connection, message, next_attempt_at=now + wait, last_error=last_error[:_MAX_ERROR]
    )


def _end(connection: Connection, message: LeasedMessage, *, now: datetime, **values: Any) -> bool:
    """Forget the words and the links in them; who was written to is forgotten later."""
    words = dict.fromkeys(("subject", "text", "html"))
    return _mark(
        connection, message, next_attempt_at=None, purge_after=now + KEPT_FOR, **words, **values
    )


def _mark(connection: Connection, message: LeasedMessage, **values: Any) -> bool:
    """Change the row, unless the lease has ended and another worker has it, or it is gone."""
    marked = connection.execute(
        sa.update(_MESSAGE)
        .where(_MESSAGE.c.id == message.id, _MESSAGE.c.next_attempt_at == message.leased_until)
        .values(**values)
    )
    return bool(marked.rowcount)
