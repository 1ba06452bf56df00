"""Reading what was written to people, as a developer does whose site sends no mail."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import OutboxMessage


class StoredMessage(NamedTuple):
    """A message as it is in the outbox; once it has gone out, its words are gone."""

    id: str
    template: str
    recipient: str
    subject: str | None
    text: str | None
    html: str | None
    send_at: datetime
    delivered_at: datetime | None
    last_error: str | None


_TABLE = OutboxMessage.metadata.tables["authsite_outbox_message"]
_COLUMNS = [_TABLE.c[name] for name in StoredMessage._fields]


def latest_messages(dbsession: Session, *, limit: int) -> list[StoredMessage]:
    """Return at most so many messages, newest first; those that are due later are newer still."""
    newest = sa.select(*_COLUMNS).order_by(_TABLE.c.send_at.desc(), _TABLE.c.id).limit(limit)
    return [StoredMessage._make(row) for row in dbsession.execute(newest)]


def message_of_id(dbsession: Session, message_id: str) -> StoredMessage | None:
    """Return the message with this id, or None."""
    wanted = sa.select(*_COLUMNS).where(_TABLE.c.id == message_id)
    row = dbsession.execute(wanted).one_or_none()
    return StoredMessage._make(row) if row else None
