"""A user of another system, and the row that is made of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from authsite.email_addresses import EmailAddress, InvalidEmailAddress, parse_email_address
from authsite.models.user import NO_LAST_NAME
from authsite.passwords.legacy_hashes.formats import parse_legacy_hash
from authsite.passwords.legacy_hashes.unknown_hashes import describe_hash
from authsite.text import is_readable, is_visible, trimmed, trimmed_name
from authsite.tokens import new_id

#: The reason for suspending users who were not active in the other system.
NOT_ACTIVE = "The account was not active in the previous system."
#: A detail of text with replaced bytes.
NOT_DECODED = "bytes of another encoding: name it with --encoding"

_NAME_LENGTH = 100
_EXTERNAL_ID_LENGTH = 120
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class RejectionReason(StrEnum):
    """Why a user is not imported."""

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
    #: The operator's choice, which is not counted as a rejection.
    INACTIVE = "the user is inactive, locked or deleted there"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A user who is not imported; never with a hash.

    `place` is the line or row of the source. `hash_format` names the format of a hash that is not
    accepted.
    """

    place: str
    email: str
    reason: RejectionReason
    detail: str = ""
    external_id: str = ""
    hash_format: str = ""


class ImportRejected(Exception):
    """A user cannot be imported, for this reason with these details."""

    def __init__(self, reason: RejectionReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedUser:
    """A user of another system. `external_id` is the name of the system and the id there.

    `password_hash` is in a format of legacy_hashes; users without one choose a password by an
    emailed link. `place` is the line or row of the source. `unused_hash` names the format of a hash
    that the operator leaves out.
    """

    external_id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    password_hash: str | None = field(default=None, repr=False)
    email_verified_at: datetime | None = None
    created_at: datetime | None = None
    is_active: bool = True
    place: str = ""
    unused_hash: str = ""

    def row(self, *, now: datetime) -> dict[str, Any]:
        """Return the row of the table of users; raise `ImportRejected`.

        A missing first name is replaced by the local part of the email address. No imported user is
        an administrator, and inactive ones are suspended.
        """
        if len(self.external_id) > _EXTERNAL_ID_LENGTH or not is_readable(self.external_id):
            raise ImportRejected(RejectionReason.ID, _encoding_detail(self.external_id))
        email = _email(self.email)
        hash_problem = self.find_hash_problem()
        if hash_problem:
            raise ImportRejected(hash_problem)
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
        """Whether neither name has to be replaced."""
        return bool(trimmed(self.first_name) and trimmed(self.last_name))

    def find_hash_problem(self) -> RejectionReason | None:
        """Return why the password hash cannot be verified here."""
        if self.password_hash is None:
            return None
        legacy_hash = parse_legacy_hash(self.password_hash)
        if legacy_hash is None:
            return RejectionReason.HASH_UNKNOWN
        return None if legacy_hash.is_affordable else RejectionReason.HASH_COSTS

    def reject(self, reason: RejectionReason, detail: str = "") -> Rejection:
        """Return the rejection of this user."""
        is_about_hash = reason in {RejectionReason.HASH_UNKNOWN, RejectionReason.HASH_COSTS}
        hash_format = describe_hash(self.password_hash or "") if is_about_hash else ""
        return Rejection(self.place, self.email, reason, detail, self.external_id, hash_format)


def _email(text: str) -> EmailAddress:
    try:
        return parse_email_address(trimmed(text))
    except InvalidEmailAddress as error:
        detail = _encoding_detail(text) or str(error)
        raise ImportRejected(RejectionReason.EMAIL, detail) from error


def _name(text: str) -> str:
    name = trimmed_name(text)
    if name and not (len(name) <= _NAME_LENGTH and is_readable(name) and is_visible(name)):
        raise ImportRejected(RejectionReason.NAME, _encoding_detail(name))
    return name


def _encoding_detail(text: str) -> str:
    return NOT_DECODED if _REPLACEMENT in text else ""
