"""The dbsession of a test, in which everything happens that a request does.

The tests of Pyramid's cookiecutter give each request `app.dbsession` and `tm.active` in its environ
and abort the transaction at the end of the test. A connection of its own would not see the rows of
that transaction, and would wait for its locks.
"""

from contextvars import ContextVar

from sqlalchemy.orm import Session

#: The dbsession that `authsite.db.engines.Database` uses instead of its engines.
joined: ContextVar[Session | None] = ContextVar("authsite_joined_dbsession", default=None)
