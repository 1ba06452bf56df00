"""What counts as an email address, and when two of them are the same."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

#: RFC 5321 allows 256 octets for a path, angle brackets included.
MAXIMUM_LENGTH = 254


class InvalidEmailAddress(ValueError):
    """The text is no address to which a mail could be sent."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as its owner typed it, and the key by which it is unique.

    `mailbox` is what goes on an envelope: the local part as typed, the domain in ASCII.
    """

    original: str
    normalized: str
    mailbox: str


def parse_email_address(text: str) -> EmailAddress:
    """Return the address that `text` spells.

    The key folds case and compatibility forms of the local part and takes the domain in its
    ASCII form, so that two spellings that a person takes for one address have one account. Plus
    tags and dots are kept: only the mailbox's own host knows what they mean.

    Raises `InvalidEmailAddress`. Local parts are plain ASCII atoms, since a mail library may read
    a quoted or encoded one as two recipients (RFC 2047).
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
