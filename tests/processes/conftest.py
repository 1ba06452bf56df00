"""Databases for server processes: each test has one of its own, since processes forget nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from tests.conftest import BACKENDS


@pytest.fixture(params=BACKENDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, migrate: Callable[[str], None]
) -> str:
    """The URL of a new database; every test that asks runs on each kind, or says on which."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/authsite.sqlite"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    migrate(url)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A way to look into the database behind the servers' back."""
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()
