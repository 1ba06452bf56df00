"""A setting as a field of a dataclass."""

from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any


def setting(
    read: Callable[[str], Any], meaning: str, default: Any = MISSING, *, shown: bool = True
) -> Any:
    """Return the field of a setting: its parser, meaning and default; without one it is required.

    One that is not `shown` is a secret: `repr` omits it, and it can be read from a file.
    """
    return field(default=default, metadata={"read": read, "meaning": meaning}, repr=shown)
