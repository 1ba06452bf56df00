"""Units of work for the flows."""

import functools
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.services import Services
from tests.factories import a_unit_of_work


@pytest.fixture
def begin(services: Services, dbsession: Session) -> Callable[..., UnitOfWork]:
    """Begin a unit of work over the dbsession of the test, as `a_unit_of_work` does."""
    return functools.partial(a_unit_of_work, services, dbsession)


@pytest.fixture
def work(begin: Callable[..., UnitOfWork]) -> UnitOfWork:
    """A unit of work that nothing throttles."""
    return begin()
