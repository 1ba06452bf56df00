"""Mail as people find it: what waits in the outbox for an address, and the links in it."""

import re
from typing import NamedTuple

import sqlalchemy as sa

from authsite.models import OutboxMessage
from authsite.services import Services


class Mail(NamedTuple):
    """What somebody gets to read."""

    template: str
    recipient: str
    subject: str
    text: str
    html: str

    def path_to(self, page: str) -> str:
        """Return the path of the one link that leads to this page, `/reset-password/…` say."""
        (link,) = set(re.findall(rf"https?://[^/\s]+(/{page}/\S+)", self.text))
        return link


class Mailbox:
    """All that was written to people, in the order in which it was."""

    def __init__(self, services: Services) -> None:
        self._site = services

    def all_for(self, address: str | None = None) -> list[Mail]:
        """Return the mails for this address, or all there are; what has gone out is not there."""
        columns = [getattr(OutboxMessage, name) for name in Mail._fields]
        wanted = sa.select(*columns).where(OutboxMessage.next_attempt_at.is_not(None))
        if address is not None:
            wanted = wanted.where(OutboxMessage.recipient == address)
        with self._site.database.read_engine.connect() as connection:
            rows = connection.execute(
                wanted.order_by(OutboxMessage.send_at, OutboxMessage.id)
            ).all()
        return [Mail(*row) for row in rows]

    def latest(self, template: str, address: str = "ada@example.com") -> Mail:
        """Return the last mail of this template for this address."""
        return [mail for mail in self.all_for(address) if mail.template == template][-1]

    def empty(self) -> None:
        """Throw away what was read."""
        with self._site.database.write_engine.begin() as connection:
            connection.execute(sa.delete(OutboxMessage.__table__))
