"""Whether PostgreSQL is set up as the site needs it; SQLite has nothing of the kind."""

import ipaddress
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.servers import server_names
from authsite.checks.setup import Setup
from authsite.models import Base

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
#: Who proves by a certificate that they are the server.
_VERIFIED = {"verify-ca", "verify-full"}
_RESERVED = "SHOW superuser_reserved_connections"


def text_and_isolation(setup: Setup) -> Iterator[Finding]:
    """It keeps every letter of every language, and isolates as the site's statements expect."""
    if setup.database_file is not None:
        return
    with setup.looking.connect() as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        isolation = connection.exec_driver_sql("SHOW default_transaction_isolation").scalar_one()
    if encoding != "UTF8":
        yield wrong(
            f"the database keeps text in {encoding}: some names cannot be written",
            "dump it, make it anew with ENCODING 'UTF8', and restore it",
        )
    if isolation != "read committed":
        yield doubtful(
            f"transactions are {isolation} by default: forms are tried again and again under load",
            "ALTER ROLE … SET default_transaction_isolation = 'read committed'",
        )
    if (encoding, isolation) == ("UTF8", "read committed"):
        yield fine("it keeps UTF8, and transactions are read committed")


def rights(setup: Setup) -> Iterator[Finding]:
    """The site's role may read and write every row, and not more."""
    if setup.database_file is not None:
        return
    with setup.looking.connect() as connection:
        mighty = connection.exec_driver_sql("SHOW is_superuser").scalar_one() == "on"
        lacking = _lacking_rights(connection)
    if lacking:
        yield wrong(
            f"the site may not {'; '.join(lacking)}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO the role",
        )
    elif mighty:
        yield doubtful("the site's role is a superuser", "CREATE ROLE one of its own for the site")
    else:
        yield fine("the site's role may read and write rows")


def _lacking_rights(connection: Connection) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote
    asked = [(table, right) for table in sorted(Base.metadata.tables) for right in _RIGHTS]
    columns = [sa.func.has_table_privilege(quote(table), right) for table, right in asked]
    answers = connection.execute(sa.select(*columns)).one()
    return [
        f"{right} {table}" for (table, right), has in zip(asked, answers, strict=True) if not has
    ]


def connections(setup: Setup) -> Iterator[Finding]:
    """It lets in as many connections as the servers of this machine may want."""
    if setup.database_file is not None:
        return
    with setup.looking.connect() as connection:
        most = int(connection.exec_driver_sql("SHOW max_connections").scalar_one())
        most -= int(connection.exec_driver_sql(_RESERVED).scalar_one())
    processes = max(1, len(server_names(setup)))
    wanted = 2 * processes * setup.settings.database.pool_size
    who = "1 process" if processes == 1 else f"{processes} processes"
    seen = f"{who} here may want {wanted} connections, and there are {most} for all"
    if wanted > most:
        yield doubtful(seen, "raise max_connections, or lower authsite.database.pool_size")
    else:
        yield fine(seen)


def database_tls(setup: Setup) -> Iterator[Finding]:
    """To another machine the connection is encrypted, and it has to show who it is."""
    if setup.database_file is not None:
        return
    with setup.looking.connect() as connection:
        # What the driver has done, by the URL or by PGHOST; the server may see a pooler only.
        driver: Any = connection.connection.driver_connection
        host, encrypted = driver.info.host, driver.pgconn.ssl_in_use
        how = driver.info.get_parameters().get("sslmode")
    if _is_here(host):
        yield fine("it is on this machine")
        return
    mend = "add ?sslmode=verify-full&sslrootcert=… to the URL (docs/production.md)"
    if not encrypted:
        yield wrong(f"what is sent to {host} and back can be read on its way", mend)
    elif how not in _VERIFIED:
        yield doubtful(f"the connection to {host} is encrypted, whoever that is", mend)
    else:
        yield fine(f"the connection to {host} is encrypted, and it has shown who it is")


def _is_here(host: str) -> bool:
    """Whether it is a Unix socket or loopback."""
    if host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
