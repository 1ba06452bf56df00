"""The URL of the database, in the forms in which hosting providers and PostgreSQL write it.

No message repeats a part of the URL: it contains a password.
"""

import difflib
import re
from urllib.parse import unquote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from authsite.db.postgresql import known_parameters, libpq_parameters

#: The drivers of other languages and libraries; authsite has one of its own.
_SCHEME = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
#: Several hosts before the path, as libpq writes them: SQLAlchemy has them in the query.
_HOSTS = re.compile(
    r"(?P<before>[^/]+://(?:[^@]*@)?)(?P<hosts>[^/?@]*,[^/?@]*)(?P<after>(?:[/?].*)?)"
)
_HOST = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
#: What libpq takes for parameters that operators mistype.
_VALUES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": (
        "any",
        "read-write",
        "read-only",
        "primary",
        "standby",
        "prefer-standby",
    ),
}
#: Where the URL has a place for them, which is kept secret.
_ELSEWHERE = {"user", "password", "dbname"}
_REFUSED = (
    "must be a URL of SQLite or PostgreSQL, like sqlite:////srv/site.sqlite or "
    "postgresql://user@host/database; in a password, write @ as %40 and / as %2F"
)
_PARAMETERS = "must have only parameters of libpq after the question mark"


def database_url(value: str) -> URL:
    """Return the URL of an SQLite file, or of a PostgreSQL database as `postgresql://`."""
    try:
        url = parse_database_url(value)
    except (ArgumentError, ValueError):  # their messages may contain a password
        raise ValueError(_REFUSED) from None
    backend = url.get_backend_name()
    in_memory = not url.database or ":memory:" in url.database or "mode" in url.query
    if backend == "sqlite" and in_memory:
        raise ValueError("must name a file: an SQLite database in memory is lost at every restart")
    if backend not in {"sqlite", "postgresql"} or "@" in (url.host or ""):
        raise ValueError(_REFUSED)
    if backend == "postgresql":
        _check_parameters(url)
    return url


def replica_url(value: str) -> URL:
    """Return the URL of a read replica."""
    url = database_url(value)
    if url.get_backend_name() != "postgresql":
        raise ValueError("must be a URL of PostgreSQL: SQLite has no replicas")
    return url


def parse_database_url(value: str) -> URL:
    """Return the URL as SQLAlchemy writes it; raises `ValueError` or `ArgumentError`."""
    text = _SCHEME.sub("postgresql://", value.strip(), count=1)
    several = _HOSTS.fullmatch(text)
    if several is None or not text.startswith("postgresql:"):
        url = make_url(text)
        if "%" not in (url.host or ""):
            return url
        return url.set(host="").update_query_dict({"host": unquote(str(url.host))})
    matches = [_HOST.fullmatch(host) for host in several["hosts"].split(",")]
    found = [match for match in matches if match is not None]
    if len(found) < len(matches):
        raise ValueError("malformed hosts")
    url = make_url(f"{several['before']}{several['after']}")
    url = url.update_query_dict({"host": ",".join(match["host"].strip("[]") for match in found)})
    ports = [match["port"] or "" for match in found]
    return url.update_query_dict({"port": ",".join(ports)}) if any(ports) else url


def _check_parameters(url: URL) -> None:
    """Refuse what the driver would refuse at the first connection."""
    try:
        libpq_parameters(url)
    except (ArgumentError, ValueError):
        raise ValueError("must have as many ports as hosts, each a number") from None
    if any(not isinstance(url.query[name], str) for name in set(url.query) - {"host", "port"}):
        raise ValueError("must have each parameter once")
    for name, values in _VALUES.items():
        if url.query.get(name, values[0]) not in values:
            raise ValueError(f"must have one of these as {name}: {', '.join(values)}")
    if _ELSEWHERE & set(url.query):
        raise ValueError("must have user, password and database before the question mark")
    try:
        known = known_parameters()
    except ImportError:
        return  # without the driver the site does not start, which `authsite doctor` explains
    for number, name in enumerate(url.query, start=1):
        if name not in known:
            similar = "".join(difflib.get_close_matches(name, sorted(known), n=1))
            hint = f"did you mean {similar}?" if similar else "remove it, or see docs/postgresql.md"
            raise ValueError(f"{_PARAMETERS}; number {number} is unknown: {hint}")
