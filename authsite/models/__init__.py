"""One table per file; all of them here, so that the metadata is complete."""

from authsite.models.account_note import AccountNote
from authsite.models.answered_form import AnsweredForm
from authsite.models.audit_event import AuditEvent
from authsite.models.base import Base
from authsite.models.email_link import EmailLink
from authsite.models.outbox_message import OutboxMessage
from authsite.models.pending_sign_in import PendingSignIn
from authsite.models.purge_run import PurgeRun
from authsite.models.throttle import Throttle
from authsite.models.user import User
from authsite.models.user_session import UserSession

__all__ = [
    "AccountNote",
    "AnsweredForm",
    "AuditEvent",
    "Base",
    "EmailLink",
    "OutboxMessage",
    "PendingSignIn",
    "PurgeRun",
    "Throttle",
    "User",
    "UserSession",
]
