"""Where to go next, if it is ours."""

import re
from collections.abc import Iterable

from pyramid.response import Response

#: Long enough for any page of ours with its query; the rest is an attempt at something.
MAXIMUM_LENGTH = 2000

# One slash, then printable ASCII without a backslash (which browsers read as a slash) and without
# anything that would have to be quoted in a header. No "//" and no "/." in the path: what a
# browser or a library makes of those is a matter of taste.
_PATH = re.compile(r"/(?!/)[!-~]*", re.ASCII)
_UNWANTED_IN_PATH = re.compile(r"//|/\.|\\")


def redirect(path: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a redirect that is followed by GET (303); to be returned, since a raise undoes."""
    return _redirect(303, path, headers)


def redirect_repeat_post(path: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a redirect by which the browser sends the form that it has just sent to `path` (307).

    It does so without a question, so that `path` has to be one that the form was meant for.
    """
    return _redirect(307, path, headers)


def _redirect(status: int, path: str, headers: Iterable[tuple[str, str]]) -> Response:
    """Return a redirect without a body.

    Pyramid's own has a page for browsers that follow no redirects, which nobody has seen.
    """
    empty = [("Content-Type", "text/plain; charset=UTF-8"), ("Content-Length", "0")]
    return Response(status=status, headerlist=[("Location", path), *headers, *empty])


def safe_path(text: str | None) -> str | None:
    """Return `text` when it is a path (with or without a query) on this site, else None.

    Browsers follow RFC 3986 or the WHATWG's URL standard, and where the two differ somebody has
    found a way out of a site, so that only what both read alike is taken (ASVS 1.2.2, 3.7.2).
    """
    if not text or len(text) > MAXIMUM_LENGTH or not _PATH.fullmatch(text):
        return None
    path, _, _query = text.partition("?")
    return None if _UNWANTED_IN_PATH.search(path) or "\\" in text or "#" in text else text
