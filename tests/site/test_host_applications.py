"""What docs/extending.md documents beyond its example application."""

from collections.abc import Callable
from typing import Any

import pyramid.request
import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from webtest import TestApp

from authsite.audit.event_types import EventType
from authsite.models import AuditEvent
from authsite.resources import Private, Resource, Root
from authsite.resources.site_map import endpoints
from authsite.services import Services
from authsite.web.request import Request
from tests.browsers import Browser


@pytest.fixture
def configured(
    new_application: Callable[..., object], visit: Callable[..., Browser]
) -> Callable[..., Browser]:
    """Return a function that opens a browser at a host application with additions."""
    return lambda add: visit(new_application(add))


def greet(request: Any) -> Response:
    return Response(f"hello {request.authenticated_userid}")


def test_routes_require_permissions_as_pages_do(configured: Callable[..., Browser]) -> None:
    class Lonely:
        def __init__(self, request: Any) -> None: ...

    class Rooted(Resource):
        def __init__(self, request: Any) -> None:
            super().__init__(request, parent=Root(request))

    def change(config: Configurator) -> None:
        for name, factory in {"plain": None, "lonely": Lonely, "rooted": Rooted}.items():
            config.add_route(name, f"/r/{name}", factory=factory)
            config.add_view(greet, route_name=name)
        config.add_route("open", "/r/open")
        config.add_view(greet, route_name="open", permission="public")
        config.add_route("edit", "/r/edit", factory=Lonely)
        config.add_view(greet, route_name="edit", permission="edit")

    def answers() -> list[int]:
        names = ("plain", "lonely", "rooted", "open", "edit")
        return [browser.get(f"/r/{name}", expect_errors=True).status_int for name in names]

    browser = configured(change)
    assert answers() == [303, 303, 303, 200, 303]
    browser.sign_up()
    assert answers() == [200, 200, 200, 200, 403]


def test_get_writes_are_discarded(configured: Callable[..., Browser], services: Services) -> None:
    def rename(request: Any) -> Response:
        request.authsite.dbsession.execute(
            sa.text("""UPDATE authsite_user SET first_name = 'Eve'""")
        )
        return Response("done")

    browser = configured(lambda config: config.add_view(rename, context=Root, name="rename"))
    browser.sign_up()
    assert browser.get("/rename").text == "done"
    assert browser.get("/dashboard").html.main.h1.text == "Hello, Ada"


def test_host_view_replaces_a_site_view(
    configured: Callable[..., Browser],
) -> None:
    def change(config: Configurator) -> None:
        options = {"context": Root, "request_method": "GET", "permission": "public"}
        config.add_view(greet, route_name="authsite", **options)
        config.add_notfound_view(lambda _request: Response("nowhere", 404), route_name="authsite")

    browser = configured(change)
    assert browser.get("/").text == "hello None"
    assert browser.get("/nothing", expect_errors=True).text == "nowhere"


def test_host_may_also_include_pyramid_retry(configured: Callable[..., Browser]) -> None:
    browser = configured(lambda config: config.include("pyramid_retry"))
    browser.sign_up()
    assert browser.get("/dashboard").headers["X-Content-Type-Options"] == "nosniff"


def test_stand_alone_site_refuses_a_prefix() -> None:
    with pytest.raises(ConfigurationError, match="route_prefix"):
        Configurator().include("authsite.application.standalone", route_prefix="in")


def test_links_follow_the_mount_path(application: Any, services: Services) -> None:
    def mounted(environ: dict[str, Any], start_response: Any) -> Any:
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/in", environ["PATH_INFO"][len("/in") :]
        return application(environ, start_response)

    browser = Browser(TestApp(mounted))
    redirect = browser.get("/in/dashboard")
    assert redirect.location == "http://localhost/in/sign-in?next=%2Fin%2Fdashboard"
    page = browser.submit(browser.get("/in/sign-up"), {"email": "no address"})
    links = [tag.get("href") or tag.get("src") for tag in page.html.find_all(["a", "link", "img"])]
    assert [link for link in links if not link.startswith(("/in/", "#"))] == []


def test_ini_file_may_include_authsite(
    database_url: str, settings_of_tests: dict[str, str], visit: Callable[..., Browser]
) -> None:
    included = {
        "sqlalchemy.url": database_url,
        "pyramid.includes": "authsite.application.standalone",
    }
    with Configurator(settings=settings_of_tests | included) as config:
        config.add_view(greet, context=Root, name="greet")
        application = config.make_wsgi_app()
    assert visit(application).get("/greet").location.endswith("/sign-in?next=%2Fgreet")


@pytest.mark.parametrize("base", [pyramid.request.Request, Request])
def test_factories_of_the_application_are_kept(
    configured: Callable[..., Browser], base: type[pyramid.request.Request]
) -> None:
    class OwnRoot:
        """The context of the routes."""

        def __init__(self, _request: Any) -> None:
            self.greeting = "good"

    class OwnRequest(base):  # type: ignore[misc, valid-type]
        """A request with a part of the day."""

        part = "morning"

    def greet_by_both(context: OwnRoot, request: Any) -> Response:
        return Response(f"{context.greeting} {request.part}")

    def change(config: Configurator) -> None:
        config.set_root_factory(OwnRoot)
        config.set_request_factory(OwnRequest)
        config.add_route("greet", "/greet")
        config.add_view(greet_by_both, context=OwnRoot, route_name="greet")

    browser = configured(change)
    assert browser.get("/greet").location == "http://localhost/sign-in?next=%2Fgreet"
    browser.sign_up()
    assert browser.get("/greet").text == "good morning"
    assert browser.get("/account").status_int == 200


