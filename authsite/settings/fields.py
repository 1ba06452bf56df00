"""A setting as a field of a dataclass: how its text is read, and what it means."""

from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any


def setting(
    read: Callable[[str], Any], meaning: str, default: Any = MISSING, *, shown: bool = True
) -> Any:
    """Describe one setting; without a default it must be given.

    One that is not `shown` is a secret: `repr` leaves it out, and it may come from a file.
    """
    return field(default=default, metadata={"read": read, "meaning": meaning}, repr=shown)
