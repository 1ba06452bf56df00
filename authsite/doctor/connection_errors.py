"""Why a connection to PostgreSQL fails, and how to fix each cause.

libpq reports the reasons of a server as text only. Servers that answer in another language than
English get the last fix.
"""

import re
from typing import NamedTuple

from sqlalchemy.engine import URL


class _Cause(NamedTuple):
    """What an error says, and the fix; `{…}` stands for a part of the URL."""

    pattern: str
    fix: str


_CAUSES = (
    _Cause(
        "unsupported startup parameter",
        "A pooler answers there: set authsite.database.pooler = transaction.",
    ),
    _Cause(
        "server_login_retry|pgbouncer cannot connect",
        "The pooler answers, but not the server behind it: check the pooler's own log.",
    ),
    _Cause(
        "no such (?:database|user)",
        "Add {database} to [databases] in pgbouncer.ini, and {role} to its auth_file.",
    ),
    _Cause(
        'database "[^"]*" does not exist',
        "Run `createdb -O {role} {database}` on its server and `authsite migrate` here, or correct "
        "the name in the URL.",
    ),
    _Cause(
        'role "[^"]*" does not exist',
        "Run `createuser {role}` on its server, or correct the user name in the URL.",
    ),
    _Cause(
        r'(?:password|SASL|PAM|LDAP|"\w+") authentication failed|no password supplied',
        "Correct the password in the URL, or set that of the role: `\\password {role}` in psql.",
    ),
    _Cause(
        "(?:Peer|Ident) authentication failed",
        "Run this as the user {role} of this machine, or map the user in pg_ident.conf.",
    ),
    _Cause(
        r"pg_hba\.conf",
        "Add a line for this host, role {role} and database {database} to pg_hba.conf on the "
        "server and reload it. If its line is hostssl, add ?sslmode=verify-full to the URL.",
    ),
    _Cause("is not permitted to", "Run ALTER ROLE {role} LOGIN."),
    _Cause("permission denied for database", "Run GRANT CONNECT ON DATABASE {database} TO {role}."),
    _Cause(
        "too many (?:connections|clients)|remaining connection slots|no more connections",
        "End other connections, or raise the limit: max_connections of the server, or CONNECTION "
        "LIMIT of the role or the database.",
    ),
    _Cause(
        "does not support SSL",
        "Switch on ssl in postgresql.conf of the server, or remove sslmode from the URL if the "
        "network is safe.",
    ),
    _Cause(
        "certificate|SSL error",
        "Set sslrootcert in the URL to the certificate of the server's authority, and host to the "
        "name in the server's certificate.",
    ),
    _Cause(
        "session is read-only|server is in hot standby mode",
        "No host accepts writes: promote one, or add the primary to the hosts in the URL.",
    ),
    _Cause(
        "session is not read-only|server is not in hot standby mode",
        "Set target_session_attrs=read-write in the URL, for a host that accepts writes.",
    ),
    _Cause("is starting up|is shutting down|in recovery", "Wait, then check the server's log."),
    _Cause(
        "unrecognized configuration parameter|invalid value for parameter",
        "Correct `options` in the URL.",
    ),
    _Cause(
        "failed to resolve host|could not translate host name",
        "Correct the host in the URL, or check the name server.",
    ),
    _Cause(
        r"No such file or directory\s+Is the server running",
        "Start PostgreSQL, or correct host in the URL: the folder of its socket, such as "
        "/run/postgresql.",
    ),
    _Cause(
        "Connection refused",
        "Start PostgreSQL, correct host and port in the URL, or let listen_addresses in "
        "postgresql.conf include that address.",
    ),
    _Cause(
        "time(?:out expired|d out)|No route to host|unreachable",
        "Check the firewalls between the machines, and IPAddressAllow in the units.",
    ),
)
_UNKNOWN = "Check {host}, and that the user of the site has access (pg_hba.conf, firewall)."


def fix_for(error: str, url: URL) -> str:
    """Return how to fix the cause of an error of libpq."""
    fixes = (cause.fix for cause in _CAUSES if re.search(cause.pattern, error))
    return next(fixes, _UNKNOWN).format(
        host=_hosts(url) or "its socket",
        role=url.username or "of the site",
        database=url.database or "of the site",
    )


def _hosts(url: URL) -> str:
    """Return the hosts, each with its port if it is named; those of the query come first."""
    named = url.query.get("host", url.host or "")
    return named if isinstance(named, str) else ", ".join(named)
