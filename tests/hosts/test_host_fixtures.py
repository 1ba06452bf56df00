"""The test fixtures that the official cookiecutter makes work for an application with authsite."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import transaction
from pyramid.paster import get_app

from tests.hosts.conftest import EXAMPLES, migrate, release
from tests.hosts.visitor import Visitor


@pytest.fixture
def visitor(
    copied: Callable[[Path], Path], use_backend: Callable[[Path, str], None], backend: str
) -> Iterator[Visitor]:
    """A browser whose requests share a dbsession and a transaction, which the test undoes."""
    ini = copied(EXAMPLES / "cookiecutter") / "orders.ini"
    use_backend(ini, backend)
    migrate(ini)
    application = get_app(str(ini))
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    manager.doom()
    models = importlib.import_module("orders.models")
    dbsession = models.get_tm_session(application.registry["dbsession_factory"], manager)
    visitor = Visitor(application, ini)
    shared = {"tm.active": True, "tm.manager": manager, "app.dbsession": dbsession}
    visitor.app.extra_environ.update(shared)
    yield visitor
    dbsession.close()
    release(application.registry)


def test_one_test_signs_up_and_in_and_leaves_nothing(visitor: Visitor) -> None:
    assert visitor.sign_up().status_int == 303
    assert visitor.submit(visitor.get("/orders"), {"article": "tea"}).follow().html.li.text == "tea"
    assert visitor.sign_out().status_int == 303
    assert visitor.get("/orders").status_int == 303
    assert visitor.sign_in(password="not the password").status_int == 422
    assert visitor.sign_in().status_int == 303
    assert visitor.get("/orders").html.li.text == "tea"

    visitor.app.extra_environ["tm.manager"].abort()
    other = visitor.another()
    assert other.sign_in().status_int == 422
