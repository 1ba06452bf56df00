"""Search accounts by any parts of names and email addresses, by the index of `search_index.py`.

A page takes no longer than some ten milliseconds, however many accounts there are and match. So its
order is one in which matches are spread evenly: the order of the table on SQLite, whose index
yields matches one by one, and the order of the random ids on PostgreSQL, whose index has to collect
all matches first: it is used for rare ones, and common ones are soon found without.
"""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.find_users import (
    SUMMARY,
    Found,
    FoundPage,
    NoSuchPage,
    State,
    UserSummary,
    in_state,
)
from authsite.models import User
from authsite.models.search_index import PLACES, SEARCH_TABLE, SEPARATORS
from authsite.tokens import is_id

#: Rows that are read on PostgreSQL, for each wanted match, before the index is used.
_ROWS_PER_MATCH = 150
_TRIGRAM = 3
_PLACE_SHAPE = re.compile(r"[0-9]{1,18}")

_TABLE = sa.table(SEARCH_TABLE, sa.column("rowid", sa.Integer))
_PLACE = sa.table(PLACES, sa.column("place", sa.Integer), sa.column("user_id", sa.String))
_TEXT = sa.func.authsite_search_text(User.first_name, User.last_name, User.email_normalized)


def search_text(
    dbsession: Session, text: str, *, state: State | None, after: str | None, limit: int
) -> FoundPage:
    """Return at most `limit` accounts that contain every word of the text, by email address.

    Case is ignored. Words of one or two characters have to be the beginning of a word. Nothing in
    the text is a wildcard. Raises `NoSuchPage`.
    """
    words = [_as_indexed(word) for word in text.split()]
    is_sqlite = dbsession.get_bind().dialect.name == "sqlite"
    search = _on_sqlite if is_sqlite else _on_postgresql
    rows = search(dbsession, words, in_state(SUMMARY, state), after, limit + 1)
    more = str(rows[limit - 1][-1]) if len(rows) > limit else None
    users = [UserSummary._make(row[:-1]) for row in rows[:limit]]
    users.sort(key=lambda user: user.email_normalized)
    return FoundPage([Found(user) for user in users], more)


def _as_indexed(word: str) -> str:
    """Return the word as search text contains it."""
    padded = " " * max(0, _TRIGRAM - len(word))
    for separator in SEPARATORS:
        word = word.replace(separator, f"{separator}  ")
    return padded + word


def _on_sqlite(
    dbsession: Session, words: list[str], query: Any, after: str | None, limit: int
) -> list[Any]:
    """Return the rows with their place in the table."""
    if after is not None and not _PLACE_SHAPE.fullmatch(after):
        raise NoSuchPage(after)
    phrases = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in words)
    query = (
        query.add_columns(_TABLE.c.rowid)
        .select_from(_TABLE)
        .join(_PLACE, _PLACE.c.place == _TABLE.c.rowid)
        .join(User, User.id == _PLACE.c.user_id)
        .where(sa.literal_column(SEARCH_TABLE).match(phrases))
        .order_by(_TABLE.c.rowid)
        .limit(limit)
    )
    return list(dbsession.execute(query.where(_TABLE.c.rowid > int(after)) if after else query))


def _on_postgresql(
    dbsession: Session, words: list[str], query: Any, after: str | None, limit: int
) -> list[Any]:
    """Return the rows with their id."""
    if after is not None and not is_id(after):
        raise NoSuchPage(after)
    query = query.add_columns(User.id).order_by(User.id).limit(limit)
    rest = User.id > (after or "")
    contains = [sa.func.strpos(_TEXT, sa.func.lower(sa.literal(word))) > 0 for word in words]
    ahead = sa.select(User.id).where(rest).order_by(User.id).offset(limit * _ROWS_PER_MATCH)
    end = dbsession.scalar(ahead.limit(1))
    near = query.where(rest, *contains)
    rows = list(dbsession.execute(near if end is None else near.where(User.id <= end)))
    if end is None or len(rows) == limit:
        return rows
    # A plan for any words would not use the index.
    dbsession.execute(sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))
    trigrams = sa.func.authsite_trigrams(_TEXT)
    indexed = [
        trigrams.op("@>")(sa.func.authsite_trigrams(sa.func.lower(sa.literal(part))))
        for word in words
        for part in _rare_parts(word)
    ]
    # Apart, since a plan for the first few in the order of ids would not use the index either.
    matches = query.with_only_columns(User.id).order_by(None).limit(None)
    found = matches.where(rest, *indexed, *contains).cte().prefix_with("MATERIALIZED")
    first = sa.select(found.c.id).order_by(found.c.id).limit(limit)
    return list(dbsession.execute(query.where(User.id.in_(first))))


def _rare_parts(word: str) -> list[str]:
    """Return what to look up of a word: nearly every search text has the trigrams with spaces."""
    return [part for part in word.split() if len(part) >= _TRIGRAM] or [word]
