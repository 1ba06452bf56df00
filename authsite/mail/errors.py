"""Why a message was not delivered, as far as that decides over what happens next."""


class Undelivered(Exception):
    """A message was not taken: why, in words to keep with it, and in `brief` for the log."""

    def __init__(self, why: str, *, brief: str | None = None) -> None:
        super().__init__(why)
        self.brief = brief or why


class Refused(Undelivered):
    """The server may take this message later, and others now."""


class RefusedForGood(Undelivered):
    """The server will never take this message."""


class ServerAway(Undelivered):
    """There is no conversation with the server: no message would be taken now."""


class WrongSetup(ServerAway):
    """There will be no conversation before an operator has changed something."""
