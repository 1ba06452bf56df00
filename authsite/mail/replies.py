"""What a mail server answers, as it may be kept and logged, and what follows from it."""

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
#: Filters quote what they dislike, such as a link. Whatever might be one, or a token, goes.
_SECRET = re.compile(r"\S*(?:/|[\w-]{20})\S*")
#: Whatever might be more than text on an operator's terminal.
_UNPRINTABLE = re.compile(r"[^ -~]+")
#: The server ends the connection (RFC 5321, 3.8), or does not know what is said to it: a line too
#: long, a command that it does not have, or not now. None of these is about the message.
_CLOSING_OR_CONFUSED = frozenset({421, 500, 502, 503})
#: Authentication is required (RFC 4954): nothing is wrong with the message.
_SIGN_IN_FIRST = 530
_PERMANENT = 500


class Reply(NamedTuple):
    """A code of three digits, and words that are made for people (RFC 5321, 4.2)."""

    code: int
    text: bytes | str

    @property
    def is_permanent(self) -> bool:
        """Whether the same would be answered at any time."""
        return self.code >= _PERMANENT

    @property
    def codes(self) -> str:
        """The code and the one of RFC 3463, for a log that must not hold an address."""
        enhanced = _ENHANCED_CODE.match(self._words)
        return f"{self.code} {enhanced[0]}" if enhanced else str(self.code)

    def __str__(self) -> str:
        return f"{self.code} {_SECRET.sub('[...]', self._words)}".strip()

    @property
    def _words(self) -> str:
        text = self.text if isinstance(self.text, str) else self.text.decode("ascii", "replace")
        return " ".join(_UNPRINTABLE.sub(" ", text).split())


def refusal(reply: Reply) -> DeliveryError:
    """Return what it means that a message was answered so."""
    why, log_text = f"refused: {reply}", f"refused: {reply.codes}"
    if reply.code == _SIGN_IN_FIRST:
        return Misconfigured(
            "the server requires authentication: set authsite.mail.username and "
            f"authsite.mail.password ({reply.codes})"
        )
    if reply.code in _CLOSING_OR_CONFUSED:
        return ServerUnavailable(
            f"the server breaks off: {reply}", log_text=f"the server answers {reply.codes}"
        )
    if reply.is_permanent:
        return PermanentRefusal(why, log_text=log_text)
    return TemporaryRefusal(why, log_text=log_text)


def refusal_of_sender(reply: Reply) -> DeliveryError:
    """Return what it means that the sender was answered so, who is the same for all messages."""
    if reply.is_permanent and reply.code != _SIGN_IN_FIRST:
        return Misconfigured(
            "the server refuses authsite.mail.sender, or does not accept it from "
            f"authsite.mail.username: {reply}",
            log_text=f"the server refuses authsite.mail.sender ({reply.codes})",
        )
    return refusal(reply)
