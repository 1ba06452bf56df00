"""What a check finds: a status, one sentence on what is wrong, and one on how to fix it."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How serious a finding is; only `FAIL` makes a site unfit for users."""

    OK = "ok"
    WARN = "warning"
    FAIL = "failed"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """One result of a check; neither sentence contains a secret."""

    status: Status
    message: str
    #: How to fix it; if empty, `examine` fills in the fix of the check.
    fix: str = ""
    #: The name of the check, filled in by `examine`.
    check: str = ""


def ok(message: str) -> Finding:
    """Return that nothing has to be done."""
    return Finding(Status.OK, message)


def warn(message: str, fix: str = "") -> Finding:
    """Return what an operator should look at, and may find intended."""
    return Finding(Status.WARN, message, fix)


def fail(message: str, fix: str = "") -> Finding:
    """Return what harms users or locks them out."""
    return Finding(Status.FAIL, message, fix)


def in_one_line(error: BaseException) -> str:
    """Return the text of an error; of SQLAlchemy's, the driver's text without the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split())
