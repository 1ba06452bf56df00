"""Parsers of sources for the content security policy of pages."""

import re
from collections.abc import Callable

#: An https origin, which a path may narrow (CSP Level 3, 2.3.1). No wildcard, and neither of the
#: characters that end a directive or a header.
_HTTPS = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:/[\w.~!$&()*+=:@%/-]*)?", re.ASCII
)
_HASH = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'")


def content_sources(*schemes: str) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of sources between spaces or commas; it also accepts these schemes."""

    def read(value: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(value.replace(",", " ").split()))
        for source in found:
            if source == "*" or source.lower().startswith("'unsafe"):
                raise ValueError(f"must not contain {source}, which lets injected content work")
            if not (
                source in ("'self'", *schemes)
                or _HTTPS.fullmatch(source)
                or _HASH.fullmatch(source)
            ):
                others = "".join(f", {scheme}" for scheme in schemes)
                raise ValueError(
                    "must be 'self', origins like https://cdn.example.com, or hashes like "
                    f"'sha256-…'{others}, separated by spaces, not {source}"
                )
        return found

    return read
