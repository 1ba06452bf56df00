"""Parsers of settings; their `ValueError` says what the value must be."""

import re
import ssl
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from authsite.durations import parse_duration
from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.http.cookies import COOKIE_NAMES
from authsite.http.redirects import safe_path
from authsite.passwords.breached import BreachedPasswords, breached_passwords_at
from authsite.passwords.peppers import Pepper
from authsite.passwords.policy import MIN_BLOCKED_WORD
from authsite.throttling.limits import RateLimit

_ORIGIN = re.compile(r"(https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?)/?")
# Only the characters of RFC 3986: a line break would add a line to security.txt.
_HTTPS_URL = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][!-~]*)?")
_MAILTO_URL = re.compile(r"mailto:[!-?A-~]+@[a-z0-9.-]+")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
# The token of RFC 6265 4.1.1, except that `$` began attributes in RFC 2965.
_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#%&'*+.^_`|~-]{1,64}")
_COOKIE_ATTRIBUTES = frozenset(
    {"comment", "domain", "expires", "httponly", "max-age", "path", "samesite", "secure"}
)
_PEPPER = re.compile(r"([a-z0-9]{1,16}):(\S{32,})")
_MINIMUM_SECRET_LENGTH = 32
_MAX_PORT = 65_535


def text(value: str) -> str:
    """Return the text without surrounding space; refuse an empty one."""
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def words(value: str) -> tuple[str, ...]:
    """Return the words between commas, in NFC; a shorter one would occur in passwords by chance."""
    composed = unicodedata.normalize("NFC", value)
    found = tuple(word.strip() for word in composed.split(",") if word.strip())
    if any(len(word) < MIN_BLOCKED_WORD for word in found):
        raise ValueError(
            f"must be words of at least {MIN_BLOCKED_WORD} characters, separated by commas"
        )
    return found


def breached_passwords(value: str) -> BreachedPasswords:
    """Return the list of breached passwords at this path."""
    found = breached_passwords_at(Path(value.strip()))
    if found is None:
        raise ValueError(
            "must be the path of a readable folder of Have I Been Pwned's files, or of a complete "
            "filter built by `authsite breached build`"
        )
    return found


