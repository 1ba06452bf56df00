"""Throttles: how often something may be tried, counted in the database for all processes alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from authsite.clock import milliseconds_of
from authsite.db.compiled_select import CompiledSelect
from authsite.models import Throttle
from authsite.throttling.limits import FIRST_DELAY, RateLimit
from authsite.tokens import mac

_MILLISECOND = timedelta(milliseconds=1)


class RateLimited(Exception):
    """Something was tried too often; `retry_after` is how long until it may be tried again."""

    def __init__(self, limit: str, retry_after: timedelta) -> None:
        super().__init__(limit)
        self.limit = limit
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class CountedHit:
    """A try that was counted: in which row, and in which of the counts that it has held."""

    key: bytes
    window_started_at: int
    numbers: Mapping[str, int]


class Throttles:
    """Counts tries before they are made, so that of many at once no more than may are made.

    `limits` says what each kind of try is allowed; a kind without limits is not counted. Who tries
    is kept as a digest under `key`, since people type passwords into fields for addresses.

    `engine` begins transactions of its own that write, so that a try counts whatever becomes of the
    request. Call it before the request has written anything: SQLite has one writer at a time.
    `blocked_until` is `BLOCKED_UNTIL`, compiled for the database.
    """

    def __init__(
        self,
        engine: Engine,
        blocked_until: CompiledSelect,
        *,
        key: bytes,
        limits: Mapping[str, Sequence[RateLimit]],
    ) -> None:
        self._engine = engine
        self._blocked_until = blocked_until
        self._key = key
        # The limit is part of what a row is found by: a new setting is a new count.
        self._limits = {
            kind: [(f"{kind} {limit} ", _numbers(limit)) for limit in of]
            for kind, of in limits.items()
        }
        self._hit_statement = _hit_statement(engine.dialect.name)

    def check(self, subjects: Mapping[str, str], *, now: datetime) -> None:
        """Raise `RateLimited` if one of them has been tried too often; count nothing.

        So who is held up takes no lock and waits in no queue; whether a try may be made is only
        known when it is taken.
        """
        at = milliseconds_of(now)
        for key, kind, numbers in self._rows_of(subjects):
            row = self._blocked_until.one_or_none(
                held=key, now=at, most=numbers["most"], period=numbers["period"]
            )
            if row is not None:
                raise RateLimited(kind, (row[0] - at) * _MILLISECOND)

    def hit(self, subjects: Mapping[str, str], *, now: datetime) -> Sequence[CountedHit]:
        """Count one try of each kind by its subject, and return what was counted.

        If one of them has been tried too often, none is counted and `RateLimited` is raised.
        """
        rows, at = self._rows_of(subjects), milliseconds_of(now)
        if not rows:
            return ()
        with self._engine.begin() as connection:
            return [self._hit(connection, *row, at=at) for row in rows]

    def refund(self, hits: Sequence[CountedHit]) -> None:
        """Take these tries back, and nothing that anybody else has used up meanwhile."""
        if not hits:
            return
        rows = [
            {
                "held": hit.key,
                "begun": hit.window_started_at,
                "most": hit.numbers["most"],
                "period": hit.numbers["period"],
            }
            for hit in hits
        ]
        with self._engine.begin() as connection:
            connection.execute(_REFUND, rows)

    def _rows_of(self, subjects: Mapping[str, str]) -> list[tuple[bytes, str, dict[str, int]]]:
        """Return key, kind and numbers of each row, in an order in which none wait in a circle."""
        rows = [
            (mac(self._key, f"{limit}{subject}".encode()), kind, numbers)
            for kind, subject in subjects.items()
            for limit, numbers in self._limits[kind]
        ]
        return sorted(rows, key=lambda row: row[0])

    def _hit(
        self, connection: Connection, key: bytes, kind: str, numbers: dict[str, int], *, at: int
    ) -> CountedHit:
        values = {**numbers, "key": key, "now": at}
        window_started_at = connection.execute(self._hit_statement, values).scalar()
        if window_started_at is None:
            until = connection.execute(_BLOCKED_UNTIL, {"held": key}).scalar_one()
            raise RateLimited(kind, (until - at) * _MILLISECOND)
        return CountedHit(key, window_started_at, numbers)


def _numbers(limit: RateLimit) -> dict[str, int]:
    """Return what the statements compute with, in milliseconds."""
    longest = limit.max_delay
    return {
        "most": limit.hits,
        "period": limit.period // _MILLISECOND,
        "first": min(FIRST_DELAY, longest) // _MILLISECOND if longest else 0,
        "doublings": limit.max_doublings,
        "longest": longest // _MILLISECOND if longest else 0,
        "memory": limit.memory // _MILLISECOND,
    }


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


_ROW = Throttle.metadata.tables["authsite_throttle"].c
_NOW, _PERIOD, _MAX_DELAY = map(_number, ("now", "period", "longest"))
_MAX = sa.bindparam("most", type_=sa.Integer)
#: Whether the count is one of the past, or of a clock that was wrong.
_FORGOTTEN = sa.or_(_ROW.expires_at <= _NOW, _ROW.window_started_at > _NOW + _PERIOD)
_FREE = sa.or_(_FORGOTTEN, _ROW.hits < _MAX, _ROW.blocked_until <= _NOW)
_BLOCKED_UNTIL = sa.select(_ROW.blocked_until).where(_ROW.key == sa.bindparam("held"))
#: What `Throttles.look` asks: from when on a try is let through again, if none is now.
BLOCKED_UNTIL = _BLOCKED_UNTIL.where(sa.not_(_FREE))
_REFUND = (
    sa.update(Throttle.metadata.tables["authsite_throttle"])
    .where(
        _ROW.key == sa.bindparam("held"), _ROW.window_started_at == _number("begun"), _ROW.hits > 0
    )
    .values(
        hits=_ROW.hits - 1,
        blocked_until=0,
        # Below the limit again, the count lasts for the period, as if nobody had been held up.
        expires_at=sa.case(
            (_ROW.hits <= _MAX, _ROW.window_started_at + _PERIOD), else_=_ROW.expires_at
        ),
    )
)


def _hit_statement(dialect: str) -> Any:
    """Return the one statement that counts a hit; it returns no row if the hit may not be made.

    The database decides on the row as it is when it is locked, so that of any number of hits at
    the same moment exactly as many get through as may (ASVS 15.4.2).
    """
    # The engine has imported its own dialect; to import both would take 2 MB for nothing.
    insert: Any = getattr(sa.dialects, dialect).insert
    window_started_at = sa.case((_FORGOTTEN, _NOW), else_=_ROW.window_started_at)
    hits = sa.case((_FORGOTTEN, 1), else_=_ROW.hits + 1)
    return (
        insert(Throttle)
        .values(key=sa.bindparam("key"), **_count(sa.literal(1), _NOW))
        .on_conflict_do_update(
            index_elements=[_ROW.key],
            set_=_count(hits, window_started_at),
            where=_FREE,
        )
        .returning(_ROW.window_started_at)
    )


def _count(hits: sa.ColumnElement[int], window_started_at: sa.ColumnElement[int]) -> dict[str, Any]:
    """Return the columns of a count after a hit: what it is now, and what follows from it."""
    end = window_started_at + _PERIOD
    waits = sa.and_(_MAX_DELAY > 0, hits >= _MAX)
    grown = _number("first").bitwise_lshift(hits - _MAX)
    blocked_until = _NOW + sa.case((hits - _MAX >= _number("doublings"), _MAX_DELAY), else_=grown)
    return {
        "hits": hits,
        "window_started_at": window_started_at,
        "blocked_until": sa.case((waits, blocked_until), else_=end),
        "expires_at": sa.case((waits, blocked_until + _number("memory")), else_=end),
    }
