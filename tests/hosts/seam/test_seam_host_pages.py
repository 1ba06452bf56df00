"""The pages of a host are what they are without authsite."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.authorization import Allow, Authenticated
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.exceptions import URLDecodeError
from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from webtest import TestApp, TestResponse

from authsite.models import User
from tests.hosts.seam.host import Host, Order, add_page, use_dbsession

HERE = Path(__file__).parent
Configure = Callable[[Configurator], None]


class ChatRoot(dict[str, Any]):
    """The root of the host's traversal."""

    def __init__(self, _request: Request) -> None:
        super().__init__(room="the room")


class HostRequest(Request):
    """The request of a host."""

    shout = "hello"


def crash(_request: Request) -> str:
    raise RuntimeError("of the host")


def order(request: Request) -> str:
    """Write by a GET, and commit."""
    request.dbsession.add(Order(text=request.params["text"]))
    return "ordered"


def pages(config: Configurator) -> None:
    """Add pages of every kind."""
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path(str(HERE / "templates"))
    config.add_static_view("files", str(HERE / "files"))
    config.set_request_factory(HostRequest)
    config.set_root_factory(ChatRoot)
    session = SignedCookieSessionFactory("secret of the host", hashalg="sha256", timeout=None)
    config.set_session_factory(session)
    config.set_default_csrf_options(require_csrf=True, token="of_host")
    config.add_route("spaces", "/spaces")
    config.add_view(lambda _request: {}, route_name="spaces", renderer="spaces.jinja2")
    config.add_view(lambda _request: {"list": [1]}, name="json", renderer="json")
    config.add_view(lambda context, _request: Response(str(context)), context=str)
    config.add_view(lambda request: Response(request.shout), context=ChatRoot)
    config.add_view(crash, name="crash")
    config.add_notfound_view(append_slash=True, request_method="GET", path_info="/slash")
    config.add_route("slash", "/slash/")
    config.add_view(lambda _request: Response("slash"), route_name="slash")
    add_page(config, "/cookie", lambda request: request.session.update(a=1) or "set")
    add_page(config, "/form", lambda request: request.POST["a"], request_method="POST")
    add_page(config, "/refused", lambda _request: Response("no", 422), require_csrf=False)
    add_page(config, "/order", order)
    add_page(config, "/large", lambda request: f"{len(request.body)}", require_csrf=False)


def bare(host: Host) -> TestApp:
    """Return the same host without authsite, on the same database."""
    with Configurator(settings={}) as config:
        use_dbsession(config, host.engine)
        pages(config)
        return TestApp(config.make_wsgi_app())


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/", {}),
    ("HEAD", "/", {}),
    ("GET", "/?bad=%FF&x=%", {}),
    ("GET", "/room", {}),
    ("GET", "/room/", {}),
    ("GET", "/@@json", {}),
    ("GET", "/spaces", {}),
    ("GET", "/json", {}),
    ("GET", "/lost", {}),
    ("GET", "/slash", {}),
    ("GET", "/sign-in", {}),
    ("GET", "/accountsx", {}),
    ("GET", "/healthz", {}),
    ("GET", "/files/site.css", {}),
    ("GET", "/files/lost.css", {}),
    ("GET", "/spaces", {"headers": {"Host": "elsewhere.example"}}),
    ("POST", "/form", {"params": {"a": "b"}}),
    ("POST", "/refused", {}),
    ("PUT", "/refused", {}),
    ("POST", "/large", {"params": b"x" * 200_000, "content_type": "application/x-www-form"}),
]


def answer_of(app: TestApp, method: str, path: str, options: dict[str, Any]) -> TestResponse:
    options = dict(options)
    headers = {**options.pop("headers", {})}
    if "content_type" in options:
        headers["Content-Type"] = options.pop("content_type")
    params = options.pop("params", "")
    if isinstance(params, dict):
        params = "&".join(f"{name}={value}" for name, value in params.items())
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = params.encode() if isinstance(params, str) else params
    return app.request(path, method=method, headers=headers, body=body, expect_errors=True)


def seen(answer: TestResponse) -> tuple[Any, ...]:
    """Return all of an answer but the value of the host's session, which has a random token."""
    headers = [(name, re.sub("^session=[^;]+", "", value)) for name, value in answer.headerlist]
    return answer.status, sorted(headers), answer.body


