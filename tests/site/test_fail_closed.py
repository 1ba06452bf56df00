"""When a check fails, the request is refused and nothing is changed."""

import dataclasses
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from webtest import TestApp

from authsite.security.csrf import CsrfPolicy
from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import form_of, rows_of
from tests.site.wsgi_requests import is_page

HERE = {"Sec-Fetch-Site": "same-origin"}
NEW = "nine purple yaks waltz"
EVE = {"first_name": "Eve", "last_name": "Smith", "email": "eve@example.com"}
FORMS = {
    "/sign-up": EVE | {"password": PASSWORD, "confirm_password": PASSWORD},
    "/sign-in": {"email": "ada@example.com", "password": PASSWORD},
    "/account": {"first_name": "Mallory", "last_name": "Smith"},
    "/account/password": {"password": NEW, "confirm_password": NEW, "current_password": PASSWORD},
    "/confirm-password": {"current_password": PASSWORD},
    "/sign-out": {},
}
BROKEN = {
    "the throttle": (
        "authsite_throttle",
        [path for path in FORMS if path not in {"/account", "/sign-out"}],
    ),
    "the look-up of the identity": ("authsite_session", ["/account", "/sign-out"]),
    "the look-up of the credential": ("authsite_user", ["/sign-up", "/sign-in"]),
}


@contextmanager
def without(table, services):
    """Rename a table, as a failed migration could."""
    name = services.database.engine.dialect.identifier_preparer.quote(table)
    with services.database.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {name} RENAME TO renamed"))
    try:
        yield
    finally:
        with services.database.engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE renamed RENAME TO {name}"))


@pytest.fixture
def filled_in(new_browser, browser):
    """Return a function that fills in the form at a path and returns another, which sends it."""
    new_browser().sign_up()

    def fill(path):
        if path not in {"/sign-up", "/sign-in"}:
            browser.sign_in()
        fields = dict(form_of(browser.get(path)).submit_fields()) | FORMS[path]
        cookies = "; ".join(f"{name}={value}" for name, value in browser.app.cookies.items())
        headers = HERE | {"Cookie": cookies}
        return lambda at: at.app.post(path, fields, headers=headers, expect_errors=True)

    return fill


def is_refused(answer):
    """Whether this is an error page without cookies or redirect."""
    if answer.status_int == 503:
        page = is_page(answer, 503, "We'll be right back")
    else:
        page = is_page(answer, 500, "Something went wrong on our side")
    return page and "Set-Cookie" not in answer.headers and answer.location is None


@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize(
    ("table", "path"),
    [(table, path) for table, paths in BROKEN.values() for path in paths],
    ids=[f"{check} at {path}" for check, (_, paths) in BROKEN.items() for path in paths],
)
def test_missing_table_refuses_the_form(new_browser, services, filled_in, table, path):
    send = filled_in(path)
    before = rows_of(services)
    with without(table, services):
        assert is_refused(send(new_browser()))
    assert rows_of(services) == before
    assert send(new_browser()).status_int == 303


class BrokenPolicyError(Exception):
    """The CSRF check failed with an error."""


class BrokenPolicy(CsrfPolicy):
    """A CSRF policy whose check raises an error."""

    def check_csrf_token(self, request, supplied_token):
        raise BrokenPolicyError


def broken(services):
    """Return the services with a CSRF check that raises an error."""
    policy = BrokenPolicy(
        services.settings.secret, cookie=services.anonymous_cookie, hosts=services.hosts
    )
    return dataclasses.replace(services, csrf=policy)


@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize("path", FORMS)
def test_broken_csrf_check_refuses_the_form(
    new_application, new_browser, services, filled_in, path
):
    application = new_application()
    application.registry["authsite"] = broken(services_of(application.registry))
    send = filled_in(path)
    before = rows_of(services)
    assert is_refused(send(Browser(TestApp(application))))
    assert rows_of(services) == before
    assert send(new_browser()).status_int == 303


@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize("path", ["/dashboard", "/account", "/sign-out"])
def test_unknown_identity_shows_no_page(services, browser, path):
    browser.sign_up()
    with without("authsite_session", services):
        answer = browser.get(path, expect_errors=True)
        assert is_refused(answer)
        assert "Ada" not in answer
