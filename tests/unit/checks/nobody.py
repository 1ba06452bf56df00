"""Looking as somebody who may not do everything."""

import contextlib
import os
from collections.abc import Iterator

#: Whom most systems have for what belongs to nobody.
_NOBODY = 65534


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Be no longer root, for a block; who is not root stays who they are."""
    user, group, groups = os.geteuid(), os.getegid(), os.getgroups()
    if user == 0:
        os.setgroups([])
        os.setegid(_NOBODY)
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
            os.setegid(group)
            os.setgroups(groups)