def yes_or_no(value: str) -> bool:
    try:
        return {"true": True, "yes": True, "false": False, "no": False}[value.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return a parser of whole numbers within these bounds."""

    def read(value: str) -> int:
        digits = value.strip()
        if not re.fullmatch(r"[0-9]{1,9}", digits) or not minimum <= int(digits) <= maximum:
            raise ValueError(f"must be a whole number from {minimum} to {maximum}")
        return int(digits)

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser of one of these words."""

    def read(value: str) -> str:
        if value.strip() not in choices:
            raise ValueError(f"must be {', '.join(choices[:-1])} or {choices[-1]}")
        return value.strip()

    return read


def duration(value: str) -> timedelta:
    """Return how long `90s`, `15m`, `12h`, `30d` or `90`, in seconds, is."""
    try:
        return parse_duration(value.strip())
    except ValueError:
        raise ValueError(
            "must be a duration like 90s, 15m, 12h or 30d, or a number of seconds"
        ) from None


def duration_or_never(value: str) -> timedelta | None:
    """Return a duration, or None for `never`."""
    return None if value.strip() == "never" else duration(value)


def rate_limits(value: str) -> tuple[RateLimit, ...]:
    """Return the rate limits, which all apply: `10/5m` or `5/5m, 20/1h`; none for `off`."""
    if value.strip() == "off":
        return ()
    try:
        limits = (RateLimit.parse(each.strip()) for each in value.split(","))
        return tuple(dict.fromkeys(limits))  # a duplicate would count twice
    except ValueError:
        raise ValueError(
            "must be limits like 30/5m (at most 30 in 5 minutes) or 10/5m..1h (then one at a time, "
            "with delays that double up to an hour), separated by commas, or off"
        ) from None


def origin(value: str) -> str:
    """Return an http or https URL of scheme and host, without a path."""
    match = _ORIGIN.fullmatch(value.strip())
    if match is None:
        raise ValueError("must be a URL like https://accounts.example.com, without a path")
    return match[1]


def cookie_name(value: str) -> str:
    """Return the name of the session cookie, without a prefix of RFC 6265bis."""
    name = value.strip()
    if not _COOKIE_NAME.fullmatch(name) or name.lower() in _COOKIE_ATTRIBUTES:
        raise ValueError("must be a cookie name like authsite_session, at most 64 characters")
    if name.lower().startswith(("__host-", "__secure-")):
        raise ValueError("must not have a prefix: on https, __Host- is added")
    if name in COOKIE_NAMES:
        raise ValueError("must not be the name of another cookie of authsite")
    return name


def path(value: str) -> str:
    """Return a path of the site's host, with or without a query."""
    found = safe_path(value.strip())
    if found is None:
        raise ValueError("must be a path like /orders, without a host")
    return found


def landing_page(value: str) -> str:
    """Return the path of a page for signed-in users."""
    found = path(value)
    if found.partition("?")[0] in {"/sign-in", "/sign-up"}:
        raise ValueError("must not be a page that leads signed-in users to it")
    return found


def domains(value: str) -> tuple[str, ...]:
    """Return the domains between commas, in ASCII."""
    try:
        addresses = [
            parse_email_address(f"a@{domain}") for domain in value.replace(",", " ").split()
        ]
    except InvalidEmailAddress:
        raise ValueError(
            "must be domains of email addresses like example.com, separated by commas"
        ) from None
    if not addresses:
        raise ValueError("must name at least one domain")
    return tuple(dict.fromkeys(address.domain for address in addresses))


def https_url(value: str) -> str:
    """Return an https URL, with a path or without."""
    if not _HTTPS_URL.fullmatch(value.strip()):
        raise ValueError("must be a URL like https://example.com/security")
    return value.strip()


def contact(value: str) -> str:
    """Return an https or mailto URL."""
    if not _MAILTO_URL.fullmatch(value.strip()) and not _HTTPS_URL.fullmatch(value.strip()):
        raise ValueError("must be mailto:security@example.com or https://example.com/security")
    return value.strip()


def mail_host(value: str) -> str:
    """Return a host name or IP address, without a port."""
    if not _HOST.fullmatch(value.strip()):
        raise ValueError("must be a host name like mail.example.com, without a port")
    return value.strip()


class ListenAddress(NamedTuple):
    """An IP address and a port to listen on, or several of which each process takes one."""

    host: str
    port: int
    last_port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        more = f"-{self.last_port}" if self.last_port > self.port else ""
        return f"{host}:{self.port}{more}"

    @property
    def each(self) -> list["ListenAddress"]:
        """An address for each port."""
        ports = range(self.port, self.last_port + 1)
        return [ListenAddress(self.host, port, port) for port in ports]


def listen_address(value: str) -> ListenAddress:
    host, _, ports = value.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    in_brackets = host == f"[{bare}]"
    match = _PORTS.fullmatch(ports)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (
        _HOST.fullmatch(bare)
        and (in_brackets if ":" in bare else host == bare)
        and 0 < first <= last <= _MAX_PORT
    ):
        raise ValueError(
            "must be an IP address and a port like 127.0.0.1:9101 or [::1]:9101, or several ports "
            "like 127.0.0.1:9101-9104"
        )
    return ListenAddress(bare, first, last)


def mailbox(value: str) -> str:
    """Return an email address in ASCII."""
    try:
        return parse_email_address(value).mailbox
    except InvalidEmailAddress:
        raise ValueError("must be an email address like accounts@example.com") from None


def certificates(value: str) -> str:
    """Return the path of a readable PEM file."""
    path = Path(value.strip())
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise ValueError("must be a readable PEM file of certificates") from None
    return str(path)


def secret(value: str) -> bytes:
    """Return the bytes of a secret; refuse a short one."""
    if len(value.strip()) < _MINIMUM_SECRET_LENGTH:
        raise ValueError(f"must have at least {_MINIMUM_SECRET_LENGTH} random characters")
    return value.strip().encode("utf-8")


def previous_secrets(value: str) -> tuple[bytes, ...]:
    """Return the secrets, one per line: a secret may contain any other character."""
    try:
        return tuple(secret(line) for line in value.splitlines() if line.strip())
    except ValueError:
        raise ValueError(
            f"must be secrets of at least {_MINIMUM_SECRET_LENGTH} characters, one per line"
        ) from None


def peppers(value: str) -> tuple[Pepper, ...]:
    """Return the peppers, written as `id:secret`; the first is for new hashes."""
    matches = [_PEPPER.fullmatch(each) for each in value.replace(",", " ").split()]
    found = tuple(Pepper(match[1], match[2].encode("utf-8")) for match in matches if match)
    if not found or len({pepper.id for pepper in found}) < len(matches):
        raise ValueError(
            "must be id:secret, or several of them separated by commas: a unique id of at most 16 "
            f"letters a-z and digits, and a secret of at least {_MINIMUM_SECRET_LENGTH} random "
            "characters without spaces"
        )
    return found
