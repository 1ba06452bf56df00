"""Which URLs are authsite's: known by the path alone, before a request is routed."""

import re
from collections.abc import Container
from typing import Any

#: The prefix is part of paths that authsite writes without quoting.
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class OwnUrls:
    """The URLs of authsite in an application.

    All of them below `prefix` (`/accounts`, or "" for the root) if `names` is None; otherwise those
    whose first segment below it is one of `names`. And those of `well_known`, at the root.
    """

    def __init__(
        self, prefix: str, names: Container[str] | None, *, well_known: Container[str] = ()
    ) -> None:
        self.prefix = prefix
        self._below = f"{prefix}/"
        self._names = names
        self._well_known = well_known
        #: Whether every URL of the application is authsite's.
        self.are_all = not prefix and names is None

    def include(self, environ: dict[str, Any]) -> bool:
        """Whether the request is for one of them."""
        if self.are_all:
            return True
        path: str = environ.get("PATH_INFO", "")
        if path in self._well_known:
            return True
        if not path.startswith(self._below):
            return False
        first, _, _ = path.removeprefix(self._below).partition("/")
        return self._names is None or first in self._names


def prefix_of(route_prefix: str | None) -> str:
    """Return the path of a `route_prefix`; raises `ValueError` if it is not plain text."""
    prefix = "/".join(["", *filter(None, (route_prefix or "").split("/"))])
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"a route_prefix of letters, digits and ._~- is needed, not {prefix}")
    return prefix
