"""Removing what deleted accounts have left in SQLite's full-text index."""

from collections.abc import Iterator

import sqlalchemy as sa

from authsite.db.engines import Database
from authsite.db.sqlite import restart_log
from authsite.models.search_index import SEARCH_TABLE

#: Pages of the index that one step writes: 32 milliseconds on average, and forms wait for it.
PAGES = 64
#: A step that changes fewer rows has found nothing to merge.
_CHANGES = 2
_INDEX = sa.table(SEARCH_TABLE, sa.column(SEARCH_TABLE), sa.column("rank"))


def merge_search_index(database: Database, *, pages: int = PAGES) -> Iterator[None]:
    """Merge all parts of the index, in steps of `pages`; yield after each, when it is committed.

    Deleted rows leave their trigrams in the index until then, and their pages in the write-ahead
    log, which is emptied. Other databases have nothing to merge.
    https://www.sqlite.org/fts5.html#the_merge_command
    """
    if not database.is_sqlite:
        return
    step = -pages  # the first one includes all parts, those to come continue it
    while _merge(database, step):
        restart_log(database.write_engine)
        yield
        step = pages
    restart_log(database.write_engine, truncate=True)


def _merge(database: Database, pages: int) -> bool:
    with database.write_engine.begin() as connection:
        changes = sa.select(sa.func.total_changes())
        before = connection.execute(changes).scalar_one()
        connection.execute(sa.insert(_INDEX).values({SEARCH_TABLE: "merge", "rank": pages}))
        after: int = connection.execute(changes).scalar_one()
    return after - before >= _CHANGES
