"""The read replica of PostgreSQL, if there is one."""

import time

import sqlalchemy as sa

from authsite.db.replica import ReplicaError
from authsite.doctor.finding import Finding, fail, in_one_line, ok, warn
from authsite.doctor.subject import Subject

#: Seconds between two looks.
_PAUSE = 0.1


def replica(subject: Subject) -> Finding:
    """The read replica, if there is one, is a standby of this database and not too far behind."""
    found = subject.services.replica
    if found is None:
        return ok("There is no read replica.")
    started = time.monotonic()
    try:
        while not found.is_current:
            found.look()
            time.sleep(_PAUSE)
    except ReplicaError as error:
        return warn(f"The read replica is not used: {error}.")
    except sa.exc.SQLAlchemyError as error:
        return fail(f"The read replica cannot be asked: {in_one_line(error)}")
    finally:
        subject.services.dispose()
    return ok(f"The read replica has caught up within {time.monotonic() - started:.1f} s.")
