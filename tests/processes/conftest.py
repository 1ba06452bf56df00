"""A new database for each test, since its rows stay after the test."""

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
    """The URL of a new database; a test runs on each backend, or on those it names."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/authsite.sqlite"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    migrate(url)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine for the database of the servers."""
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()
