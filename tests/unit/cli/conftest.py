"""What the tests of the command line share."""

import gc
from collections.abc import Iterator

import pytest

from tests.shell import write_ini

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc):
    """Run on SQLite; tests/site runs the commands on both databases."""
    if "database_url" in metafunc.fixturenames:
        metafunc.definition.add_marker(ON_SQLITE)


@pytest.fixture
def ini(tmp_path, database_url, settings_of_tests, services) -> Iterator[str]:
    """The path of an ini file for the database of the test.

    Python warns of a connection that a command has left open in this test, not in a later one.
    """
    yield write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})
    gc.collect()
