"""Views for tests only: protected pages of a host application."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestResponse

from authsite.models import User, UserSession
from authsite.resources import Root
from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import form_of

HERE = {"Sec-Fetch-Site": "same-origin"}
SENT = {"plan": "dig", "where": "below the oak"}
#: URLs that no redirect may lead to.
UNSAFE_URLS = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:x",
    "protected",
    "",
]
#: Header that names a change to make after the request was authenticated, before the view.
MEANWHILE = "X-Meanwhile"
_ADA, _EVE, _UNUSED = "ada@example.com", "eve@example.com", "unused@example.com"


def add_protected_pages(config: Configurator) -> None:
    """Add the pages, which return the fields that are sent to them."""
    options = {"context": Root, "name": "protected", "confirm_password": True}
    config.add_view(lambda _request: Response("gold"), request_method="GET", **options)
    config.add_view(_echo, **options)
    config.add_view(_echo, **options | {"name": "cached", "http_cache": 3600})
    config.add_view(_echo, **options | {"name": "careless", "permission": "public"})
    config.add_view(_echo, **options | {"name": "open", "confirm_password": False})
    hook = {"name": "hook", "confirm_password": False, "require_csrf": False}
    config.add_view(_echo, **options | hook)
    together = partial(_meet, Barrier(2, timeout=10))
    config.add_view(together, context=Root, name="together", request_method="POST")
    config.add_tween("tests.functional.protected_pages.meanwhile_tween_factory")


def _echo(request: Any) -> Response:
    return Response(json_body=[[name, str(value)] for name, value in request.POST.items()])


def _meet(barrier: Barrier, _request: Any) -> Response:
    """Answer two requests that are here at the same time."""
    barrier.wait()
    return Response("together")


def meanwhile_tween_factory(handler: Callable[[Any], Response], registry: Any) -> Any:
    """Make the named change during a request, as if another window had caused it."""
    engine = services_of(registry).database.engine

    def tween(request: Any) -> Response:
        if (change := request.headers.get(MEANWHILE)) and request.identity:
            with engine.begin() as connection:
                _CHANGES[change](connection)
        response = handler(request)
        for upload in request.POST.values():
            if not isinstance(upload, str):
                # An unclosed file fails a later test with a ResourceWarning.
                upload.file.close()
        return response

    return tween


def _end_sessions(connection: sa.Connection) -> None:
    connection.execute(sa.delete(UserSession))


def _swap_emails(connection: sa.Connection) -> None:
    for old, new in ((_ADA, _UNUSED), (_EVE, _ADA)):
        moved = sa.update(User).where(User.email == old).values(email=new, email_normalized=new)
        connection.execute(moved)


_CHANGES = {
    "sessions end": _end_sessions,
    "emails change": _swap_emails,
}


def token_of(browser: Browser) -> str:
    """Return the CSRF token of the browser's session."""
    token: str = browser.get("/sign-out").html.main.find(attrs={"name": "csrf_token"})["value"]
    return token


def send(
    browser: Browser, fields: Any = SENT, path: str = "/protected", **kwargs: Any
) -> TestResponse:
    """Send a form to the protected page, as a page of the site does."""
    everything = [("csrf_token", token_of(browser)), *dict(fields).items()]
    return browser.app.post(path, everything, headers=HERE, expect_errors=True, **kwargs)


def confirm(page: TestResponse, password: str = PASSWORD, **headers: str) -> TestResponse:
    """Enter the password on the page that prompts for it."""
    form = form_of(page)
    form["current_password"] = password
    return form.submit(headers=HERE | headers, expect_errors=True)


def follow(browser: Browser, answer: TestResponse) -> TestResponse:
    """Send the same request again, as a browser does after a 307."""
    assert answer.status_int == 307
    place = answer.location.removeprefix("http://localhost")
    assert place.startswith("/")
    request = answer.request
    body = {"params": request.body, "content_type": request.content_type}
    return browser.app.post(place, headers=HERE, expect_errors=True, **body)


def arrived(answer: TestResponse) -> list[tuple[str, str]]:
    """Return the fields that arrived, except those of the site itself."""
    own = {"csrf_token", "current_password"}
    return [(name, value) for name, value in answer.json if name not in own]


def kept_in(page: TestResponse) -> list[tuple[str, str]]:
    """Return the fields that the page keeps."""
    hidden = page.html.main.form.find_all("input", attrs={"type": "hidden"})
    return [(each["name"], each["value"]) for each in hidden if each["name"] != "csrf_token"]
