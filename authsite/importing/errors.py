"""How a source says that it is none."""


class UnusableSource(Exception):
    """Nobody, or nobody more, can be read; the message is a sentence without a full stop."""
