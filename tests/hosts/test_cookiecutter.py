"""The example `cookiecutter`: URL dispatch, SQLAlchemy, Jinja2, migrations and roles."""

import sys
from collections.abc import Callable

import pytest
from webtest import TestResponse

from tests.hosts.conftest import in_shell
from tests.hosts.visitor import HOME, Visitor

EMAIL = "grace@example.com"


@pytest.fixture
def visitor(open_host: Callable[..., Visitor], backend: str) -> Visitor:
    """A browser at the application, on each database."""
    return open_host("cookiecutter", backend)


def order(visitor: Visitor, article: str) -> TestResponse:
    return visitor.submit(visitor.get("/orders"), {"article": article}).follow()


def test_visitor_returns_to_the_page_after_sign_up(visitor: Visitor) -> None:
    assert visitor.get("/").html.h1.text == "Orders"
    assert visitor.get("/orders").location == f"{HOME}/accounts/sign-in?next=%2Forders"
    assert visitor.sign_up().location == f"{HOME}/orders"
    assert "ada@example.com" in visitor.get("/").html.nav.text
    assert visitor.sign_out().status_int == 303
    assert "Sign in" in visitor.get("/").html.nav.text
    assert visitor.sign_in(at=visitor.get("/orders?page=2").location).location.endswith("?page=2")


def test_users_see_their_own_orders(visitor: Visitor) -> None:
    visitor.sign_up()
    assert [item.text for item in order(visitor, "tea").html.find_all("li")] == ["tea"]
    other = visitor.another()
    other.sign_up(email=EMAIL)
    assert [item.text for item in order(other, "milk").html.find_all("li")] == ["milk"]


def test_form_of_the_host_needs_its_token(visitor: Visitor) -> None:
    visitor.sign_up()
    assert visitor.app.post("/orders", {"article": "x"}, expect_errors=True).status_int == 400
    assert visitor.get("/orders").html.find("li") is None


def test_clerks_deliver_orders(visitor: Visitor) -> None:
    visitor.sign_up()
    order(visitor, "tea")
    clerk = visitor.another()
    clerk.sign_up(email=EMAIL)
    assert clerk.get("/desk", expect_errors=True).status_int == 403
    script = "orders.scripts.appoint_clerk"
    in_shell(visitor.ini, sys.executable, "-m", script, visitor.ini.name, EMAIL)
    assert clerk.submit(clerk.get("/desk"), {}).status_int == 303
    assert visitor.get("/orders").html.li.text == "tea (delivered)"


def test_host_serves_its_own_errors_and_files(visitor: Visitor) -> None:
    missing = visitor.get("/nowhere", expect_errors=True)
    assert (missing.status_int, missing.html.h1.text) == (404, "The shop has no such page")
    styles = visitor.get("/static/theme.css")
    assert styles.content_type == "text/css"
    assert "Content-Security-Policy" not in styles.headers
    assert visitor.get("/accounts/nowhere", expect_errors=True).html.h1.text == "Page not found"
