"""One table a file; all of them together here, so that the metadata is complete."""

from authsite.models.audit_event import Event
from authsite.models.base import Base
from authsite.models.email_link import PendingLink
from authsite.models.outbox_message import OutboxMessage
from authsite.models.purge_run import Sweep
from authsite.models.throttle import Throttle
from authsite.models.user import User
from authsite.models.user_session import UserSession

__all__ = [
    "Base",
    "Event",
    "OutboxMessage",
    "PendingLink",
    "Sweep",
    "Throttle",
    "User",
    "UserSession",
]
