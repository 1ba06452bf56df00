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
from authsite.throttling.limits import FIRST_WAIT, RateLimit
from authsite.tokens import mac

_MILLISECOND = timedelta(milliseconds=1)


class Throttled(Exception):
    """Something was tried too often; `wait` is how long until it may be tried again."""

    def __init__(self, kind: str, wait: timedelta) -> None:
        super().__init__(kind)
        self.kind = kind
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Hit:
    """A try that was counted: in which row, and in which of the counts that it has held."""

    key: bytes
    begun_at: int
    numbers: Mapping[str, int]


class Throttles:
    """Counts tries before they are made, so that of many at once no more than may are made.

    `limits` says what each kind of try is allowed; a kind without limits is not counted. Who tries
    is kept as a digest under `key`, since people type passwords into fields for addresses.

    `engine` begins transactions of its own that write, so that a try counts whatever becomes of the
    request. Call it before the request has written anything: SQLite has one writer at a time.
    `held_up` is `HELD_UP`, compiled for the database.
    """

    def __init__(
        self,
        engine: Engine,
        held_up: CompiledSelect,
        *,
        key: bytes,
        limits: Mapping[str, Sequence[RateLimit]],
    ) -> None:
        self._engine = engine
        self._held_up = held_up
        self._key = key
        # The limit is part of what a row is found by: a new setting is a new count.
        self._limits = {
            kind: [(f"{kind} {limit} ", _numbers(limit)) for limit in of]
            for kind, of in limits.items()
        }
        # In the driver's own words, since building and reading them would take longer than doing
        # what they say.
        self._take = _Statement(_taking(engine.dialect.name), engine)
        self._give_back = _Statement(_GIVE_BACK, engine)

    def look(self, subjects: Mapping[str, str], *, now: datetime) -> None:
        """Raise `Throttled` if one of them has been tried too often; count nothing.

        So who is held up takes no lock and waits in no queue; whether a try may be made is only
        known when it is taken.
        """
        at = milliseconds_of(now)
        for key, kind, numbers in self._rows_of(subjects):
            row = self._held_up.one_or_none(
                held=key, now=at, most=numbers["most"], period=numbers["period"]
            )
            if row is not None:
                raise Throttled(kind, (row[0] - at) * _MILLISECOND)

    def take(self, subjects: Mapping[str, str], *, now: datetime) -> Sequence[Hit]:
        """Count one try of each kind by its subject, and return what was counted.

        If one of them has been tried too often, none is counted and `Throttled` is raised.
        """
        rows, at = self._rows_of(subjects), milliseconds_of(now)
        if not rows:
            return ()
        with self._engine.begin() as connection:
            return [self._hit(connection, *row, at=at) for row in rows]

    def give_back(self, hits: Sequence[Hit]) -> None:
        """Take these tries back, and nothing that anybody else has used up meanwhile."""
        if not hits:
            return
        rows = [
            {
                **self._give_back.constants,
                "held": hit.key,
                "begun": hit.begun_at,
                "most": hit.numbers["most"],
                "period": hit.numbers["period"],
            }
            for hit in hits
        ]
        with self._engine.begin() as connection:
            connection.exec_driver_sql(self._give_back.text, rows)

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
    ) -> Hit:
        values = {**self._take.constants, **numbers, "key": key, "now": at}
        begun_at = connection.exec_driver_sql(self._take.text, values).scalar()
        if begun_at is None:
            free_at = connection.execute(_FREE_AT, {"held": key}).scalar_one()
            raise Throttled(kind, (free_at - at) * _MILLISECOND)
        return Hit(key, begun_at, numbers)


class _Statement:
    """A statement as the driver takes it, and the parameters that are always the same."""

    def __init__(self, statement: "sa.UpdateBase", engine: Engine) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        self.text = str(compiled)
        self.constants = {
            name: bound.value for name, bound in compiled.binds.items() if not bound.required
        }


def _numbers(limit: RateLimit) -> dict[str, int]:
    """Return what the statements compute with, in milliseconds."""
    longest = limit.longest_wait
    return {
        "most": limit.hits,
        "period": limit.period // _MILLISECOND,
        "first": min(FIRST_WAIT, longest) // _MILLISECOND if longest else 0,
        "doublings": limit.doublings,
        "longest": longest // _MILLISECOND if longest else 0,
        "memory": limit.memory // _MILLISECOND,
    }


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


_ROW = Throttle.metadata.tables["throttle"].c
_NOW, _PERIOD, _LONGEST = map(_number, ("now", "period", "longest"))
_MOST = sa.bindparam("most", type_=sa.Integer)
#: Whether the count is one of the past, or of a clock that was wrong.
_FORGOTTEN = sa.or_(_ROW.forget_at <= _NOW, _ROW.begun_at > _NOW + _PERIOD)
_FREE = sa.or_(_FORGOTTEN, _ROW.hits < _MOST, _ROW.free_at <= _NOW)
_FREE_AT = sa.select(_ROW.free_at).where(_ROW.key == sa.bindparam("held"))
#: What `Throttles.look` asks: from when on a try is let through again, if none is now.
HELD_UP = _FREE_AT.where(sa.not_(_FREE))
_GIVE_BACK = (
    sa.update(Throttle.metadata.tables["throttle"])
    .where(_ROW.key == sa.bindparam("held"), _ROW.begun_at == _number("begun"), _ROW.hits > 0)
    .values(
        hits=_ROW.hits - 1,
        free_at=0,
        # Below the limit again, the count lasts for the period, as if nobody had been held up.
        forget_at=sa.case((_ROW.hits <= _MOST, _ROW.begun_at + _PERIOD), else_=_ROW.forget_at),
    )
)


def _taking(dialect: str) -> Any:
    """Return the one statement that counts a hit; it returns no row if the hit may not be made.

    The database decides on the row as it is when it is locked, so that of any number of hits at
    the same moment exactly as many get through as may (ASVS 15.4.2).
    """
    # The engine has imported its own dialect; to import both would take 2 MB for nothing.
    insert: Any = getattr(sa.dialects, dialect).insert
    begun_at = sa.case((_FORGOTTEN, _NOW), else_=_ROW.begun_at)
    hits = sa.case((_FORGOTTEN, 1), else_=_ROW.hits + 1)
    return (
        insert(Throttle)
        .values(key=sa.bindparam("key"), **_count(sa.literal(1), _NOW))
        .on_conflict_do_update(
            index_elements=[_ROW.key],
            set_=_count(hits, begun_at),
            where=_FREE,
        )
        .returning(_ROW.begun_at)
    )


def _count(hits: sa.ColumnElement[int], begun_at: sa.ColumnElement[int]) -> dict[str, Any]:
    """Return the columns of a count after a hit: what it is now, and what follows from it."""
    end = begun_at + _PERIOD
    waits = sa.and_(_LONGEST > 0, hits >= _MOST)
    grown = _number("first").bitwise_lshift(hits - _MOST)
    free_at = _NOW + sa.case((hits - _MOST >= _number("doublings"), _LONGEST), else_=grown)
    return {
        "hits": hits,
        "begun_at": begun_at,
        "free_at": sa.case((waits, free_at), else_=end),
        "forget_at": sa.case((waits, free_at + _number("memory")), else_=end),
    }
