"""The style sheet and the icon, at URLs that change with their content."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from pyramid.path import AssetResolver

#: The first segment of their URLs.
PREFIX = "authsite-static"
#: A year, the usual maximum of caches.
LIFETIME = timedelta(days=365)


class Frame(NamedTuple):
    """What every page contains, in the order in which the layout unpacks it.

    The URLs of the files carry a digest of their content in the query.
    """

    root: str
    stylesheet: str
    icon: str
    site_name: str
    landing_page: str
    is_sign_up_open: bool


def build_frame(
    site_name: str,
    *,
    root: str = "",
    landing_page: str | None = None,
    is_sign_up_open: bool = True,
) -> Frame:
    """Return the frame of the pages below `root`."""
    return Frame(
        root=root,
        stylesheet=f"{root}/{_versioned('site.css')}",
        icon=f"{root}/{_versioned('favicon.svg')}",
        site_name=site_name,
        landing_page=landing_page or f"{root}/dashboard",
        is_sign_up_open=is_sign_up_open,
    )


def _versioned(name: str) -> str:
    with AssetResolver("authsite").resolve(f"static/{name}").stream() as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return f"{PREFIX}/{name}?v={digest[:12]}"
