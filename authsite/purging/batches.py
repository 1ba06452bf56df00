"""A batch of expired rows that was deleted, and where the next one begins."""

from typing import Any, NamedTuple

import sqlalchemy as sa


class Batch(NamedTuple):
    """How many rows were deleted, and the value of the last one in the order of its target.

    The next batch begins at that value. From the start it would pass all rows that are deleted and
    not yet vacuumed: on PostgreSQL, while a backup runs, those of the whole purge.
    """

    size: int
    last: Any = None


def is_not_before(column: "sa.ColumnElement[Any]", since: Any) -> "sa.ColumnElement[bool]":
    """Return the condition that a row belongs to this batch; all do if `since` is None."""
    return sa.true() if since is None else column >= since
