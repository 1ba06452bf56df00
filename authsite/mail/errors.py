"""Errors of delivery; the class decides what happens to the message."""


class DeliveryError(Exception):
    """A message was not delivered.

    The text is stored with the message; `log_text` is for the log, which must not hold an email
    address.
    """

    def __init__(self, reason: str, *, log_text: str | None = None) -> None:
        super().__init__(reason)
        self.log_text = log_text or reason


class TemporaryRefusal(DeliveryError):
    """The server may accept this message later, and others now."""


class PermanentRefusal(DeliveryError):
    """The server will never accept this message."""


class ServerUnavailable(DeliveryError):
    """The server accepts no message at present."""


class Misconfigured(ServerUnavailable):
    """The server accepts no message until an operator changes a setting."""
