"""Replies of a mail server: what may be stored and logged of them, and which error they mean."""

import re
from typing import NamedTuple

from authsite.mail.errors import (
    DeliveryError,
    Misconfigured,
    PermanentRefusal,
    ServerUnavailable,
    TemporaryRefusal,
)

_ENHANCED_CODE = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
#: Spam filters quote what they reject: text that may be a link or a token is redacted.
_SECRET = re.compile(r"\S*(?:/|[\w-]{20})\S*")
#: Characters that could control an operator's terminal.
_UNPRINTABLE = re.compile(r"[^ -~]+")
#: The server ends the connection (RFC 5321, 3.8), or rejects a line or a command. None of these is
#: about the message.
_CLOSING_OR_CONFUSED = frozenset({421, 500, 502, 503})
#: RFC 4954; nothing is wrong with the message.
_AUTHENTICATION_REQUIRED = 530
_PERMANENT = 500


class Reply(NamedTuple):
    """A code of three digits and a text for people (RFC 5321, 4.2)."""

    code: int
    text: bytes | str

    @property
    def is_permanent(self) -> bool:
        """Whether another attempt would get the same reply."""
        return self.code >= _PERMANENT

    @property
    def codes(self) -> str:
        """The code and that of RFC 3463, for a log that must not hold an email address."""
        enhanced = _ENHANCED_CODE.match(self._line)
        return f"{self.code} {enhanced[0]}" if enhanced else str(self.code)

    def __str__(self) -> str:
        return f"{self.code} {_SECRET.sub('[...]', self._line)}".strip()

    @property
    def _line(self) -> str:
        text = self.text if isinstance(self.text, str) else self.text.decode("ascii", "replace")
        return " ".join(_UNPRINTABLE.sub(" ", text).split())


def refusal(reply: Reply) -> DeliveryError:
    """Return the error that a reply to a message means."""
    reason, log_text = f"refused: {reply}", f"refused: {reply.codes}"
    if reply.code == _AUTHENTICATION_REQUIRED:
        return Misconfigured(
            "the server requires authentication: set authsite.mail.username and "
            f"authsite.mail.password ({reply.codes})"
        )
    if reply.code in _CLOSING_OR_CONFUSED:
        return ServerUnavailable(
            f"the server breaks off: {reply}", log_text=f"the server answers {reply.codes}"
        )
    if reply.is_permanent:
        return PermanentRefusal(reason, log_text=log_text)
    return TemporaryRefusal(reason, log_text=log_text)


def refusal_of_sender(reply: Reply) -> DeliveryError:
    """Return the error that a reply to the sender means, which is the same for all messages."""
    if reply.is_permanent and reply.code != _AUTHENTICATION_REQUIRED:
        return Misconfigured(
            "the server refuses authsite.mail.sender, or does not accept it from "
            f"authsite.mail.username: {reply}",
            log_text=f"the server refuses authsite.mail.sender ({reply.codes})",
        )
    return refusal(reply)
