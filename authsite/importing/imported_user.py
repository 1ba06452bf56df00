"""People as another system knew them, and what becomes of them here."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from authsite.email_addresses import EmailAddress, InvalidEmailAddress, parse_email_address
from authsite.passwords.legacy_hashes import parse_legacy_hash
from authsite.text import is_readable, is_visible, trimmed
from authsite.tokens import new_id

#: What stands for a last name that is not known; its owner may change it.
NO_LAST_NAME = "-"
#: Why an account is frozen that was not active where it came from.
NOT_ACTIVE = "The account was not active in the previous system."

_NAME_LENGTH = 100
_FORMER_ID_LENGTH = 120


class RejectionReason(StrEnum):
    """Why somebody has no account here."""

    UNREADABLE = "the row is unreadable"
    ID = "the id is missing, or has characters that can't be stored"
    EMAIL = "the email is not an email address"
    NAME = "a name is too long, or has invisible characters"
    HASH_UNKNOWN = "the format of the password hash is unknown"
    HASH_COSTS = "the password hash costs more than the site allows"
    VALUE = "a time, or a yes or no, is unreadable"
    EMAIL_TAKEN = "another account here uses this email, or can still restore it"
    EMAIL_TWICE = "another imported user has the same email"
    ID_TWICE = "the id was imported before with another email"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Who is not imported, and why: by the id or the place in the source, never with a hash."""

    who: str
    email: str
    reason: RejectionReason
    detail: str = ""


class ImportRejected(Exception):
    """Somebody cannot have an account here; the arguments are the reason and details of it."""

    def __init__(self, reason: RejectionReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedUser:
    """Somebody with an account elsewhere. `external_id` is the system's name and an id there.

    `password_hash` is in a form of foreign_hashes.py; without one, its owner chooses a password by
    a link from a mail. When somebody signed up may be unknown.
    """

    external_id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    password_hash: str | None = field(default=None, repr=False)
    email_verified_at: datetime | None = None
    created_at: datetime | None = None
    is_active: bool = True

    def row(self, *, now: datetime) -> dict[str, Any]:
        """Return the account as a row of the table of users; raise `ImportRejected`.

        Who has no first name is called by what stands before the `@`. Nobody becomes an
        administrator, and who was not active is frozen.
        """
        if len(self.external_id) > _FORMER_ID_LENGTH or not is_readable(self.external_id):
            raise ImportRejected(RejectionReason.ID)
        email = _email(self.email)
        self._demand_bearable_hash()
        first_name = _name(self.first_name) or email.original.partition("@")[0][:_NAME_LENGTH]
        return {
            "id": new_id(),
            "first_name": first_name,
            "last_name": _name(self.last_name) or NO_LAST_NAME,
            "email": email.original,
            "email_normalized": email.normalized,
            "password_hash": self.password_hash,
            "created_at": min(self.created_at or now, now),
            "email_verified_at": self.email_verified_at and min(self.email_verified_at, now),
            "suspended_at": None if self.is_active else now,
            "suspension_reason": None if self.is_active else NOT_ACTIVE,
            "external_id": self.external_id,
        }

    @property
    def has_full_name(self) -> bool:
        """Whether neither name has to be made up."""
        return bool(trimmed(self.first_name) and trimmed(self.last_name))

    def _demand_bearable_hash(self) -> None:
        if self.password_hash is None:
            return
        found = parse_legacy_hash(self.password_hash)
        if found is None:
            raise ImportRejected(RejectionReason.HASH_UNKNOWN)
        if not found.is_affordable:
            raise ImportRejected(RejectionReason.HASH_COSTS)


def _email(text: str) -> EmailAddress:
    try:
        return parse_email_address(trimmed(text))
    except InvalidEmailAddress as error:
        raise ImportRejected(RejectionReason.EMAIL, str(error)) from error


def _name(text: str) -> str:
    name = trimmed(text)
    if name and not (len(name) <= _NAME_LENGTH and is_readable(name) and is_visible(name)):
        raise ImportRejected(RejectionReason.NAME)
    return name
