"""The URL of the site: public, and on https."""

from urllib.parse import urlsplit

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.servers import parse_ip
from authsite.doctor.subject import Subject

#: Names that no visitor can resolve (RFC 6761), and names of a local network.
_RESERVED = ("localhost", "test", "invalid", "example")
_LOCAL = ("local", "internal", "lan", "home.arpa")


def site_url(subject: Subject) -> Finding | list[Finding]:
    """The site is on https, so that its cookies are `Secure`, under a public host name."""
    url, found = subject.settings.site.url, []
    host = urlsplit(url).hostname or ""
    if not subject.settings.https:
        found.append(fail(f"{url} is not on https: passwords and cookies are sent unencrypted."))
    if parse_ip(host) or _is_below(host, _RESERVED):
        found.append(fail(f"{host} is not a host name that users can open."))
    elif _is_below(host, _LOCAL) or "." not in host:
        found.append(warn(f"{host} is known in your own network only."))
    return found or ok(f"{url} is on https, under a host name.")


def _is_below(host: str, names: tuple[str, ...]) -> bool:
    return any(f".{host}".endswith(f".{name}") for name in names)
