"""The statements of throttles: the database decides on the locked row."""

from typing import Any

import sqlalchemy as sa

from authsite.models import Throttle


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


def _integer(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.Integer)


THROTTLE = Throttle.metadata.tables["authsite_throttle"]
ROW = THROTTLE.c
_NOW, _PERIOD, _MAX_DELAY = map(_number, ("now", "period", "max_delay"))
_MAX_HITS = _integer("max_hits")


def _is_expired(period: sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Whether the count is over, or starts in the future because a clock was wrong."""
    return sa.or_(ROW.expires_at <= _NOW, ROW.window_started_at > _NOW + period)


def _is_allowed(
    max_hits: sa.BindParameter[int], period: sa.BindParameter[int]
) -> sa.ColumnElement[bool]:
    return sa.or_(_is_expired(period), ROW.hits < max_hits, ROW.blocked_until <= _NOW)


def select_blocked(count: int) -> "sa.Select[*tuple[Any, ...]]":
    """Return the select of the row that is blocked longest, of `count` rows."""
    blocked = [
        sa.and_(
            ROW.key == sa.bindparam(f"key_{number}"),
            sa.not_(_is_allowed(_integer(f"max_hits_{number}"), _number(f"period_{number}"))),
        )
        for number in range(count)
    ]
    return (
        sa.select(ROW.key, ROW.blocked_until)
        .where(sa.or_(*blocked))
        .order_by(ROW.blocked_until.desc())
        .limit(1)
    )


_EXPIRED = _is_expired(_PERIOD)
_ALLOWED = _is_allowed(_MAX_HITS, _PERIOD)
BLOCKED_UNTIL = sa.select(ROW.blocked_until).where(ROW.key == sa.bindparam("row_key"))
REFUND = (
    sa.update(THROTTLE)
    .where(
        ROW.key == sa.bindparam("row_key"),
        ROW.window_started_at == _number("window"),
        ROW.hits > 0,
    )
    .values(
        hits=ROW.hits - 1,
        blocked_until=0,
        # Below the limit again, the count ends with its period.
        expires_at=sa.case(
            (ROW.hits <= _MAX_HITS, ROW.window_started_at + _PERIOD), else_=ROW.expires_at
        ),
    )
)


def hit_statement(dialect: str) -> Any:
    """Return the statement that counts a hit; it returns no row if the hit is refused.

    The database decides on the locked row, so that concurrent hits never exceed the limit
    (ASVS 15.4.2).
    """
    # The engine has imported its own dialect; the other one would take 2 MB.
    insert: Any = getattr(sa.dialects, dialect).insert
    window_started_at = sa.case((_EXPIRED, _NOW), else_=ROW.window_started_at)
    hits = sa.case((_EXPIRED, 1), else_=ROW.hits + 1)
    return (
        insert(Throttle)
        .values(key=sa.bindparam("key"), **_count(sa.literal(1), _NOW))
        .on_conflict_do_update(
            index_elements=[ROW.key],
            set_=_count(hits, window_started_at),
            where=_ALLOWED,
        )
        .returning(ROW.window_started_at)
    )


def _count(hits: sa.ColumnElement[int], window_started_at: sa.ColumnElement[int]) -> dict[str, Any]:
    """Return the columns of a row after a hit."""
    end = window_started_at + _PERIOD
    is_delayed = sa.and_(_MAX_DELAY > 0, hits >= _MAX_HITS)
    doublings = hits - _MAX_HITS
    delay = _number("first_delay").bitwise_lshift(doublings)
    blocked_until = _NOW + sa.case((doublings >= _number("max_doublings"), _MAX_DELAY), else_=delay)
    return {
        "hits": hits,
        "window_started_at": window_started_at,
        "blocked_until": sa.case((is_delayed, blocked_until), else_=end),
        "expires_at": sa.case((is_delayed, blocked_until + _number("cooldown")), else_=end),
    }
