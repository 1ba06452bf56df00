"""PostgreSQL: encoding, isolation, rights, connections and encryption."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.db.postgresql import libpq_parameters
from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.servers import parse_ip, server_names
from authsite.doctor.subject import Subject
from authsite.models import Base

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
#: The values of sslmode that check the server's certificate.
_VERIFIED = {"verify-ca", "verify-full"}
#: The limits of the role, which superusers do not have, and of the database.
_CONNECTION_LIMITS = sa.text(
    "SELECT rolconnlimit, 'the role ' || rolname FROM pg_roles "
    "WHERE rolname = session_user AND NOT rolsuper "
    "UNION ALL SELECT datconnlimit, 'the database ' || datname FROM pg_database "
    "WHERE datname = current_database()"
)
_UNLIMITED = -1
#: The values of target_session_attrs that find a host that accepts writes.
_WRITABLE = {"read-write", "primary"}
_ISOLATION = "ALTER ROLE … SET default_transaction_isolation = 'read committed'"


def show(connection: Connection, name: str) -> str:
    """Return the value of a setting in this connection."""
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())


def text(subject: Subject) -> Finding | list[Finding]:
    """The database stores every character, and transactions are read committed."""
    with subject.read_only_engine.connect() as connection:
        encoding = show(connection, "server_encoding")
        isolation = show(connection, "default_transaction_isolation")
    found = []
    if encoding != "UTF8":
        found.append(fail(f"Text is stored in {encoding}, which lacks characters of some names."))
    if isolation != "read committed":
        found.append(warn(f"Transactions are {isolation}: forms are retried often.", _ISOLATION))
    return found or ok("Text is UTF8, and transactions are read committed.")


def rights(subject: Subject) -> Finding:
    """The role of the site can read and write every row, and no more."""
    with subject.read_only_engine.connect() as connection:
        is_superuser = show(connection, "is_superuser") == "on"
        missing = _missing_rights(connection)
    if missing:
        return fail(f"The role of the site lacks rights: {'; '.join(missing)}.")
    if is_superuser:
        return warn("The role of the site is a superuser.")
    return ok("The role of the site can read and write rows.")


def _missing_rights(connection: Connection) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote
    pairs = [(table, right) for table in sorted(Base.metadata.tables) for right in _RIGHTS]
    columns = [sa.func.has_table_privilege(quote(table), right) for table, right in pairs]
    answers = zip(pairs, connection.execute(sa.select(*columns)).one(), strict=True)
    return [f"{right} on {table}" for (table, right), has in answers if not has]


def hosts(subject: Subject) -> Finding:
    """Of several hosts, the site chooses one that accepts writes."""
    parameters = libpq_parameters(subject.database_url)
    if "," not in parameters.get("host", ""):
        return ok("The URL of the database names one host.")
    if parameters.get("target_session_attrs") not in _WRITABLE:
        return warn("The site may connect to a host that accepts no writes.")
    return ok("Of several hosts, the site chooses one that accepts writes.")


def connections(subject: Subject) -> Finding:
    """PostgreSQL accepts as many connections as the servers of this machine may open."""
    with subject.read_only_engine.connect() as connection:
        available = int(show(connection, "max_connections"))
        available -= int(show(connection, "superuser_reserved_connections"))
        limits = [(available, "the server"), *connection.execute(_CONNECTION_LIMITS)]
    available, whose = min((limit, whose) for limit, whose in limits if limit != _UNLIMITED)
    processes = max(1, len(server_names(subject)))
    wanted = 2 * processes * subject.settings.database.pool_size
    if subject.settings.database.is_pooled:
        return ok(f"Processes here: {processes}; the pooler must accept {wanted} connections.")
    message = (
        f"Processes here: {processes}; connections they may open: {wanted} of {available}, "
        f"the limit of {whose}."
    )
    return warn(message) if wanted > available else ok(message)


def tls(subject: Subject) -> Finding:
    """A connection to another machine is encrypted, and the server's certificate is verified."""
    with subject.read_only_engine.connect() as connection:
        # The driver's view, by the URL or by PGHOST; the server may see only a pooler.
        driver: Any = connection.connection.driver_connection
        host, encrypted = driver.info.host, driver.pgconn.ssl_in_use
        mode = driver.info.get_parameters().get("sslmode")
    if _is_local(host):
        return ok("The database is on this machine.")
    if not encrypted:
        return fail(f"The connection to {host} is not encrypted.")
    if mode not in _VERIFIED:
        return warn(f"The connection to {host} is encrypted, but its certificate not verified.")
    return ok(f"The connection to {host} is encrypted, and its certificate verified.")


def _is_local(host: str) -> bool:
    """Whether it is a Unix socket or loopback."""
    ip = parse_ip(host)
    return host.startswith(("/", "@")) or host == "localhost" or bool(ip and ip.is_loopback)
