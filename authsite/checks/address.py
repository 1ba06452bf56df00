"""Whether the site's address is one for people, and its cookies are safe there."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup
from authsite.http.cookies import Cookie

#: Names that no stranger can ask for (RFC 6761), and names of a network's own.
_NOBODYS = ("localhost", "test", "invalid", "example")
_PRIVATE = ("local", "internal", "lan", "home.arpa")
_SET_URL = "set authsite.site.url to the address that people type"


def site_url(setup: Setup) -> Iterator[Finding]:
    """It is on https, under a name that people can find."""
    url = setup.settings.site.url
    host = urlsplit(url).hostname or ""
    if setup.settings.dev:
        yield fine(f"{url} is for development")
        return
    if not setup.settings.https:
        yield wrong(
            f"{url} is not on https: passwords and cookies travel in the clear",
            "let a proxy end TLS, and begin authsite.site.url with https://",
        )
    if _is_address(host) or _ends_with(host, _NOBODYS):
        yield wrong(f"{host} is no name under which people can find the site", _SET_URL)
    elif _ends_with(host, _PRIVATE) or "." not in host:
        yield doubtful(f"{host} is known to your own network only", f"if others come, {_SET_URL}")
    elif setup.settings.https:
        yield fine(f"{url} is on https, under a name")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ends_with(host: str, names: tuple[str, ...]) -> bool:
    return any(f".{host}".endswith(f".{name}") for name in names)


def cookies(setup: Setup) -> Iterator[Finding]:
    """They are `__Host-`, `Secure`, `HttpOnly` and `SameSite`, as the site sets them."""
    found = setup.services.cookies
    lacking = {cookie.name: _lacking(cookie, https=not setup.settings.dev) for cookie in found}
    for name, what in lacking.items():
        if what:
            yield wrong(
                f"the cookie {name} is set without {', '.join(what)}",
                "begin authsite.site.url with https://",
            )
    if not any(lacking.values()):
        yield fine(f"{', '.join(lacking)} are set as they should be")


def _lacking(cookie: Cookie, *, https: bool) -> list[str]:
    """Return what the header lacks that sets the cookie (RFC 6265bis, ASVS 3.3)."""
    pair, *attributes = cookie.set("x")[1].split("; ")
    wanted = ["Path=/", "HttpOnly", "SameSite=Lax", *(["Secure", "__Host-"] if https else [])]
    has = {each.lower() for each in attributes}
    has |= {"__host-"} if pair.startswith("__Host-") else set()
    return [each for each in wanted if each.lower() not in has]
