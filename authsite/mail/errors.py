"""Why a message was not delivered, as far as that decides over what happens next."""


class DeliveryError(Exception):
    """A message was not taken: why, in words to keep with it, and in `brief` for the log."""

    def __init__(self, why: str, *, log_text: str | None = None) -> None:
        super().__init__(why)
        self.log_text = log_text or why


class TemporaryRefusal(DeliveryError):
    """The server may take this message later, and others now."""


class PermanentRefusal(DeliveryError):
    """The server will never take this message."""


class ServerUnavailable(DeliveryError):
    """There is no conversation with the server: no message would be taken now."""


class Misconfigured(ServerUnavailable):
    """There will be no conversation before an operator has changed something."""
