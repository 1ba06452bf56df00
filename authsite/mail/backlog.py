"""What should have been delivered and has not been, in two numbers."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.models import OutboxMessage

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]


class Backlog(NamedTuple):
    """How many messages are due and not delivered, and since when the oldest of them is due."""

    number: int
    oldest: datetime | None


def backlog_of(connection: Connection, *, now: datetime) -> Backlog:
    """Return what waits; a message that was put off counts from when it was first to be sent."""
    waiting = sa.select(sa.func.count(), sa.func.min(_MESSAGE.c.send_at)).where(
        _MESSAGE.c.next_attempt_at.is_not(None), _MESSAGE.c.send_at <= now
    )
    return Backlog(*connection.execute(waiting).one())
