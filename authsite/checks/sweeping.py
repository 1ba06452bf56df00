"""Whether rows that nobody can use any more are deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup
from authsite.clock import utc_now
from authsite.models import PurgeRun
from authsite.purging.targets import ALL, count_expired

#: Times of `authsite.purge.interval`, and a time, after which leftovers should be gone.
_LATE, _TOO_LATE = 3, timedelta(days=7)
#: What the migration puts there.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_BEGUN = sa.select(sa.func.min(PurgeRun.__table__.c.started_at))


def sweeping(setup: Setup) -> Iterator[Finding]:
    """What is over is gone a while later, and somebody will sweep again."""
    now, every = utc_now(), setup.settings.purge.interval
    late, too_late = now - _LATE * every, now - max(_TOO_LATE, _LATE * every)
    with setup.looking.connect() as connection:
        begun: datetime | None = connection.execute(_BEGUN).scalar_one()
        left = {each.name: count_expired(connection, each, now=late) for each in ALL}
        old = sum(count_expired(connection, each, now=too_late) for each in ALL)
    seen = ", ".join(f"{count} {name}" for name, count in left.items() if count)
    if begun is None:
        yield wrong(
            "the row is gone by which processes agree on who sweeps, so nobody does",
            "INSERT INTO authsite_purge_run (name, started_at) "
            "VALUES ('sessions', '1970-01-01 00:00:00')",
        )
    elif begun > now + every:
        yield wrong(
            f"the last sweep began at {begun:%Y-%m-%d %H:%M}Z, in the future: none begins before",
            "a clock was wrong; UPDATE authsite_purge_run SET started_at = '1970-01-01 00:00:00'",
        )
    elif seen and begun < late:
        tell = wrong if old else doubtful
        yield tell(
            f"{seen} should be gone, and the last sweep began at {begun:%Y-%m-%d %H:%M}Z",
            "it begins when somebody signs in; where few do, run `authsite purge` once a day",
        )
    elif begun <= _NEVER:
        yield fine("nothing is left over, and no sweep has begun yet")
    else:
        yield fine(f"the last sweep began at {begun:%Y-%m-%d %H:%M}Z")
