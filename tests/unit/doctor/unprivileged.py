"""Running as a user without rights."""

import contextlib
import os
from collections.abc import Iterator

#: The user without rights of most systems.
_UNPRIVILEGED = 65534


@contextlib.contextmanager
def as_unprivileged() -> Iterator[None]:
    """Drop the rights of root for the block."""
    user, group, groups = os.geteuid(), os.getegid(), os.getgroups()
    if user == 0:
        os.setgroups([])
        os.setegid(_UNPRIVILEGED)
        os.seteuid(_UNPRIVILEGED)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
            os.setegid(group)
            os.setgroups(groups)
