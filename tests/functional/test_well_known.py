"""`/.well-known`: security.txt and the password-change URL."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.browsers import PASSWORD

CONTACT = "mailto:security@example.com"
POLICY = "https://example.com/policy"


def fields_of(answer):
    """Return the lines of a security.txt, each a field (RFC 9116, 2.2)."""
    assert answer.text.endswith("\n")
    return [tuple(line.split(": ", 1)) for line in answer.text.splitlines()]


def test_security_txt_names_contact_and_policy(new_site):
    _, browser = new_site(
        {"authsite.site.security_contact": CONTACT, "authsite.site.security_policy": POLICY}
    )
    answer = browser.get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = fields_of(answer)
    names = [name for name, _ in fields]
    assert len(set(names)) == len(names)
    found = dict(fields)
    expires = datetime.strptime(found.pop("Expires"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    left = expires - datetime.now(UTC)
    assert timedelta(days=179) < left <= timedelta(days=180)
    assert found == {
        "Contact": CONTACT,
        "Canonical": "http://localhost/.well-known/security.txt",
        "Preferred-Languages": "en",
        "Policy": POLICY,
    }


def test_security_txt_uses_the_configured_url(new_site):
    settings = {"authsite.site.url": "https://accounts.example.com"}
    _, browser = new_site(settings, HTTP_HOST="accounts.example.com", **{"wsgi.url_scheme": "http"})
    canonical = dict(fields_of(browser.get("/.well-known/security.txt")))["Canonical"]
    assert canonical == "https://accounts.example.com/.well-known/security.txt"


def test_security_txt_omits_an_unset_policy(browser):
    assert "Policy" not in browser.get("/.well-known/security.txt")


def test_security_txt_requires_a_contact(new_site, settings_of_tests, monkeypatch):
    monkeypatch.delitem(settings_of_tests, "authsite.site.security_contact")
    _, browser = new_site({})
    assert browser.get("/.well-known/security.txt", status=404)


def test_change_password_redirects_to_the_account(browser):
    browser.sign_up()
    answer = browser.get("/.well-known/change-password", status=303)
    assert answer.location == "http://localhost/account/password"


def test_change_password_requires_sign_in(browser):
    browser.sign_up()
    browser.sign_out()
    page = browser.get("/.well-known/change-password").follow().follow()
    assert page.request.path_qs == "/sign-in?next=%2Faccount%2Fpassword"
    answer = browser.submit(page, {"email": "ada@example.com", "password": PASSWORD})
    assert answer.location == "http://localhost/account/password"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "resource-that-should-not-exist-whose-status-code-should-not-be-200",
        "security.txt/x",
        "SECURITY.TXT",
        "",
    ],
)
def test_other_well_known_paths_are_not_found(browser, known, name):
    """Password managers request the first of these to see if the site answers with a 404."""
    if known:
        browser.sign_up()
    browser.get(f"/.well-known/{name}", status=404)


def test_well_known_paths_need_no_database(new_site):
    services, visitor = new_site({"sqlalchemy.url": "postgresql://user@192.0.2.1:1/nowhere"})
    for name, status in (("security.txt", 200), ("change-password", 303), ("nothing", 404)):
        visitor.get(f"/.well-known/{name}", status=status)
    for engine in (services.database.engine, services.database.read_engine):
        assert engine.pool.checkedout() + engine.pool.checkedin() == 0
