"""How far delivery is behind, for metrics."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.models import OutboxMessage

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]


class Backlog(NamedTuple):
    """The number of messages that are due and not delivered, and when the oldest became due."""

    size: int
    oldest: datetime | None


def get_backlog(connection: Connection, *, now: datetime) -> Backlog:
    """Return the backlog; a rescheduled message counts from its first due time."""
    waiting = sa.select(sa.func.count(), sa.func.min(_MESSAGE.c.send_at)).where(
        _MESSAGE.c.next_attempt_at.is_not(None), _MESSAGE.c.send_at <= now
    )
    return Backlog(*connection.execute(waiting).one())
