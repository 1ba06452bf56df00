"""Building MIME messages whose headers no text can break."""

import unicodedata
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from authsite.mail.content import Content
from authsite.mail.outbox import LeasedMessage

#: Headers are encoded here, so the policy must not fold them again.
_POLICY = SMTP.clone(refold_source="none")
#: A longer name would be folded inside its quotes, which breaks them.
_LONGEST_QUOTED_NAME = 50
#: Unicode categories that end a line, or that an email cannot contain.
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})


def build_mime(
    message: LeasedMessage, content: Content, *, sender: str, sender_name: str
) -> EmailMessage:
    """Return the message as text and HTML (RFC 2046, 5.1.4).

    Every attempt sends the same bytes: the date is the first due time, and the Message-ID, by which
    clients recognize duplicates, comes from the row.
    """
    mail = EmailMessage(policy=_POLICY)
    name, subject = _in_one_line(sender_name), _in_one_line(message.subject)
    if name.isascii() and len(name) <= _LONGEST_QUOTED_NAME:
        mail["From"] = _address(sender, name=name)
    else:
        mail.set_raw("From", f"{_encoded(name, header='From')}\n <{sender}>")
    mail["To"] = _address(message.recipient, name="")
    charset = "us-ascii" if subject.isascii() else "utf-8"
    mail.set_raw("Subject", _encoded(subject, header="Subject", charset=charset))
    mail["Date"] = message.send_at
    mail["Message-ID"] = f"<{message.id}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # no vacation replies (RFC 3834)
    # ASCII and short lines, which every server accepts.
    mail.set_content(content.text, cte="quoted-printable")
    mail.add_alternative(content.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = "en"
    return mail


def _address(mailbox: str, *, name: str) -> Address:
    local_part, _, domain = mailbox.partition("@")
    return Address(name, local_part, domain)


def _encoded(text: str, *, header: str, charset: str = "utf-8") -> str:
    """Return the text folded, and in encoded words (RFC 2047) unless the charset is ASCII.

    This is Python's older interface: the newer one loses and adds spaces where it folds.
    """
    return Header(text, charset, header_name=header).encode()


def _in_one_line(text: str) -> str:
    """Return the text without line ends and without encoded words.

    Python's parser would decode words such as `=?utf-8?q?…?=` (RFC 2047) to anything.
    """
    characters = (" " if unicodedata.category(each) in _BREAKING else each for each in text)
    return " ".join("".join(characters).replace("=?", "= ?").split())
