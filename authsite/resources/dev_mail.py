"""What there is in development only: the mails that the site has written."""

from typing import Any

from authsite.mail.stored_message import StoredMessage, get_message
from authsite.resources.base import Resource


class Dev(Resource):
    """`/dev`: no page itself."""


class DevMail(Resource):
    """`/dev/mail`: all messages; each is a place below it."""

    def child(self, name: str) -> Any:
        """Return the place of the message with this id."""
        record = get_message(self.request.dbsession, name)
        return DevMessage(self, record) if record else super().child(name)


class DevMessage(Resource):
    """`/dev/mail/{id}`: one message."""

    def __init__(self, parent: DevMail, record: StoredMessage) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record
