"""Fixtures for pytest: `pytest_plugins = ["authsite.testing.fixtures"]` in `conftest.py`.

They need a fixture `testapp` of the application, a WebTest application.
"""

from typing import Any

import pytest

from authsite.models import User
from authsite.testing import create_user, sign_in


@pytest.fixture
def user(testapp: Any) -> User:
    """A user, Ada Lovelace, who is not signed in."""
    return create_user(testapp)


@pytest.fixture
def signed_in_user(testapp: Any, user: User) -> User:
    """The user, whose session `testapp` has."""
    sign_in(testapp, user)
    return user
