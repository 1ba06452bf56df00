"""How a command says that it could not do what it was asked for."""


class NotDone(Exception):
    """Nothing was done; the message is one sentence for the operator, without a full stop."""
