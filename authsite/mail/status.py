"""The states of messages, for operators."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.encryption import HEADER_BYTES, Cipher
from authsite.models import OutboxMessage

#: Messages listed of each state, and of one account.
MAX_LISTED, MAX_OF_USER = 20, 50

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]
_WAITS = _MESSAGE.c.next_attempt_at.is_not(None)
_FAILED = _MESSAGE.c.last_error.is_not(None)
_NEWEST = _MESSAGE.c.send_at.desc()
_HEADER = sa.func.substr(_MESSAGE.c.content, 1, HEADER_BYTES, type_=sa.LargeBinary)
#: The number of waiting messages by the header of their ciphertexts, which names the key.
_WAITING_BY_KEY = (
    sa.select(_HEADER.label("header"), sa.func.count())
    .where(_WAITS, _MESSAGE.c.content.is_not(None))
    .group_by("header")
)
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


def count_undecryptable(connection: Connection, cipher: Cipher) -> int:
    """Return the number of waiting messages that were encrypted with none of the cipher's keys."""
    rows = connection.execute(_WAITING_BY_KEY)
    return sum(number for header, number in rows if not cipher.has_key_of(header))


def list_messages_of(connection: Connection, user_id: str) -> list[MessageStatus]:
    """Return the latest messages about an account, at most `MAX_OF_USER`; the newest first."""
    state = sa.case(*((condition, name) for name, (condition, _) in _STATES.items()))
    query = (
        sa.select(*_columns(state))
        .where(_MESSAGE.c.user_id == user_id)
        .order_by(_NEWEST, _MESSAGE.c.id)
        .limit(MAX_OF_USER)
    )
    return [MessageStatus(*row) for row in connection.execute(query)]


def list_messages(connection: Connection) -> list[MessageStatus]:
    """Return the messages that have waited longest, and those that ended last."""
    found: list[MessageStatus] = []
    for state, (condition, order) in _STATES.items():
        query = sa.select(*_columns(sa.literal(state))).where(condition)
        query = query.order_by(order).limit(MAX_LISTED)
        found += [MessageStatus(*row) for row in connection.execute(query)]
    return found


def _columns(state: "sa.ColumnElement[str]") -> "list[sa.ColumnElement[Any]]":
    """Return the columns of `MessageStatus`."""
    return [
        state.label(name) if name == "state" else _MESSAGE.c[name] for name in MessageStatus._fields
    ]
