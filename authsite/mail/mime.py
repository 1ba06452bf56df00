"""A message as it goes over the wire: MIME, with headers that no text can break."""

import unicodedata
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from authsite.mail.outbox import LeasedMessage

#: What is encoded here is left as it is.
_POLICY = SMTP.clone(refold_source="none")
#: What is longer would be folded inside of its quotes, which breaks them.
_LONGEST_QUOTED_NAME = 50
#: Kinds of characters that would end a line, or that no mail can hold.
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})


def as_email(message: LeasedMessage, *, sender: str, sender_name: str) -> EmailMessage:
    """Return the message with its two forms, text and HTML (RFC 2046, 5.1.4).

    Every try sends the same: the date is that at which it was due, and the id, by which a program
    can tell that it has this mail already, comes from the row.
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
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's holidays answer (RFC 3834)
    # In ASCII and in short lines, which every server takes.
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = "en"
    return mail


def _address(mailbox: str, *, name: str) -> Address:
    local_part, _, domain = mailbox.partition("@")
    return Address(name, local_part, domain)


def _encoded(text: str, *, header: str, charset: str = "utf-8") -> str:
    """Return the text folded, and in encoded words (RFC 2047) unless the charset is ASCII.

    The older of Python's two ways to do it: the newer one loses and makes spaces where it folds.
    """
    return Header(text, charset, header_name=header).encode()


def _in_one_line(text: str) -> str:
    """Return what can stand in a header: no line ends, and nothing that reads as encoded.

    Python's own parser decodes words such as `=?utf-8?q?…?=` in what it is given (RFC 2047), and
    what comes out could be anything.
    """
    characters = (" " if unicodedata.category(each) in _BREAKING else each for each in text)
    return " ".join("".join(characters).replace("=?", "= ?").split())
