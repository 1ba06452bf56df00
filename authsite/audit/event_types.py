"""What can happen to an account: the one list that history, log, mails and metrics are made of."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

from sqlalchemy.orm import Session


class Actor(StrEnum):
    """On whose side something was done."""

    #: In a browser, by whoever had it; what was shown for it, a password or a link, the kind says.
    USER = "user"
    ADMINISTRATOR = "administrator"
    #: From a shell of the machine.
    OPERATOR = "operator"
    #: By itself, because it was time.
    SYSTEM = "system"


class EventType(Enum):
    """A kind of event. Adding a line here is all that a new one needs, but for a mail's templates.

    Its name, in small letters, is what the table holds; it is never changed. The fields are those
    of `__init__`.
    """

    SIGNED_UP = "Signed up", "user_created"
    SIGNED_IN = "Signed in", "authn_login_success"
    NEW_DEVICE_SIGN_IN = (
        "Signed in from a new browser",
        "authn_login_new_device",
        logging.INFO,
        "new_device_sign_in",
    )
    SIGN_IN_FAILED = "Failed sign-in", "authn_login_fail", logging.WARNING
    SIGN_IN_DENIED = (
        "Sign-in blocked: account suspended",
        "authn_login_lock",
        logging.WARNING,
    )
    PASSWORD_CONFIRMED = "Password confirmed", "authn_password_confirmed"
    SESSION_ENDED = "Session ended", "session_ended"
    PASSWORD_CHANGED = (
        "Password changed",
        "authn_password_change",
        logging.INFO,
        "password_changed",
    )
    PASSWORD_RESET = (
        "Password reset",
        "authn_password_reset",
        logging.INFO,
        "password_changed",
    )
    PASSWORD_RESET_REQUESTED = "Password reset requested", "authn_password_reset_requested"
    EMAIL_VERIFIED = "Email verified", "user_email_verified"
    EMAIL_CHANGE_REQUESTED = (
        "Email change requested",
        "user_email_change_requested",
        logging.INFO,
        "email_change_requested",
    )
    EMAIL_CHANGED = "Email changed", "user_email_changed", logging.INFO, "email_changed"
    ACCOUNT_CLAIMED = "Claimed the account by email", "user_claimed", logging.WARNING
    ACCOUNT_SECURED = "Reported unauthorised activity", "user_secured", logging.WARNING
    DELETION_SCHEDULED = (
        "Account closed",
        "user_deletion_scheduled",
        logging.INFO,
        "deletion_scheduled",
    )
    DELETION_CANCELLED = "Account reactivated", "user_deletion_cancelled"
    EMAIL_QUEUED = "Email sent", "user_email_queued"
    ACCOUNT_CREATED = "Account created", "user_created_by_operator"
    ACCOUNT_IMPORTED = "Account imported", "user_imported"
    SUSPENDED = "Account suspended", "user_suspended", logging.WARNING
    REINSTATED = "Account reinstated", "user_reinstated", logging.WARNING
    ADMIN_GRANTED = "Became an administrator", "privilege_granted", logging.WARNING
    ADMIN_REVOKED = (
        "No longer an administrator",
        "privilege_revoked",
        logging.WARNING,
    )

    def __init__(
        self, label: str, log_name: str, level: int = logging.INFO, mail: str | None = None
    ) -> None:
        #: What a person reads in their history.
        self.label = label
        #: The word for it in the log; OWASP's logging vocabulary where that has one.
        self.log_name = log_name
        #: How loudly the log says so, as `logging` counts.
        self.level = level
        #: The kind of the mail that tells the owner, if one does.
        self.mail = mail

    @property
    def key(self) -> str:
        """What the table holds."""
        return self.name.lower()


class AuthMethod(Enum):
    """How the owner of a session showed who they are; its name, in small letters, is kept."""

    PASSWORD = "with a password"  # noqa: S105 - label
    SIGN_UP = "by signing up"

    @property
    def key(self) -> str:
        """What the table holds."""
        return self.name.lower()


class SessionEndReason(Enum):
    """Why a session ended; its name, in small letters, is a detail of the event."""

    SIGNED_OUT = "signed out"
    REPLACED = "signed in again in the same browser"
    ENDED = "signed out from another session"
    EXPIRED = "expired"
    SESSION_LIMIT = "session limit reached"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - words
    PASSWORD_RESET = "password reset"  # noqa: S105 - words
    CLAIMED = "account claimed by email"
    ACCOUNT_SECURED = 'you reported "This wasn\'t me"'
    CLOSED = "account closed"
    SUSPENDED = "account suspended"
    ENDED_BY_ADMIN = "ended by an administrator"

    @property
    def key(self) -> str:
        """What the table holds."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class EventSource:
    """Where an event comes from: whose act, in which session, from which browser and network."""

    actor: Actor
    actor_id: str | None = None
    session_id: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """An event as it is written down, and as host applications are told of it.

    `user_id` is None when nobody has the account that was meant. Whatever a subscriber writes by
    `dbsession` is kept with the event, or undone with it; it is told in the midst of the
    transaction.
    """

    type: EventType
    user_id: str | None
    occurred_at: datetime
    source: EventSource
    session_id: str | None
    details: Mapping[str, str]
    dbsession: Session = field(repr=False, compare=False)
