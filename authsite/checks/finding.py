"""What a check says: how things stand, what is seen, and how to mend it."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How things stand; only what is `WRONG` makes a site unfit to be met."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """One sentence of what is seen and one of how to mend it, neither with a secret in it."""

    status: Status
    seen: str
    mend: str = ""
    #: The name of the check that found it.
    check: str = ""


def in_one_line(error: BaseException) -> str:
    """Return what an error says: of a database's, what the driver says, without the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def fine(seen: str) -> Finding:
    """Return that nothing has to be done."""
    return Finding(Status.OK, seen)


def doubtful(seen: str, mend: str) -> Finding:
    """Return that somebody should look at it, who may find that it is meant to be so."""
    return Finding(Status.WARNING, seen, mend)


def wrong(seen: str, mend: str) -> Finding:
    """Return that people would be harmed, or turned away."""
    return Finding(Status.WRONG, seen, mend)
