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
        "Signed in with a browser that was new to this account",
        "authn_login_new_device",
        logging.INFO,
        "new_device_sign_in",
    )
    SIGN_IN_FAILED = "A wrong password was typed", "authn_login_fail", logging.WARNING
    SIGN_IN_DENIED = (
        "The right password was typed, but the account is frozen",
        "authn_login_lock",
        logging.WARNING,
    )
    PASSWORD_CONFIRMED = "Confirmed the password", "authn_password_confirmed"
    SESSION_ENDED = "A session ended", "session_ended"
    PASSWORD_CHANGED = (
        "Changed the password",
        "authn_password_change",
        logging.INFO,
        "password_changed",
    )
    PASSWORD_RESET = (
        "Chose a new password by a link",
        "authn_password_reset",
        logging.INFO,
        "password_changed",
    )
    PASSWORD_RESET_REQUESTED = (
        "A link to choose a new password was asked for",
        "authn_password_reset_requested",
    )
    EMAIL_VERIFIED = "Confirmed the address", "user_email_verified"
    EMAIL_CHANGE_REQUESTED = (
        "Asked to change the address",
        "user_email_change_requested",
        logging.INFO,
        "email_change_requested",
    )
    EMAIL_CHANGED = "Changed the address", "user_email_changed", logging.INFO, "email_changed"
    ACCOUNT_CLAIMED = (
        "Took the account over by a link to its address",
        "user_claimed",
        logging.WARNING,
    )
    ACCOUNT_SECURED = "Said that it was somebody else", "user_secured", logging.WARNING
    DELETION_SCHEDULED = (
        "Closed the account",
        "user_deletion_scheduled",
        logging.INFO,
        "deletion_scheduled",
    )
    DELETION_CANCELLED = "Kept the account", "user_deletion_cancelled"
    EMAIL_QUEUED = "A mail was sent", "user_email_queued"
    ACCOUNT_CREATED = "The account was made", "user_created_by_operator"
    ACCOUNT_IMPORTED = "The account was brought here from another system", "user_imported"
    SUSPENDED = "The account was frozen", "user_suspended", logging.WARNING
    REINSTATED = "The account was no longer frozen", "user_reinstated", logging.WARNING
    ADMIN_GRANTED = "Came to be an administrator", "privilege_granted", logging.WARNING
    ADMIN_REVOKED = (
        "Was no longer an administrator",
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

    PASSWORD = "with the password"  # noqa: S105 - label
    SIGN_UP = "by signing up"

    @property
    def key(self) -> str:
        """What the table holds."""
        return self.name.lower()


class SessionEndReason(Enum):
    """Why a session ended; its name, in small letters, is a detail of the event."""

    SIGNED_OUT = "signed out"
    REPLACED = "somebody signed in again in the same browser"
    ENDED = "ended from another session"
    EXPIRED = "not used for too long, or too old"
    SESSION_LIMIT = "there were too many, and this one was used the longest ago"
    PASSWORD_CHANGED = "the password was changed"  # noqa: S105 - label
    PASSWORD_RESET = "a new password was chosen by a link"  # noqa: S105 - label
    CLAIMED = "the account was taken over by a link to its address"
    ACCOUNT_SECURED = "the owner said that it was somebody else"
    CLOSED = "the account was closed"
    SUSPENDED = "the account was frozen"
    ENDED_BY_ADMIN = "ended by those who run the site"

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
