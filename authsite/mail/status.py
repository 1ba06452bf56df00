"""The states of messages, for operators."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.models import OutboxMessage

#: Messages listed of each state.
MAX_LISTED = 20

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]
_WAITS = _MESSAGE.c.next_attempt_at.is_not(None)
_FAILED = _MESSAGE.c.last_error.is_not(None)
_NEWEST = _MESSAGE.c.send_at.desc()
#: The states, with the condition of each and the order in which its messages are listed.
_STATES = {
    "waiting": (_WAITS & ~_FAILED, _MESSAGE.c.send_at),
    "deferred": (_WAITS & _FAILED, _MESSAGE.c.send_at),
    "failed": (~_WAITS & _FAILED, _NEWEST),
    "delivered": (~_WAITS & ~_FAILED, _MESSAGE.c.delivered_at.desc()),
}


class MessageStatus(NamedTuple):
    """A message without its text."""

    id: str
    state: str
    template: str
    recipient: str
    send_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    last_error: str | None


def count_messages(connection: Connection) -> dict[str, int]:
    """Return the number of messages in each state: waiting, deferred, failed, delivered."""
    counts = (
        sa.func.count().filter(condition).label(state) for state, (condition, _) in _STATES.items()
    )
    row = connection.execute(sa.select(*counts).select_from(_MESSAGE)).one()
    return dict(zip(_STATES, row, strict=True))


def list_messages(connection: Connection) -> list[MessageStatus]:
    """Return the messages that have waited longest, and those that ended last."""
    found: list[MessageStatus] = []
    for state, (condition, order) in _STATES.items():
        columns = [
            sa.literal(state).label(name) if name == "state" else _MESSAGE.c[name]
            for name in MessageStatus._fields
        ]
        query = sa.select(*columns).where(condition).order_by(order).limit(MAX_LISTED)
        found += [MessageStatus(*row) for row in connection.execute(query)]
    return found
