"""Throttles: count attempts in the database, for all processes together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.clock import to_milliseconds
from authsite.db.compiled_select import Select
from authsite.throttling.limits import FIRST_DELAY, RateLimit
from authsite.throttling.statements import (
    BLOCKED_UNTIL,
    REFUND,
    ROW,
    THROTTLE,
    hit_statement,
    select_blocked,
)
from authsite.tokens import mac

_MILLISECOND = timedelta(milliseconds=1)


class RateLimited(Exception):
    """An attempt was refused by `limit`, a field of `ThrottleSettings`, for `retry_after`."""

    def __init__(self, limit: str, retry_after: timedelta) -> None:
        super().__init__(limit)
        self.limit = limit
        self.retry_after = retry_after


class _Blocked(Exception):
    """Rolls the transaction back."""


@dataclass(frozen=True, slots=True)
class CountedHit:
    """A counted attempt: its limit, the key of its row, and the window that it belongs to."""

    limit: str
    key: bytes
    window_started_at: int
    numbers: Mapping[str, int]


class Throttles:
    """Counts attempts before they are made, so that concurrent ones cannot exceed a limit.

    `limits` are the rate limits by name; a name without any is not counted. Subjects are stored as
    MACs under `key`, since users type passwords into email fields.

    `begin` begins a write transaction of its own, so that an attempt counts even if the request
    fails. Call it before the request writes anything: SQLite has one writer at a time.
    `compile_select` compiles a select for the database, whose name is `dialect`.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Connection]],
        compile_select: "Callable[[sa.Select[*tuple[Any, ...]]], Select]",
        *,
        dialect: str,
        key: bytes,
        limits: Mapping[str, Sequence[RateLimit]],
    ) -> None:
        self._begin = begin
        self._compile_select = compile_select
        self._selects: dict[int, Select] = {}
        self._key = key
        # The limit is part of the key of a row, so that a new setting starts a new count.
        self._limits = {
            name: [(f"{name} {limit} ", _numbers(limit)) for limit in rate_limits]
            for name, rate_limits in limits.items()
        }
        self._hit_statement = hit_statement(dialect)

    def check(self, subjects: Mapping[str, str], *, now: datetime) -> None:
        """Raise `RateLimited` if a subject is blocked; count nothing.

        A throttled request fails early, without a lock or a hash. Only `hit` decides whether an
        attempt is allowed.
        """
        rows, at = self._rows_of(subjects), to_milliseconds(now)
        if not rows:
            return
        if len(rows) not in self._selects:
            self._selects[len(rows)] = self._compile_select(select_blocked(len(rows)))
        parameters: dict[str, Any] = {"now": at}
        for number, (key, _, numbers) in enumerate(rows):
            parameters[f"key_{number}"] = key
            parameters[f"max_hits_{number}"] = numbers["max_hits"]
            parameters[f"period_{number}"] = numbers["period"]
        blocked = self._selects[len(rows)].one_or_none(**parameters)
        if blocked is not None:
            names = {key: name for key, name, _ in rows}
            raise RateLimited(names[bytes(blocked[0])], (blocked[1] - at) * _MILLISECOND)

    def hit(self, subjects: Mapping[str, str], *, now: datetime) -> Sequence[CountedHit]:
        """Count one attempt by each subject, keyed by the name of its limits; return the hits.

        If one of them is blocked, none is counted and `RateLimited` is raised.
        """
        rows, at = self._rows_of(subjects), to_milliseconds(now)
        if not rows:
            return ()
        with self._begin() as connection:
            return [self._hit(connection, *row, at=at) for row in rows]

    def try_hit(self, subjects: Mapping[str, str], *, now: datetime) -> Sequence[CountedHit] | None:
        """Count as `hit` does; return None instead of the hits if one of them is blocked.

        It executes the same statements in both cases, so that the time does not show which.
        """
        rows, at = self._rows_of(subjects), to_milliseconds(now)
        if not rows:
            return ()
        try:
            with self._begin() as connection:
                return _all(self._try_hits(connection, rows, at=at))
        except _Blocked:
            return None

    def hit_within(
        self, connection: Connection, subjects: Mapping[str, str], *, now: datetime
    ) -> Sequence[CountedHit] | None:
        """Count as `try_hit` does, in the transaction of `connection`.

        If it returns None, those that are not blocked stay counted unless the caller undoes them.
        """
        return self._try_hits(connection, self._rows_of(subjects), at=to_milliseconds(now))

    def refund(self, hits: Sequence[CountedHit]) -> None:
        """Take these hits back; later hits of other requests stay counted."""
        if not hits:
            return
        rows = [
            {
                "row_key": hit.key,
                "window": hit.window_started_at,
                "max_hits": hit.numbers["max_hits"],
                "period": hit.numbers["period"],
            }
            for hit in hits
        ]
        with self._begin() as connection:
            connection.execute(REFUND, rows)

    def reset_within(self, connection: Connection, subjects: Iterable[tuple[str, str]]) -> None:
        """Forget what was counted by these names and subjects, in the transaction of `connection`.

        A name can have several subjects. The rows are locked in the order in which `hit` does.
        """
        keys = [row[0] for pair in subjects for row in self._rows_of(dict([pair]))]
        counted = sa.select(ROW.key).where(ROW.key.in_(keys)).order_by(ROW.key)
        found = connection.scalars(counted.with_for_update()).all()
        connection.execute(sa.delete(THROTTLE).where(ROW.key.in_(found)))

    def _rows_of(self, subjects: Mapping[str, str]) -> list[tuple[bytes, str, dict[str, int]]]:
        """Return key, name and numbers of each row, sorted by key so that no deadlock occurs."""
        rows = [
            (mac(self._key, f"{limit}{subject}".encode()), name, numbers)
            for name, subject in subjects.items()
            for limit, numbers in self._limits[name]
        ]
        return sorted(rows, key=lambda row: row[0])

    def _try_hits(
        self, connection: Connection, rows: list[tuple[bytes, str, dict[str, int]]], *, at: int
    ) -> Sequence[CountedHit] | None:
        hits = [self._try_hit(connection, *row, at=at) for row in rows]
        allowed = [hit for hit in hits if hit is not None]
        return allowed if len(allowed) == len(hits) else None

    def _hit(
        self, connection: Connection, key: bytes, name: str, numbers: dict[str, int], *, at: int
    ) -> CountedHit:
        hit = self._try_hit(connection, key, name, numbers, at=at)
        if hit is None:
            until = connection.execute(BLOCKED_UNTIL, {"row_key": key}).scalar_one()
            raise RateLimited(name, (until - at) * _MILLISECOND)
        return hit

    def _try_hit(
        self, connection: Connection, key: bytes, name: str, numbers: dict[str, int], *, at: int
    ) -> CountedHit | None:
        values = {**numbers, "key": key, "now": at}
        window_started_at = connection.execute(self._hit_statement, values).scalar()
        if window_started_at is None:
            return None
        return CountedHit(name, key, window_started_at, numbers)


def _all(hits: Sequence[CountedHit] | None) -> Sequence[CountedHit]:
    if hits is None:
        raise _Blocked
    return hits


def _numbers(limit: RateLimit) -> dict[str, int]:
    """Return the parameters of the statements for a limit; times are in milliseconds."""
    max_delay = limit.max_delay or timedelta(0)
    return {
        "max_hits": limit.hits,
        "period": limit.period // _MILLISECOND,
        "first_delay": min(FIRST_DELAY, max_delay) // _MILLISECOND,
        "max_delay": max_delay // _MILLISECOND,
        "max_doublings": limit.max_doublings,
        "cooldown": limit.cooldown // _MILLISECOND,
    }
