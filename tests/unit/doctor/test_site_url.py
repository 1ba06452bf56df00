"""The check of the site's URL."""

import pytest

from authsite.doctor.finding import Status
from tests.unit.doctor.findings import fails, findings_of, passes, warns


def at(url, **app):
    """Return the lines of a site at this URL."""
    return {"authsite.site.url": url, "authsite.mail.sender": "accounts@example.com"} | app


def test_site_url_accepts_a_host_name_on_https(a_subject):
    passes(a_subject(app=at("https://accounts.example.com")), "site url")


def test_site_url_rejects_http(a_subject):
    app = at("http://accounts.example.com", **{"authsite.site.allow_http": "yes"})
    assert "unencrypted" in fails(a_subject(app=app), "site url")


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost:8443", "site.test", "192.0.2.7", "[2001:db8::7]"]
)
def test_site_url_rejects_hosts_that_users_cannot_open(a_subject, host):
    assert "not a host name" in fails(a_subject(app=at(f"https://{host}")), "site url")


@pytest.mark.parametrize("host", ["accounts", "accounts.local", "accounts.home.arpa"])
def test_site_url_warns_of_local_names(a_subject, host):
    assert host in warns(a_subject(app=at(f"https://{host}")), "site url")


def test_site_url_reports_scheme_and_host(a_subject):
    found = findings_of(a_subject(app=at("http://localhost")), "site url")
    assert [each.status for each in found] == [Status.FAIL, Status.FAIL]


def test_site_url_may_be_anything_in_development(a_subject):
    passes(a_subject(app=at("http://localhost:6543", **{"authsite.dev": "true"})), "site url")
