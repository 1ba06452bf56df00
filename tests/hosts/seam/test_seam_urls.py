"""Which URLs are authsite's, with a prefix and without, and where users are sent."""

from collections.abc import Callable

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response

from tests.browsers import Browser
from tests.hosts.seam.host import Host, Visitor, add_page

SIGN_IN = "http://localhost/accounts/sign-in"


def test_users_land_on_the_dashboard_by_default(build_host: Callable[..., Host]) -> None:
    visitor = build_host().visitor()
    assert visitor.sign_up().location == "http://localhost/accounts/dashboard"
    assert visitor.get("/accounts/sign-in").location == "http://localhost/accounts/dashboard"
    other = visitor.__class__(visitor.app.__class__(visitor.app.app))
    assert other.sign_in().location == "http://localhost/accounts/dashboard"


def test_users_land_on_a_page_of_the_host(build_host: Callable[..., Host]) -> None:
    host = build_host(
        after=lambda config: add_page(config, "/orders", lambda _request: "orders"),
        **{"authsite.after_sign_in": "/orders"},
    )
    visitor = host.visitor()
    assert visitor.sign_up().location == "http://localhost/orders"
    assert visitor.get("/accounts/sign-up").location == "http://localhost/orders"
    assert host.visitor().sign_in().location == "http://localhost/orders"


def test_next_goes_through_the_link_to_sign_up(build_host: Callable[..., Host]) -> None:
    visitor = build_host(**{"authsite.after_sign_in": "/orders"}).visitor()
    page = visitor.get("/accounts/sign-in?next=%2Fbasket%3Fa%3D1")
    link = page.html.main.find("a", string="Create an account")["href"]
    assert link == "/accounts/sign-up?next=/basket%3Fa%3D1"
    assert visitor.sign_up(at=link).location == "http://localhost/basket?a=1"


def catch_all(config: Configurator) -> None:
    config.add_route("page", "/{name}")
    config.add_view(lambda request: Response(request.matchdict["name"]), route_name="page")


@pytest.mark.parametrize("order", ["before", "after"])
def test_catch_all_route_leaves_the_prefix(build_host: Callable[..., Host], order: str) -> None:
    visitor = build_host(**{order: catch_all}).visitor()
    assert visitor.get("/tea").text == "tea"
    assert visitor.get("/sign-in").text == "sign-in"
    assert visitor.get("/accounts/sign-in").html.h1.text == "Sign in"


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("/{name}", "/account"),
        ("/{name}/{part}", "/account/close"),
        ("/{name}/{part}/{action}", "/account/"),
        ("/*path", "/account"),
        ("/sign-in", "/sign-in"),
    ],
)
def test_route_at_own_url_is_refused_without_prefix(
    build_host: Callable[..., Host], order: str, pattern: str, url: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build_host(**{order: lambda config: config.add_route("x", pattern)}, route_prefix=None)
    assert f"the route 'x' ({pattern}) would answer at authsite's URL {url}" in str(caught.value)


def home(config: Configurator) -> None:
    config.add_route("home", "/")
    config.add_view(lambda _request: Response("home of the host"), route_name="home")
    add_page(config, "/orders", lambda _request: "orders")
    config.add_route("order", "/orders/{number}")
    config.add_view(lambda request: Response(request.matchdict["number"]), route_name="order")
    config.add_view(lambda _request: Response("traversed"), name="traversed")


@pytest.mark.parametrize("order", ["before", "after"])
def test_host_keeps_its_urls_without_prefix(build_host: Callable[..., Host], order: str) -> None:
    host = build_host(**{order: home}, route_prefix=None)
    visitor = Browser(host.visitor().app)
    assert visitor.get("/").text == "home of the host"
    assert visitor.get("/orders").text == "orders"
    assert visitor.get("/orders/7").text == "7"
    assert visitor.get("/traversed").text == "traversed"
    assert "Page not found" not in visitor.get("/lost", status=404).text
    assert visitor.sign_up().location == "http://localhost/dashboard"
    assert visitor.is_signed_in
    assert visitor.get("/healthz").status_int == 200
    assert "Page not found" in visitor.get("/account/lost", status=404).text


def own_well_known(config: Configurator) -> None:
    config.add_route("own", "/.well-known/{name}")
    config.add_view(lambda _request: Response("of the host"), route_name="own")


CHANGE_PASSWORD, SECURITY = "/.well-known/change-password", "/.well-known/security.txt"


def test_well_known_urls_are_at_the_root(build_host: Callable[..., Host]) -> None:
    visitor = build_host().visitor()
    answer = visitor.get(CHANGE_PASSWORD)
    assert answer.location == "http://localhost/accounts/account/password"
    assert visitor.get(SECURITY).text.startswith("Contact: https://example.com/security")
    assert visitor.get("/.well-known/other", expect_errors=True).status_int == 404


@pytest.mark.parametrize("order", ["before", "after"])
def test_well_known_urls_of_the_host_stay(build_host: Callable[..., Host], order: str) -> None:
    visitor = build_host(**{order: own_well_known}).visitor()
    for path in (CHANGE_PASSWORD, SECURITY):
        answer = visitor.get(path)
        assert answer.text == "of the host"
        assert "Content-Security-Policy" not in answer.headers


def test_well_known_url_can_be_switched_off(build_host: Callable[..., Host]) -> None:
    visitor = build_host(**{"authsite.site.change_password_url": "false"}).visitor()
    answer = visitor.get(CHANGE_PASSWORD, status=404)
    assert "Content-Security-Policy" not in answer.headers
    assert visitor.get(SECURITY).status_int == 200
    without_contact = build_host(**{"authsite.site.security_contact": None}).visitor()
    without_contact.get(SECURITY, status=404)


def test_prefix_must_be_plain(build_host: Callable[..., Host]) -> None:
    with pytest.raises(ConfigurationError, match="letters, digits"):
        build_host(route_prefix="my accounts")


def test_longer_prefix_moves_every_page(build_host: Callable[..., Host]) -> None:
    visitor: Visitor = build_host(route_prefix="/members/area/").visitor()
    answer = visitor.sign_up(at="/members/area/sign-up")
    assert answer.location == "http://localhost/members/area/dashboard"
    assert visitor.get("/members/area/account").status_int == 200
    assert visitor.get("/accounts/account", expect_errors=True).status_int == 404
