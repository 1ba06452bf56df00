"""Parsing and comparing email addresses."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

#: RFC 5321 allows 256 octets for a path, angle brackets included.
MAXIMUM_LENGTH = 254


class InvalidEmailAddress(ValueError):
    """The text is not an email address that email can be sent to."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An email address as entered, and its normalized form, by which it is unique.

    `mailbox` is for the envelope: the local part as entered, the domain in ASCII.
    """

    original: str
    normalized: str
    mailbox: str


def parse_email_address(text: str) -> EmailAddress:
    """Return the email address; raises `InvalidEmailAddress`.

    The normalized form folds case and compatibility characters of the local part and has the domain
    in ASCII, so that spellings that look alike have one account. Plus tags and dots are kept: only
    the mailbox's host knows what they mean.

    Local parts are plain ASCII atoms: a mail library may read a quoted or encoded one as two
    recipients (RFC 2047).
    """
    original = text.strip()
    if len(original) > MAXIMUM_LENGTH:
        raise InvalidEmailAddress(f"longer than {MAXIMUM_LENGTH} characters")
    try:
        address = validate_email(original, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise InvalidEmailAddress(str(error)) from error
    if "=?" in address.local_part:
        raise InvalidEmailAddress("an encoded word in the local part")
    local_part = unicodedata.normalize("NFKC", address.local_part).casefold()
    domain = (address.ascii_domain or "").lower()
    return EmailAddress(original, f"{local_part}@{domain}", f"{address.local_part}@{domain}")
