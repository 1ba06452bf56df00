"""The types of audit events, which history, log, security notices and metrics share."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import User


class Actor(StrEnum):
    """Who caused an event."""

    #: In a browser, with a password or an email link, as the event type says.
    USER = "user"
    ADMINISTRATOR = "administrator"
    #: In a shell on the server.
    OPERATOR = "operator"
    #: Without a person, at a scheduled time.
    SYSTEM = "system"


class EventType(Enum):
    """A type of event: label, log name, log level, and template of its security notice.

    To add one, add a line here and, if it is emailed, its templates. The table stores the name, so
    that names never change.
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
    ACCOUNT_CLAIMED = "Account claimed by email", "user_claimed", logging.WARNING
    ACCOUNT_SECURED = "Reported unauthorized activity", "user_secured", logging.WARNING
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
    UNLOCKED = "Sign-in attempts reset", "user_unlocked", logging.WARNING
    EMAIL_RETRIED = "Email delivery repeated", "user_email_retried"
    NOTE_ADDED = "Note added", "user_note_added"
    ACCOUNT_VIEWED = "Account viewed", "sensitive_read", logging.WARNING
    DATA_EXPORTED = "Data exported", "user_data_exported", logging.WARNING
    ACCOUNT_ERASED = "Account erased", "user_erased", logging.WARNING
    ADMIN_GRANTED = "Became an administrator", "privilege_granted", logging.WARNING
    ADMIN_REVOKED = (
        "No longer an administrator",
        "privilege_revoked",
        logging.WARNING,
    )

    def __init__(
        self, label: str, log_name: str, level: int = logging.INFO, notice: str | None = None
    ) -> None:
        #: For the user's history.
        self.label = label
        #: From the OWASP Logging Vocabulary where it has a name for the event.
        self.log_name = log_name
        self.level = level
        #: The template of the security notice, if the event is emailed.
        self.notice = notice

    @property
    def key(self) -> str:
        """The name as the table stores it."""
        return self.name.lower()


class AuthMethod(Enum):
    """How a session was started (RFC 8176, `amr`)."""

    PASSWORD = "with a password"  # noqa: S105 - label
    SIGN_UP = "by signing up"

    @property
    def key(self) -> str:
        """The name as the table stores it."""
        return self.name.lower()


class SessionEndReason(Enum):
    """Why a session ended; a detail of the event `SESSION_ENDED`."""

    SIGNED_OUT = "signed out"
    REPLACED = "signed in again in the same browser"
    ENDED = "signed out from another session"
    EXPIRED = "expired"
    SESSION_LIMIT = "session limit reached"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - label
    PASSWORD_RESET = "password reset"  # noqa: S105 - label
    CLAIMED = "account claimed by email"
    ACCOUNT_SECURED = 'you reported "This wasn\'t me"'
    CLOSED = "account closed"
    SUSPENDED = "account suspended"
    ENDED_BY_ADMIN = "ended by an administrator"

    @property
    def key(self) -> str:
        """The name as the table stores it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class EventSource:
    """The actor of an event, and their session, browser and IP address.

    `actor_id` is the id of an administrator, `actor_name` the name of an operator.
    """

    actor: Actor
    actor_id: str | None = None
    actor_name: str | None = None
    session_id: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """An event as it is stored, and as subscribers of host applications get it.

    `user_id` is None for an unknown account. Subscribers are called during the transaction: what
    they write with `dbsession` is committed or rolled back with the event.
    """

    type: EventType
    user_id: str | None
    occurred_at: datetime
    source: EventSource
    session_id: str | None
    details: Mapping[str, str]
    dbsession: Session = field(repr=False, compare=False)
    #: At `SIGNED_UP`, the values of the fields that a host application has added to the form. They
    #: are neither stored nor logged.
    values: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def email(self) -> str | None:
        """The email address of the account, as it is now in `dbsession`; None for an unknown one.

        It is read when it is asked for, in the same time for an unknown account.
        """
        return self.dbsession.scalar(sa.select(User.email).where(User.id == (self.user_id or "")))