@pytest.fixture(params=["before", "after"])
def host(request: pytest.FixtureRequest, build_host: Callable[..., Host]) -> Host:
    """A host that adds its pages before, or after, it includes authsite."""
    return build_host(**{request.param: pages})


def test_pages_are_the_same_with_authsite(host: Host) -> None:
    signed_in = host.visitor()
    assert signed_in.sign_up().status_int == 303
    without, with_authsite = bare(host), TestApp(host.router)
    for method, path, options in REQUESTS:
        expected = seen(answer_of(without, method, path, options))
        assert seen(answer_of(with_authsite, method, path, options)) == expected, path
        if "headers" not in options:
            headers = {"Cookie": f"authsite_session={signed_in.cookie}"}
            cookie = options | {"headers": headers}
            assert seen(answer_of(with_authsite, method, path, cookie)) == expected, path


def test_pages_that_do_not_ask_leave_cookies_alone(build_host: Callable[..., Host]) -> None:
    app = TestApp(build_host(after=pages, **{"tm.annotate_user": "false"}).router)
    for value in ("malformed", "0" * 22 + "." + "A" * 43):
        answer = app.get("/spaces", headers={"Cookie": f"authsite_session={value}; a"})
        assert "Set-Cookie" not in answer.headers


def test_errors_of_the_host_stay_errors(host: Host) -> None:
    for app in (bare(host), TestApp(host.router)):
        with pytest.raises(RuntimeError, match="of the host"):
            app.get("/crash")
        with pytest.raises(URLDecodeError):
            app.get("/%FF")


def test_templates_of_the_host_keep_their_spaces(host: Host) -> None:
    page = host.visitor().get("/spaces")
    assert page.text.startswith("<ul>\n  \n    <li>a</li>\n  \n    <li>b</li>\n  \n</ul>\n\n")


def test_host_keeps_its_session_and_csrf_tokens(host: Host) -> None:
    visitor = host.visitor()
    answer = visitor.get("/cookie")
    assert [name for name, _ in answer.headerlist if name == "Set-Cookie"] == ["Set-Cookie"]
    assert "session" in visitor.app.cookies
    visitor.sign_up()
    assert {"session", "authsite_session"} <= set(visitor.app.cookies)


def test_get_of_the_host_that_writes_commits(host: Host) -> None:
    host.visitor().get("/order?text=tea")
    signed_in = host.visitor()
    signed_in.sign_up()
    signed_in.get("/order?text=coffee")
    assert host.all(sa.select(Order.text)) == [("tea",), ("coffee",)]


class PrivateRoot:
    """A root of a host for signed-in users."""

    __acl__ = ((Allow, Authenticated, "private"),)

    def __init__(self, _request: Request) -> None:
        pass


def options_of_the_host(config: Configurator) -> None:
    config.set_default_permission("private")
    config.set_root_factory(PrivateRoot)
    config.set_default_csrf_options(require_csrf=True)
    config.set_session_factory(SignedCookieSessionFactory("secret of the host"))
    add_page(config, "/private", lambda request: f"hello {request.identity.email}")
    add_page(config, "/token", get_csrf_token)
    add_page(config, "/send", lambda request: request.POST["a"], request_method="POST")


@pytest.mark.parametrize("order", ["before", "after"])
def test_order_of_includes_makes_no_difference(build_host: Callable[..., Host], order: str) -> None:
    visitor = build_host(**{order: options_of_the_host}).visitor()
    visitor.get("/private", status=403)
    assert visitor.sign_up().status_int == 303
    assert visitor.get("/private").text == "hello ada@example.com"
    token = visitor.get("/token").text
    visitor.app.post("/send", {"a": "b"}, status=400)
    assert visitor.app.post("/send", {"a": "b", "csrf_token": token}).text == "b"
    assert visitor.get("/accounts/account").status_int == 200


def test_dbsession_added_after_authsite_is_used(build_host: Callable[..., Host]) -> None:
    engines = []

    def add_later(config: Configurator) -> None:
        engines.append(sa.create_engine(config.get_settings()["sqlalchemy.url"]))
        use_dbsession(config, engines[0])

    host = build_host(after=add_later, has_dbsession=False)
    assert host.services.uses_host_dbsession
    assert host.services.database.engine is engines[0]
    assert host.visitor().sign_up().status_int == 303
    assert host.all(sa.select(User.email)) == [("ada@example.com",)]
    engines[0].dispose()
