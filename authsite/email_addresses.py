"""Parsing and comparing email addresses."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

#: RFC 5321 allows 256 octets for a path, angle brackets included.
MAXIMUM_LENGTH = 254

#: Format characters that programs put around copied text: soft hyphen, zero width space, word
#: joiner, byte order mark, and the directional marks that do not show text backwards.
_INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200e\u200f\u061c\u202a\u202c\u202d\u2066\u2068\u2069"
#: How input methods for Chinese and Japanese write ASCII, and the full stop.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
_CLEANED = _FULL_WIDTH | {ord(each): None for each in _INVISIBLE}
#: `<ada@example.com>`, also with a name before it, which has no email address of its own.
_BRACKETED = re.compile(r"[^<>@\x00-\x1f]*<([^<>@]*@[^<>]*)>")
#: `'ada@example.com'`, also with double quotes. No email address ends with a quote.
_QUOTED = re.compile(r"""(['"])([^@]*@[^@]*)\1""")
_MAILTO = "mailto:"

_NOT_IN_LOCAL_PART = re.compile(r"[^A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]")
_NOT_IN_DOMAIN = re.compile(r"[\x00-\x2c/:-@\[-`{-\x7f]|\s")


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

    @property
    def domain(self) -> str:
        """The domain, in ASCII."""
        return self.normalized.rpartition("@")[2]


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


def clean_email_address(text: str) -> str:
    """Return the only email address that a pasted text can mean.

    It is the text without what cannot be part of an email address: invisible characters, a pair of
    quotes, angle brackets with a name before them, `mailto:` (RFC 6068), and the full-width forms
    of ASCII. Any text that `parse_email_address` accepts keeps its normalized form.
    """
    cleaned = text.translate(_CLEANED).strip()
    quoted = _QUOTED.fullmatch(cleaned)
    if quoted:
        cleaned = quoted[2].strip()
    bracketed = _BRACKETED.fullmatch(cleaned)
    if bracketed:
        cleaned = bracketed[1].strip()
    if cleaned[: len(_MAILTO)].lower() == _MAILTO:
        cleaned = unquote(cleaned[len(_MAILTO) :]).strip()
    return cleaned


def find_misplaced(text: str) -> int | None:
    """Return the position of the first character that cannot stand there, or None.

    A text with no @ or several of them is not one email address. IDNA decides about letters of
    other scripts in the domain.
    """
    if text.count("@") != 1:
        return None
    local_part, _, domain = text.partition("@")
    misplaced = _NOT_IN_LOCAL_PART.search(local_part)
    if misplaced:
        return misplaced.start()
    misplaced = _NOT_IN_DOMAIN.search(domain)
    return len(local_part) + 1 + misplaced.start() if misplaced else None
