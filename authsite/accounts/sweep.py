"""Sweeping: expired sessions go, in batches that let everybody else through."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from authsite.models import Sweep, UserSession

#: Rows deleted by one statement. 300 000 at once stall every writer for seconds.
BATCH = 500

_SESSIONS = "sessions"


def claim_sweep(connection: Connection, *, every: timedelta, now: datetime) -> bool:
    """Whether the caller is the one who sweeps now: of all processes, one is in `every`."""
    claimed = connection.execute(
        sa.update(Sweep)
        .where(Sweep.name == _SESSIONS, Sweep.begun_at <= now - every)
        .values(begun_at=now)
    )
    return bool(claimed.rowcount)


def sweep_expired_sessions(engine: Engine, *, now: datetime, batch: int = BATCH) -> Iterator[int]:
    """Delete the sessions that had expired by `now`; yield the size of each batch when it is gone.

    Each batch is a transaction; whoever iterates decides how long to rest in between.
    """
    expired = (
        sa.select(UserSession.id)
        .where(UserSession.expires_at <= now)
        .order_by(UserSession.expires_at)
        .limit(batch)
    )
    statement = sa.delete(UserSession).where(UserSession.id.in_(expired))
    while True:
        with engine.begin() as connection:
            deleted = connection.execute(statement).rowcount
        if not deleted:
            return
        yield deleted


def count_expired_sessions(connection: Connection, *, now: datetime) -> int:
    """Return how many sessions had expired by `now` and are still there."""
    return connection.execute(
        sa.select(sa.func.count()).select_from(UserSession).where(UserSession.expires_at <= now)
    ).scalar_one()
