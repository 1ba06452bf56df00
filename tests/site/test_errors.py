"""Every error has a page, which reveals no internals."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pyramid.response import Response

from authsite.accounts.email_links import InvalidLink
from authsite.models import User
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import RateLimited
from tests.functional.reading import rows_of
from tests.site.wsgi_requests import is_page, send_request

HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
SECRET = "UnexpectedError: what no page may show"
ROW = {
    "id": "chosen",
    "first_name": "Eve",
    "last_name": "Smith",
    "email": "eve@example.com",
    "email_normalized": "eve@example.com",
    "password_hash": "x",
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
}


class UnexpectedError(Exception):
    """An error that no code expects."""


def add_pages(config):
    """Add pages that fail: at once, after a write, and when the response is ready."""

    def crash(request):
        raise UnexpectedError(SECRET)

    def write_and_crash(request):
        request.authsite.dbsession.execute(sa.insert(User).values(ROW))
        raise UnexpectedError(SECRET)

    def write_invalid_rows(request):
        request.authsite.dbsession.add(User(**ROW))
        request.authsite.dbsession.add(
            User(**ROW | {"id": "another", "email_normalized": "x", "first_name": ""})
        )
        return Response("stored")

    def lose_the_database(request):
        def disconnect():
            raise sa.exc.OperationalError(SECRET, None, UnexpectedError())

        request.authsite.dbsession.add(User(**ROW))
        request.authsite.tm.get().addBeforeCommitHook(disconnect)
        return Response("stored")

    for view in (crash, write_and_crash, write_invalid_rows, lose_the_database):
        for method in ("GET", "POST"):
            config.add_view(
                view,
                context=Root,
                name=view.__name__,
                request_method=method,
                permission="public",
                require_csrf=False,
            )


@pytest.fixture
def failing(new_application):
    """The site with pages that fail."""
    return new_application(add_pages)


@pytest.mark.parametrize(
    ("path", "method", "status", "heading"),
    [
        ("/%ff", "GET", 400, "We couldn't read that request"),
        ("/sign-in", "POST", 403, "This form has expired"),
        ("/account", "POST", 403, "You're not signed in"),
        ("/nothing", "GET", 404, "Page not found"),
        ("/", "PUT", 405, "This page can't handle that request"),
        ("/crash", "GET", 500, "Something went wrong on our side"),
        ("/crash", "POST", 500, "Something went wrong on our side"),
    ],
)
def test_each_error_has_a_page(failing, path, method, status, heading):
    assert is_page(send_request(failing, path, method=method, **HERE), status, heading)


@pytest.mark.parametrize(
    ("error", "status", "heading", "retry_after"),
    [
        (InvalidLink(), 410, "This link is no longer valid", None),
        (RateLimited("sign_in_network", timedelta(seconds=90)), 429, "Too many attempts", "90"),
        (HashQueueFull(), 503, "We're busy right now", "5"),
    ],
)
def test_domain_errors_of_any_view_have_a_page(
    new_application, error, status, heading, retry_after
):
    """Views without a form, those of host applications included, need not catch them."""

    def fail(_request):
        raise error

    application = new_application(
        lambda config: config.add_view(fail, context=Root, name="fail", permission="public")
    )
    answer = send_request(application, "/fail")
    assert is_page(answer, status, heading)
    assert answer.headers.get("Retry-After") == retry_after


def test_error_page_shows_the_signed_in_user(failing, browser):
    browser.sign_up()
    cookie = f"authsite_session={browser.cookie}"
    for path in ("/nothing", "/crash", "/%ff"):
        assert "Ada Lovelace" in send_request(failing, path, HTTP_COOKIE=cookie).text


def test_signed_in_user_without_permission_is_refused(new_application, browser):
    def forbidden_page(config):
        config.add_view(Response, context=Root, name="admin", permission="administer")

    browser.sign_up()
    application = new_application(forbidden_page)
    answer = send_request(application, "/admin", HTTP_COOKIE=f"authsite_session={browser.cookie}")
    assert is_page(answer, 403, "You don't have access to this page")


@pytest.mark.asvs("16.3.4", "16.5.1")
def test_crash_is_logged_and_the_page_shows_an_id(failing, caplog):
    caplog.set_level(logging.ERROR)
    answer = send_request(failing, "/crash")
    assert is_page(answer, 500, "Something went wrong on our side")
    [record] = caplog.records
    assert record.exc_info[1].args == (SECRET,)
    assert record.getMessage() == "sys_crash: UnexpectedError"
    shown_id = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert re.fullmatch("[0-9a-f]{8,}", shown_id)


@pytest.mark.asvs("2.3.3")
def test_crash_rolls_back_writes(failing, services):
    answer = send_request(failing, "/write_and_crash", method="POST")
    assert is_page(answer, 500, "Something went wrong on our side")
    assert rows_of(services)["authsite_user"] == []


@pytest.mark.asvs("2.3.3", "16.5.4")
def test_failed_commit_shows_a_page_and_rolls_back(failing, services):
    answer = send_request(failing, "/write_invalid_rows", method="POST")
    assert is_page(answer, 500, "Something went wrong on our side")
    assert rows_of(services)["authsite_user"] == []


@pytest.mark.asvs("2.3.3", "16.5.2")
def test_lost_database_during_commit_is_a_503(failing, services):
    answer = send_request(failing, "/lose_the_database", method="POST")
    assert is_page(answer, 503, "We'll be right back")
    assert rows_of(services)["authsite_user"] == []


def test_get_keeps_no_writes(failing, services):
    send_request(failing, "/write_invalid_rows")
    assert rows_of(services)["authsite_user"] == []
