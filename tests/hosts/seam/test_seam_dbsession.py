"""Which dbsession authsite uses: that of the host, of its tests, or its own."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import transaction
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from sqlalchemy.orm import Session

from authsite.models import User
from authsite.resources import Account
from tests.hosts.seam.host import Host, Visitor, add_page


def test_other_objects_named_dbsession_are_left_alone(build_host: Callable[..., Host]) -> None:
    def configure(config: Configurator) -> None:
        config.add_request_method(lambda _request: object(), "dbsession", reify=True)

    host = build_host(before=configure, has_dbsession=False)
    assert not host.services.uses_host_dbsession
    assert host.visitor().sign_up().status_int == 303


def test_dbsession_without_engine_is_refused(build_host: Callable[..., Host]) -> None:
    def configure(config: Configurator) -> None:
        config.add_request_method(lambda _request: Session(), "dbsession", reify=True)

    with pytest.raises(ConfigurationError, match=r"request\.dbsession has no engine for authsite"):
        build_host(before=configure, has_dbsession=False)


def who(config: Configurator) -> None:
    add_page(config, "/who", lambda request: request.identity.email)


@pytest.mark.parametrize("has_dbsession", [True, False])
def test_fixtures_of_the_host_undo_everything(
    build_host: Callable[..., Host], has_dbsession: bool
) -> None:
    """The fixtures of the cookiecutter: one doomed transaction for all requests of a test."""
    host = build_host(after=who, has_dbsession=has_dbsession)
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    manager.doom()
    environ: dict[str, Any] = {"tm.active": True, "tm.manager": manager}
    if has_dbsession:
        environ["app.dbsession"] = Session(host.engine)
    visitor = host.visitor(**environ)
    assert_signs_up(visitor)
    manager.abort()
    if has_dbsession:
        environ["app.dbsession"].close()
    assert host.all(sa.select(User.id)) == []


def assert_signs_up(visitor: Visitor) -> None:
    assert visitor.sign_up().status_int == 303
    assert visitor.get("/who").text == "ada@example.com"
    visitor.app.reset()
    assert visitor.sign_in().status_int == 303
    assert visitor.get("/accounts/account/sessions").status_int == 200


def test_view_of_host_at_a_resource_may_take_other_senders(
    build_host: Callable[..., Host],
) -> None:
    def configure(config: Configurator) -> None:
        def answer(_request: Any) -> Response:
            return Response("taken")

        options = {"context": Account, "route_name": "authsite", "permission": "public"}
        config.add_view(answer, name="hook", require_csrf=False, **options)
        config.add_view(answer, name="form", **options)

    visitor = build_host(after=configure).visitor()
    visitor.sign_up()
    assert visitor.app.post("/accounts/account/hook", "a=b").text == "taken"
    visitor.app.post("/accounts/account/form", "a=b", status=403)
