"""Reading emails in the outbox, for `/dev/mail`."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import OutboxMessage


class StoredMessage(NamedTuple):
    """A message as it is in the outbox; subject and content are deleted after delivery."""

    id: str
    template: str
    recipient: str
    subject: str | None
    content: bytes | None
    text: str | None
    html: str | None
    send_at: datetime
    delivered_at: datetime | None
    last_error: str | None


_TABLE = OutboxMessage.metadata.tables["authsite_outbox_message"]
_COLUMNS = [_TABLE.c[name] for name in StoredMessage._fields]


def latest_messages(dbsession: Session, *, limit: int) -> list[StoredMessage]:
    """Return at most `limit` messages, the latest due first."""
    newest = sa.select(*_COLUMNS).order_by(_TABLE.c.send_at.desc(), _TABLE.c.id).limit(limit)
    return [StoredMessage._make(row) for row in dbsession.execute(newest)]


def get_message(dbsession: Session, message_id: str) -> StoredMessage | None:
    """Return the message with this id, or None."""
    query = sa.select(*_COLUMNS).where(_TABLE.c.id == message_id)
    row = dbsession.execute(query).one_or_none()
    return StoredMessage._make(row) if row else None
