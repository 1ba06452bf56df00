"""Whether the disk of the database has room: a megabyte is written to a temporary file."""

import errno
import tempfile
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_BYTES = 1024 * 1024
_FILE = "SELECT file FROM pragma_database_list WHERE name = 'main'"
#: Errors of a disk without room: full, over its quota, or over the limit of the process.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: SQLSTATEs of the same: disk_full, and configuration_limit_exceeded (`temp_file_limit`).
_FULL_ON_POSTGRESQL = {"53100", "53400"}
#: PostgreSQL keeps the rows of a function in a temporary file when they exceed `work_mem`. Unlike
#: an insert, this needs no free page of a table, leaves nothing, and writes no log.
_SMALL_MEMORY = "SET LOCAL work_mem = '64kB'"
_SPILL = "SELECT count(*) FROM unnest(array_fill(repeat('x', 8192), ARRAY[128]))"


def is_disk_full(connection: Connection) -> bool:
    """Whether a megabyte cannot be written; `connection` is in autocommit."""
    if connection.dialect.name == "sqlite":
        file = connection.exec_driver_sql(_FILE).scalar_one()
        return _is_folder_full(Path(file).resolve().parent)
    connection.exec_driver_sql("BEGIN")
    try:
        connection.exec_driver_sql(_SMALL_MEMORY)
        connection.exec_driver_sql(_SPILL)
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in _FULL_ON_POSTGRESQL:
            return True
        raise
    finally:
        with suppress(sa.exc.PendingRollbackError):  # of a lost connection; its error says why
            connection.exec_driver_sql("ROLLBACK")
    return False


def _is_folder_full(folder: Path) -> bool:
    """Whether a temporary file in this folder cannot grow; other errors are not of the disk."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_BYTES))
    except OSError as error:
        return error.errno in _FULL
    return False
