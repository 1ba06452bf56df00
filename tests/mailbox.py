"""The emails in the outbox and their links."""

import re
import secrets
from typing import Any, NamedTuple

import sqlalchemy as sa

from authsite.mail.content import Content, message_cipher, read_content
from authsite.models import OutboxMessage
from authsite.services import Services

#: The secret of the tests' sites, and the cipher of their emails. That of testing.ini is public,
#: and accepted on localhost only.
SECRET = secrets.token_urlsafe(32)
CIPHER = message_cipher([SECRET.encode()])


def content_of(message: Any) -> Content:
    """Decrypt the text and HTML of a message."""
    return read_content(message, CIPHER)


class Mail(NamedTuple):
    """An email."""

    template: str
    recipient: str
    subject: str
    text: str
    html: str

    def path_to(self, page: str) -> str:
        """Return the path of the only link to a page, such as `/reset-password/…`."""
        (link,) = set(re.findall(rf"https?://[^/\s]+(/{page}/\S+)", self.text))
        return link


class Mailbox:
    """The undelivered emails, oldest first."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def all_for(self, recipient: str | None = None) -> list[Mail]:
        """Return the undelivered emails, or those to this recipient."""
        query = sa.select(OutboxMessage.__table__)
        query = query.where(OutboxMessage.next_attempt_at.is_not(None))
        if recipient is not None:
            query = query.where(OutboxMessage.recipient == recipient)
        with self._services.database.read_engine.connect() as connection:
            rows = connection.execute(query.order_by(OutboxMessage.send_at, OutboxMessage.id)).all()
        return [Mail(row.template, row.recipient, row.subject, *content_of(row)) for row in rows]

    def latest(self, template: str, recipient: str = "ada@example.com") -> Mail:
        """Return the last email of this template to this recipient."""
        return [mail for mail in self.all_for(recipient) if mail.template == template][-1]

    def empty(self) -> None:
        """Delete all emails."""
        with self._services.database.write_engine.begin() as connection:
            connection.execute(sa.delete(OutboxMessage.__table__))
