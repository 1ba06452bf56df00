"""Redirects, and which paths are safe to redirect to."""

import re
from collections.abc import Iterable

from pyramid.response import Response

#: Characters; long enough for any page with its query.
MAXIMUM_LENGTH = 2000

# One slash, then printable ASCII, which needs no quoting in a header. No backslash, which browsers
# read as a slash. No "//" and no "/." in the path, which browsers and libraries read differently.
_PATH = re.compile(r"/(?!/)[!-~]*", re.ASCII)
_UNWANTED_IN_PATH = re.compile(r"//|/\.|\\")


def redirect(path: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a redirect that is followed by GET (303). To raise it would abort the transaction."""
    return _redirect(303, path, headers)


def redirect_repeat_post(path: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a redirect to which the browser sends the form again (307).

    It does so without confirmation, so that `path` must be one that the form was meant for.
    """
    return _redirect(307, path, headers)


def _redirect(status: int, path: str, headers: Iterable[tuple[str, str]]) -> Response:
    # Without the body of Pyramid's own, for browsers that follow no redirects.
    empty = [("Content-Type", "text/plain; charset=UTF-8"), ("Content-Length", "0")]
    return Response(status=status, headerlist=[("Location", path), *headers, *empty])


def safe_path(text: str | None) -> str | None:
    """Return `text` if it is a path on this site, with or without a query; otherwise None.

    Attackers use the differences between RFC 3986 and the WHATWG URL standard for redirects to
    other sites, so that only what both read alike is accepted (ASVS 1.2.2, 3.7.2).
    """
    if not text or len(text) > MAXIMUM_LENGTH or not _PATH.fullmatch(text):
        return None
    path, _, _query = text.partition("?")
    return None if _UNWANTED_IN_PATH.search(path) or "\\" in text or "#" in text else text
