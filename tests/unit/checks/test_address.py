"""Whether the site's address is one for people, and its cookies are safe there."""

import pytest

from authsite.checks.finding import Status
from authsite.http.cookies import Cookie
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at


def at(url, **app):
    """Return what an ini file says of a site that is there."""
    return {"authsite.site.url": url, "authsite.mail.sender": "accounts@example.com"} | app


def test_a_name_on_https_is_fine(a_setup):
    assert "on https" in is_fine(a_setup(app=at("https://accounts.example.com")), "site url")


def test_a_name_without_https_is_wrong(a_setup):
    setup = a_setup(app=at("http://accounts.example.com"))
    assert "in the clear" in is_wrong(setup, "site url")


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost:8443", "site.test", "192.0.2.7", "[2001:db8::7]"]
)
def test_what_nobody_can_find_is_wrong(a_setup, host):
    assert "no name" in is_wrong(a_setup(app=at(f"https://{host}")), "site url")


@pytest.mark.parametrize("host", ["accounts", "accounts.local", "accounts.home.arpa"])
def test_a_name_of_ones_own_network_is_doubtful(a_setup, host):
    assert "your own network" in is_doubtful(a_setup(app=at(f"https://{host}")), "site url")


def test_each_thing_is_told(a_setup):
    found = looked_at(a_setup(app=at("http://localhost")), "site url")
    assert [each.status for each in found] == [Status.WRONG, Status.WRONG]


def test_in_development_it_may_be_anything(a_setup):
    setup = a_setup(app=at("http://localhost:6543", **{"authsite.dev": "true"}))
    assert "for development" in is_fine(setup, "site url")


def test_cookies_on_https_are_fine(a_setup):
    said = is_fine(a_setup(), "cookies")
    for name in ("session", "form", "device", "flash"):
        assert f"__Host-{name}" in said


def test_cookies_without_https_are_wrong_each(a_setup):
    found = looked_at(a_setup(app=at("http://accounts.example.com")), "cookies")
    assert {each.status for each in found} == {Status.WRONG}
    assert "the cookie session is set without Secure, __Host-" in [each.seen for each in found]
    assert len(found) == 4


def test_in_development_they_need_no_https(a_setup):
    setup = a_setup(app=at("http://localhost", **{"authsite.dev": "true"}))
    assert is_fine(setup, "cookies").startswith("session, form, device, flash")


def test_the_check_knows_every_cookie_of_the_site(a_setup):
    """Of each part that the site is made of, however deep it is kept."""
    services = a_setup().services
    parts = [vars(services)[name] for name in vars(services)]
    parts += [each for part in parts for each in getattr(part, "__dict__", {}).values()]
    assert {each for each in parts if isinstance(each, Cookie)} == set(services.cookies)
