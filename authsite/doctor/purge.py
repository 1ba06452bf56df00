"""The purge: rows that have expired are deleted."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.subject import Subject
from authsite.models import PurgeRun
from authsite.purging.targets import count_expired, purge_targets

#: Multiples of the interval, and a time, after which expired rows should be deleted.
_LATE, _TOO_LATE = 3, timedelta(days=7)
#: What the migration inserts.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = sa.select(sa.func.min(PurgeRun.__table__.c.started_at))


def purge(subject: Subject) -> Finding:
    """Expired rows are deleted soon, and the next purge can begin."""
    now, every = utc_now(), subject.settings.purge.interval
    targets = purge_targets(subject.settings.accounts.unverified_lifetime)
    late, too_late = now - _LATE * every, now - max(_TOO_LATE, _LATE * every)
    with subject.read_only_engine.connect() as connection:
        last: datetime | None = connection.execute(_LAST).scalar_one()
        left = {each.name: count_expired(connection, each, now=late) for each in targets}
        old = sum(count_expired(connection, each, now=too_late) for each in targets)
    if last is None:
        fix = (
            "INSERT INTO authsite_purge_run (name, started_at) "
            "VALUES ('sessions', '1970-01-01 00:00:00')"
        )
        return fail("The row by which processes agree on a purge is missing, so none purges.", fix)
    message = f"The last purge began at {last:%Y-%m-%d %H:%M}Z"
    if last > now + every:
        fix = (
            "Check the clock, then UPDATE authsite_purge_run SET started_at = '1970-01-01 00:00:00'"
        )
        return fail(f"{message}, which is in the future: until then none begins.", fix)
    expired = ", ".join(f"{count} {name}" for name, count in left.items() if count)
    if expired and last < late:
        return (fail if old else warn)(f"{message}; not deleted yet: {expired}.")
    return ok("No purge has begun yet." if last <= _NEVER else f"{message}.")
