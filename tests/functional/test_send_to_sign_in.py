"""The forbidden view that authsite offers to a host application."""

from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from webtest import TestApp

import authsite
from authsite.services import Services, services_of
from tests.browsers import Browser

pytestmark = pytest.mark.one_database


def orders(request: Any) -> Response:
    return Response(f"orders of {request.identity.email}")


def own_forbidden(context: HTTPForbidden, request: Any) -> Response:
    response = authsite.send_to_sign_in(context, request)
    response.headers["X-Seen-By"] = "the host"
    return response


@pytest.fixture(params=["authsite.send_to_sign_in", own_forbidden], ids=["registered", "called"])
def host(
    request: pytest.FixtureRequest,
    database_url: str,
    settings_of_tests: dict[str, str],
    services: Services,
) -> Iterator[Browser]:
    """A browser at a host application with that forbidden view."""
    settings = settings_of_tests | {"sqlalchemy.url": database_url}
    with Configurator(settings=settings) as config:
        config.include("authsite", route_prefix="accounts")
        config.add_forbidden_view(request.param)
        config.add_route("orders", "/orders")
        config.add_view(orders, route_name="orders", permission="authenticated")
        config.add_route("stock", "/stock")
        config.add_view(orders, route_name="stock", permission="count")
        application = config.make_wsgi_app()
    yield Browser(TestApp(application))
    services_of(application.registry).dispose()


def test_anonymous_visitor_returns_to_the_page(host: Browser) -> None:
    sent = host.get("/orders?of=M%C3%BCller&sort=up")
    assert (sent.status_int, sent.location) == (
        303,
        "http://localhost/accounts/sign-in?next=%2Forders%3Fof%3DM%25C3%25BCller%26sort%3Dup",
    )
    host.sign_up(at="/accounts/sign-up")
    host.app.reset()
    submitted = host.sign_in(at=sent.location)
    assert submitted.location == "http://localhost/orders?of=M%C3%BCller&sort=up"
    assert submitted.follow().text == "orders of ada@example.com"


def test_head_keeps_the_page_and_form_does_not(host: Browser) -> None:
    assert host.app.head("/orders").headers["Location"].endswith("/sign-in?next=%2Forders")
    sent = host.app.post("/orders", {"item": "1"})
    assert (sent.status_int, sent.location) == (303, "http://localhost/accounts/sign-in")


def test_mount_path_is_part_of_both_paths(host: Browser) -> None:
    sent = host.get("/orders", extra_environ={"SCRIPT_NAME": "/shop"})
    assert sent.location == "http://localhost/shop/accounts/sign-in?next=%2Fshop%2Forders"


def test_signed_in_user_gets_the_plain_403(host: Browser) -> None:
    host.sign_up(at="/accounts/sign-up")
    refused = host.get("/stock", expect_errors=True)
    assert refused.status_int == 403
    assert "Access was denied to this resource" in refused.text
    assert "authsite" not in refused.text
