"""The index by which accounts are found by any part of a name or an email address.

It is no part of the metadata: migration 0011 creates it, and the database maintains it, whichever
program writes the rows. PostgreSQL has an index over functions of our own, which needs no extension
and so no privilege; SQLite has a full-text table that triggers fill, and a table of the places of
users in it. A migration that rebuilds `authsite_user` on SQLite has to create the triggers again.

Both contain the trigrams of the *search text*: first name, last name and email address, with two
spaces before each word, so that `"  l"` and `" lo"` are beginnings of words.
"""

#: Two spaces follow each of them in the search text.
SEPARATORS = " -.@"
#: SQLite's full-text table; the names of its other tables begin with it.
SEARCH_TABLE = "authsite_user_search"
PLACES = f"{SEARCH_TABLE}_row"
#: PostgreSQL's index.
SEARCH_INDEX = "ix_authsite_user_search"


def is_in_metadata(name: str | None) -> bool:
    """Whether a table or an index belongs to the metadata, for Alembic's comparison."""
    return name is None or not name.startswith((SEARCH_TABLE, SEARCH_INDEX))
