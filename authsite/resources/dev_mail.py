"""The branch of `/dev`: the emails of the site, in development only."""

from typing import Any

from authsite.mail.stored_message import StoredMessage, get_message
from authsite.resources.base import Resource
from authsite.tokens import is_id


class Dev(Resource):
    """`/dev`: no page of its own."""


class DevMail(Resource):
    """`/dev/mail`: the parent of all messages."""

    def child(self, name: str) -> Any:
        """Return the resource of the message with this id."""
        record = get_message(self.request.authsite.dbsession, name) if is_id(name) else None
        return DevMessage(self, record) if record else super().child(name)


class DevMessage(Resource):
    """`/dev/mail/{id}`: one message."""

    def __init__(self, parent: DevMail, record: StoredMessage) -> None:
        super().__init__(parent.request, name=record.id, parent=parent)
        self.record = record
