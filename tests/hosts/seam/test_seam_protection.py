"""What protects authsite's own pages, whatever the host sets for its own."""

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.authorization import Allow, Everyone
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.response import Response
from pyramid.security import Allowed

from tests.hosts.seam.host import Host, Visitor, as_response

Configure = Callable[[Configurator], None]


class PermissivePolicy:
    """A policy of a host that permits everything to everyone."""

    def identity(self, _request: Any) -> str:
        return "host"

    def authenticated_userid(self, _request: Any) -> str:
        return "host"

    def permits(self, *_arguments: Any) -> Any:
        return Allowed("everything")

    def remember(self, *_arguments: Any, **_kw: Any) -> list[tuple[str, str]]:
        return []

    forget = remember


class RaisingPolicy(PermissivePolicy):
    """A policy of a host that authsite must not ask for anything but the identity."""

    def identity(self, _request: Any) -> object:
        return object()

    def permits(self, *_arguments: Any) -> Any:
        raise AssertionError("asked the host for a permission")

    def remember(self, *_arguments: Any, **_kw: Any) -> list[tuple[str, str]]:
        raise AssertionError("asked the host to remember")

    forget = remember


class OpenRoot:
    """A root of a host that grants everything to everyone."""

    __acl__ = ((Allow, Everyone, ("authenticated", "public", "anonymous", "admin")),)

    def __init__(self, _request: Any) -> None:
        pass


def no_tokens(config: Configurator) -> None:
    config.set_default_csrf_options(require_csrf=False)


def no_origins(config: Configurator) -> None:
    config.set_default_csrf_options(require_csrf=True, check_origin=False)


def other_tokens(config: Configurator) -> None:
    config.set_default_csrf_options(require_csrf=True, token="other", header="X-Other")
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())


def exempted(config: Configurator) -> None:
    config.set_default_csrf_options(require_csrf=True, callback=lambda _request: False)


def other_safe_methods(config: Configurator) -> None:
    config.set_default_csrf_options(require_csrf=True, safe_methods=("GET", "HEAD", "POST"))


def permissive(config: Configurator) -> None:
    config.set_security_policy(PermissivePolicy())


def raising(config: Configurator) -> None:
    config.set_security_policy(RaisingPolicy())


def open_root(config: Configurator) -> None:
    config.set_root_factory(OpenRoot)


def public_by_default(config: Configurator) -> None:
    config.set_default_permission("__no_permission_required__")


WAYS = [
    no_tokens,
    no_origins,
    other_tokens,
    exempted,
    other_safe_methods,
    permissive,
    raising,
    open_root,
    public_by_default,
]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def visitor(request: pytest.FixtureRequest, build_host: Callable[..., Host]) -> Visitor:
    """A visitor of a host that lowers a protection, as far as it can."""
    return build_host(after=request.param).visitor()


def assert_form_is_refused(visitor: Visitor, path: str, **fields: str) -> None:
    """Assert that a form needs a token and an origin, and the page says what to do."""
    page = visitor.get(path)
    form = page.forms[page.html.find_all("form").index(page.html.main.form)]
    values = dict(form.submit_fields()) | fields
    without_token = {name: value for name, value in values.items() if name != "csrf_token"}
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    for sent, headers in [
        (without_token, same_origin),
        (without_token | {"csrf_token": "A" * 64}, same_origin),
        (values, {}),
        (values, {"Sec-Fetch-Site": "cross-site"}),
        (values, {"Origin": "https://example.net"}),
    ]:
        response = visitor.app.post(path, sent, headers=headers, status=403)
        assert response.html.h1.text == "This form has expired"


def test_forms_need_token_and_origin(visitor: Visitor) -> None:
    assert_form_is_refused(visitor, "/accounts/sign-in", email="ada@example.com", password="x")
    assert visitor.sign_up().status_int == 303
    assert_form_is_refused(visitor, "/accounts/account", first_name="Eve", last_name="Eve")
    assert "Ada" in visitor.get("/accounts/account").text


def test_pages_keep_their_permissions(visitor: Visitor) -> None:
    for path in ("account", "account/sessions", "admin", "admin/users"):
        response = visitor.get(f"/accounts/{path}")
        assert response.location.startswith("http://localhost/accounts/sign-in?next=")
    assert visitor.sign_up().status_int == 303
    assert visitor.get("/accounts/account").status_int == 200
    assert visitor.get("/accounts/admin", expect_errors=True).status_int in (403, 404)
    assert visitor.get("/accounts/admin/users", expect_errors=True).status_int in (403, 404)
    sign_out = visitor.get("/accounts/dashboard").forms[0]
    assert sign_out.submit(headers={"Sec-Fetch-Site": "same-origin"}).status_int == 303
    assert not visitor.is_signed_in
    assert visitor.sign_in().status_int == 303
    assert visitor.is_signed_in


def test_unreadable_form_is_a_bad_request(build_host: Callable[..., Host]) -> None:
    visitor = build_host(after=no_tokens).visitor()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    visitor.app.post("/accounts/sign-in", "&" * 2000, headers=headers, status=400)


@pytest.mark.parametrize("name", ["", "sign-in", "healthz", "report", "lost"])
def test_global_view_of_host_is_not_below_prefix(
    build_host: Callable[..., Host], name: str
) -> None:
    def add_view(config: Configurator) -> None:
        config.add_view(lambda _request: Response("of the host"), name=name)

    without = build_host().visitor()
    visitor = build_host(after=add_view).visitor()
    assert visitor.get(f"/{name}").text == "of the host"
    for path in ("/accounts", "/accounts/", f"/accounts/{name}", f"/accounts/account/{name}"):
        answer = visitor.get(path, expect_errors=True)
        assert answer.status_int == without.get(path, expect_errors=True).status_int
        assert answer.text != "of the host"


def test_exception_views_of_host_are_not_below_prefix(build_host: Callable[..., Host]) -> None:
    def add_views(config: Configurator) -> None:
        config.add_notfound_view(lambda _request: as_response("404 of the host"))
        config.add_forbidden_view(lambda _request: as_response("403 of the host"))
        config.add_exception_view(lambda _request: as_response("error of the host"))

    visitor = build_host(after=add_views).visitor()
    assert "Page not found" in visitor.get("/accounts/x", status=404).text
    assert visitor.get("/accounts/account").status_int == 303
    assert "Page not found" not in visitor.get("/x").text


def test_view_of_the_host_at_authsites_route_needs_a_token(build_host: Callable[..., Host]) -> None:
    """Also a view that names no context: Pyramid's own check is off in this host."""

    def add_form(config: Configurator) -> None:
        options = {"route_name": "authsite", "name": "form", "request_method": "POST"}
        config.add_view(lambda _request: Response("accepted"), **options)

    visitor = build_host(after=add_form).visitor()
    assert visitor.app.post("/accounts/form", expect_errors=True).status_int == 403
