"""Whether PostgreSQL accepts the writes of the site."""

from authsite.db.disk import is_disk_full
from authsite.doctor.finding import Finding, fail, ok
from authsite.doctor.subject import Subject

_PRIMARY = (
    "Connect to the primary: name all hosts in the URL, with target_session_attrs=read-write."
)
_ROLE = "ALTER ROLE … RESET default_transaction_read_only, or the same for the database."
_ROOM = "Free some space on the disk of PostgreSQL, or raise temp_file_limit."


def writes(subject: Subject) -> Finding:
    """The database accepts writes, and its disk is not full."""
    # On the site's own connection: that of the other checks is always read-only.
    database = subject.services.database
    try:
        with database.read_engine.connect() as connection:
            in_recovery = connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one()
            read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
            if in_recovery:
                return fail("The database is a standby, which only reads.", _PRIMARY)
            if read_only == "on":
                return fail("The sessions of this role only read.", _ROLE)
            if is_disk_full(connection):
                return fail("The disk of the database is full.", _ROOM)
    finally:
        subject.services.dispose()
    return ok("The database accepts writes, and its disk has room.")
