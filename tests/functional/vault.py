"""A host application with a page that asks for the password again, and what goes on meanwhile."""

from collections.abc import Callable
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
#: Where a link from elsewhere might want to lead.
FOREIGN = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:x",
    "vault",
    "",
]
#: By this a browser says what happens after it is known who asks, and before the page begins.
MEANWHILE = "X-Meanwhile"
_ADA, _EVE, _NOBODY = "ada@example.com", "eve@example.com", "nobody@example.com"


def add_vault(config: Configurator) -> None:
    """Add the page, which says what is sent to it, letter for letter."""
    options = {"context": Root, "name": "vault", "confirm_password": True}
    config.add_view(lambda _request: Response("gold"), request_method="GET", **options)
    config.add_view(_echo, **options)
    config.add_view(_echo, **options | {"name": "cached", "http_cache": 3600})
    config.add_view(_echo, **options | {"name": "careless", "permission": "public"})
    config.add_view(_echo, **options | {"name": "open", "confirm_password": False})
    config.add_tween("tests.functional.vault.meanwhile_tween_factory")


def _echo(request: Any) -> Response:
    return Response(json_body=[[name, str(value)] for name, value in request.POST.items()])


def meanwhile_tween_factory(handler: Callable[[Any], Response], registry: Any) -> Any:
    """Let something happen in other windows while a request is at work."""
    engine = services_of(registry).database.engine

    def tween(request: Any) -> Response:
        if (event := request.headers.get(MEANWHILE)) and request.identity:
            with engine.begin() as connection:
                _EVENTS[event](connection)
        response = handler(request)
        for upload in request.POST.values():
            if not isinstance(upload, str):
                upload.file.close()  # or the tests would complain some time later
        return response

    return tween


def _end_sessions(connection: sa.Connection) -> None:
    connection.execute(sa.delete(UserSession))


def _renew_sessions(connection: sa.Connection) -> None:
    connection.execute(sa.update(UserSession).values(secret_digest=b"another one"))


def _swap_addresses(connection: sa.Connection) -> None:
    for old, new in ((_ADA, _NOBODY), (_EVE, _ADA)):
        moved = sa.update(User).where(User.email == old).values(email=new, email_normalized=new)
        connection.execute(moved)


_EVENTS = {
    "sessions end": _end_sessions,
    "secrets change": _renew_sessions,
    "addresses change": _swap_addresses,
}


def token_of(browser: Browser) -> str:
    """Return the token for a form of the browser's session."""
    token: str = browser.get("/sign-out").html.main.find(attrs={"name": "csrf_token"})["value"]
    return token


def send(browser: Browser, fields: Any = SENT, path: str = "/vault", **kwargs: Any) -> TestResponse:
    """Send a form to the vault, as a page of the site would."""
    everything = [("csrf_token", token_of(browser)), *dict(fields).items()]
    return browser.app.post(path, everything, headers=HERE, expect_errors=True, **kwargs)


def confirm(page: TestResponse, password: str = PASSWORD, **headers: str) -> TestResponse:
    """Type the password into the page that asks for it."""
    form = form_of(page)
    form["current_password"] = password
    return form.submit(headers=HERE | headers, expect_errors=True)


def follow(browser: Browser, answer: TestResponse) -> TestResponse:
    """Do what a browser does at a 307: send the same again."""
    assert answer.status_int == 307
    place = answer.location.removeprefix("http://localhost")
    assert place.startswith("/")
    request = answer.request
    body = {"params": request.body, "content_type": request.content_type}
    return browser.app.post(place, headers=HERE, expect_errors=True, **body)


def arrived(answer: TestResponse) -> list[tuple[str, str]]:
    """Return what the vault has got, but for what belongs to the site itself."""
    own = {"csrf_token", "current_password"}
    return [(name, value) for name, value in answer.json if name not in own]


def held_in(page: TestResponse) -> list[tuple[str, str]]:
    """Return the fields that the page holds."""
    hidden = page.html.main.form.find_all("input", attrs={"type": "hidden"})
    return [(each["name"], each["value"]) for each in hidden if each["name"] != "csrf_token"]
