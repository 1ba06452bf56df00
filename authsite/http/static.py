"""The style sheet and the icon, under addresses that change with what is in them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from pyramid.path import AssetResolver

PREFIX = "authsite-static"
#: A year, which is as much as RFC 9111 caches take for granted.
LIFETIME = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Assets:
    """Paths below the application's own, with a digest of the content in the query."""

    stylesheet: str
    icon: str


def find_assets() -> Assets:
    """Read the files once and name them by what is in them."""
    return Assets(stylesheet=_versioned("site.css"), icon=_versioned("favicon.svg"))


def _versioned(name: str) -> str:
    with AssetResolver("authsite").resolve(f"static/{name}").stream() as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return f"/{PREFIX}/{name}?v={digest[:12]}"
