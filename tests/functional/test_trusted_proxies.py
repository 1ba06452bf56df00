"""A site whose server leaves the proxies to `authsite.proxy.trusted`."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from authsite.services import Services

#: As of a server that does not know the proxy in front of it.
ENVIRON = {
    "wsgi.url_scheme": "http",
    "REMOTE_ADDR": "::ffff:127.0.0.1",
    "HTTP_X_FORWARDED_FOR": "203.0.113.66, 192.0.2.7",
    "HTTP_X_FORWARDED_PROTO": "https",
}
TRUSTED = {"authsite.proxy.trusted": "127.0.0.1"}


def ip_addresses(services: Services) -> list[str | None]:
    """Return the IP address of each session."""
    with services.database.read_engine.connect() as connection:
        return list(connection.execute(sa.select(UserSession.ip_address)).scalars())


@pytest.mark.one_database
@pytest.mark.asvs("4.1.3", "15.3.4")
@pytest.mark.parametrize(
    ("settings", "ip_address", "scheme"),
    [(TRUSTED, "192.0.2.7", "https"), ({}, "127.0.0.1", "http")],
    ids=["trusted", "unset"],
)
def test_session_and_redirects_are_those_of_the_client(
    new_site: Callable, settings: dict[str, str], ip_address: str, scheme: str
) -> None:
    """Without the setting, the peer is the client."""
    services, browser = new_site(settings, **ENVIRON)
    browser.sign_up()
    assert ip_addresses(services) == [ip_address]
    redirect = browser.get("/sign-in", status=303)
    assert redirect.location.startswith(f"{scheme}://")