def test_row_resource_redirects_anonymous_visitors_first(
    configured: Callable[..., Browser],
) -> None:
    class Reports(Private):
        def child(self, name: str) -> Any:
            if name not in {"7", "07"}:
                raise KeyError(name)
            return Resource(self.request, name="7", parent=self)

    def change(config: Configurator) -> None:
        config.add_child(Root, "reports", Reports)
        config.add_view(greet, context=Resource, name="")

    browser = configured(change)
    for path in ("/reports/7", "/reports/8"):
        assert browser.get(path).status_int == 303
    browser.sign_up()
    assert browser.get("/reports/7").status_int == 200
    assert browser.get("/reports/07", expect_errors=True).status_int == 404


def test_view_may_disable_the_csrf_check(configured: Callable[..., Browser]) -> None:
    def change(config: Configurator) -> None:
        config.add_view(greet, context=Root, name="hook", permission="public", require_csrf=False)
        config.add_view(greet, context=Root, name="form", permission="public")

    browser = configured(change)
    assert browser.app.post_json("/hook", {}).text == "hello None"
    assert browser.app.post_json("/form", {}, expect_errors=True).status_int == 403


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/octet-stream", b"&\xff\r\n" * 2000),
        ("application/json", b'{"text": "' + b"&" * 2000 + b'"}'),
        ("text/plain", b"content-type: " + b"x" * 2000),
    ],
)
def test_view_may_accept_other_content_types(
    configured: Callable[..., Browser], content_type: str, body: bytes
) -> None:
    def length(request: Any) -> Response:
        return Response(str(len(request.body_file.read())))

    def change(config: Configurator) -> None:
        config.add_view(length, context=Root, name="put", permission="public", require_csrf=False)

    answer = configured(change).app.post("/put", body, headers={"Content-Type": content_type})
    assert answer.text == str(len(body))


def test_file_with_long_lines_may_be_uploaded(configured: Callable[..., Browser]) -> None:
    """Only the headers of a part have to be short."""
    content = b"content-box: y" + b";" * 2000 + b"\r\n--b\r\ncontent-type: " + b"x" * 2000

    def size(request: Any) -> Response:
        with request.POST["file"].file as file:
            return Response(str(len(file.read())))

    def change(config: Configurator) -> None:
        config.add_view(size, context=Root, name="file", permission="public", require_csrf=False)

    files = [("file", "sheet.css", content)]
    assert configured(change).app.post("/file", upload_files=files).text == str(len(content))


@pytest.mark.asvs("14.2.2")
def test_response_with_a_cookie_is_never_cached(configured: Callable[..., Browser]) -> None:
    """A page that may be cached must not carry a visitor's session along."""

    def cached(request: Any) -> Response:
        return Response("news", headers={"Cache-Control": "public, max-age=60"})

    browser = configured(
        lambda config: config.add_view(cached, context=Root, name="news", permission="public")
    )
    assert browser.get("/news").headers["Cache-Control"] == "public, max-age=60"
    browser.app.set_cookie("authsite_session", "expired")
    answer = browser.get("/news")
    assert answer.headers["Set-Cookie"].startswith("authsite_session=;")
    assert answer.headers.getall("Cache-Control") == ["no-store"]


def test_page_may_override_a_security_header(configured: Callable[..., Browser]) -> None:
    browser = configured(
        lambda config: config.add_view(
            lambda _request: Response("x", headers={"Referrer-Policy": "no-referrer"}),
            context=Root,
            name="quiet",
            permission="public",
        )
    )
    assert browser.get("/quiet").headers.getall("Referrer-Policy") == ["no-referrer"]


def test_resource_may_be_a_child_of_its_own_class(configured: Callable[..., Browser]) -> None:
    class Folder(Resource):
        """A folder in a folder."""

    def change(config: Configurator) -> None:
        config.add_child(Root, "folder", Folder)
        config.add_child(Folder, "sub", Folder)
        config.add_view(greet, context=Folder, request_method="GET", permission="public")

    browser = configured(change)
    assert browser.get("/folder/sub/sub").text == "hello None"
    assert browser.app.put("/folder", expect_errors=True).headers["Allow"] == "GET, HEAD"
    listed = {page.url for page in endpoints(browser.app.app.registry)}
    assert "/folder" in listed


def test_child_that_cannot_be_built_is_a_server_error(
    configured: Callable[..., Browser],
) -> None:
    class Narrow:
        def __init__(self, request: Any) -> None: ...

    browser = configured(lambda config: config.add_child(Root, "narrow", Narrow))
    assert browser.get("/narrow", expect_errors=True).status_int == 500


def test_raised_redirect_is_the_answer(configured: Callable[..., Browser]) -> None:
    def lead_on(_request: Any) -> Response:
        raise HTTPSeeOther("/elsewhere")

    def change(config: Configurator) -> None:
        config.add_view(lead_on, context=Root, name="go", permission="public")

    assert configured(change).get("/go").location == "http://localhost/elsewhere"


def test_page_of_a_host_records_an_event(
    configured: Callable[..., Browser], services: Services
) -> None:
    def record(request: Any) -> Response:
        user_id = request.authsite.identity.user_id
        request.authsite.audit.record(user_id, EventType.PASSWORD_CONFIRMED)
        return Response("recorded")

    browser = configured(
        lambda config: config.add_view(record, context=Root, name="record", require_csrf=False)
    )
    browser.sign_up()
    assert browser.app.post("/record").text == "recorded"
    with services.database.reading() as connection:
        types = connection.execute(sa.select(AuditEvent.type)).scalars().all()
    assert EventType.PASSWORD_CONFIRMED.key in types
