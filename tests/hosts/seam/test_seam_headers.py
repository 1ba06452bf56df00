"""Headers of authsite's own pages, whatever a host sets for all of its pages."""

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.events import NewResponse

from authsite.http.headers import CONTENT_SECURITY_POLICY
from tests.hosts.seam.host import Host

LAX = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src * 'unsafe-inline'",
    "Referrer-Policy": "unsafe-url",
}


def lax(config: Configurator) -> None:
    def loosen(event: Any) -> None:
        event.response.headers.update(LAX)

    config.add_subscriber(loosen, NewResponse)


def test_headers_of_the_host_are_not_those_of_own_pages(
    build_host: Callable[..., Host],
) -> None:
    visitor = build_host(before=lax).visitor()
    visitor.sign_up()
    for path in ("/accounts/account/email", "/accounts/nothing", "/accounts/sign-in"):
        headers = visitor.get(path, expect_errors=True).headers
        assert headers.getall("Cache-Control") == ["no-store"]
        assert headers.getall("Content-Security-Policy") == [CONTENT_SECURITY_POLICY]
        assert headers.getall("Referrer-Policy") == ["same-origin"]


def test_files_of_authsite_are_cached_in_a_host(build_host: Callable[..., Host]) -> None:
    headers = build_host(before=lax).visitor().get("/accounts/authsite-static/site.css").headers
    assert headers.getall("Cache-Control") == ["max-age=31536000, public"]
