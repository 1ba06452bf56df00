"""An unavailable or busy database is answered with 503 and ends no session."""

import pytest

from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.functional.reading import form_of, rows_of
from tests.site.wsgi_requests import heading_of, is_page, send_request


@pytest.mark.asvs("16.5.2", "16.5.3")
@pytest.mark.parametrize("path", ["/", "/dashboard", "/account", "/sign-in"])
def test_database_outage_keeps_sessions(application, browser, database_outage, path):
    browser.sign_up()
    cookie = browser.cookie
    with database_outage():
        answer = browser.get(path, expect_errors=True)
        assert is_page(answer, 503, "We'll be right back")
        assert int(answer.headers["Retry-After"]) > 0
        assert "Set-Cookie" not in answer.headers
        assert "Ada" not in answer
        assert answer.html.find("a", href=path)
    assert browser.cookie == cookie
    assert browser.is_signed_in


def test_pages_without_database_work_during_an_outage(browser, new_browser, database_outage):
    browser.sign_up()
    cookie = {"Cookie": f"authsite_session={browser.cookie}"}
    with database_outage():
        for path in ("/", "/sign-in", "/sign-up", "/authsite-static/site.css"):
            new_browser().get(path, status=200)
        new_browser().get("/nothing", status=404)
        new_browser().get("/dashboard", status=303)
        new_browser().get("/authsite-static/site.css", headers=cookie, status=200)
        for path, status in (("/nothing", 404), ("/authsite-static/nothing", 404)):
            answer = new_browser().get(path, headers=cookie, status=status)
            assert "Set-Cookie" not in answer.headers
            assert heading_of(answer) == "Page not found"


def test_sign_in_and_sign_up_get_503_during_an_outage(new_browser, services, database_outage):
    new_browser().sign_up()
    before = rows_of(services)
    pages = [(new_browser(), "/sign-in"), (new_browser(), "/sign-up")]
    pages = [(browser, browser.get(path)) for browser, path in pages]
    fields = {"email": "eve@example.com", "password": PASSWORD}
    more = {"first_name": "Eve", "last_name": "Smith", "confirm_password": PASSWORD}
    with database_outage():
        for browser, page in pages:
            values = fields | (more if "first_name" in form_of(page).fields else {})
            answer = browser.submit(page, values)
            assert is_page(answer, 503, "We'll be right back")
            assert int(answer.headers["Retry-After"]) > 0
    assert rows_of(services) == before


@pytest.mark.asvs("13.1.3", "15.4.3")
def test_lock_timeout_is_a_503(new_application, visit, services):
    settings = {"authsite.database.timeout": "1s", "authsite.database.attempts": "2"}
    application = new_application(**settings)
    browser = visit(application)
    page = browser.get("/sign-up")
    with services.database.engine.connect() as connection:
        if services.database.is_sqlite:
            connection.exec_driver_sql("PRAGMA user_version = 0")  # takes the write lock
        else:
            connection.exec_driver_sql("LOCK TABLE authsite_user IN ACCESS EXCLUSIVE MODE")
        fields = {"first_name": "Eve", "last_name": "Smith", "email": "eve@example.com"}
        secret = dict.fromkeys(("password", "confirm_password"), PASSWORD)
        answer = browser.submit(page, fields | secret)
    assert is_page(answer, 503, "We'll be right back")
    assert rows_of(services)["authsite_user"] == []
    assert browser.submit(page, fields | secret).status_int == 303


@pytest.mark.asvs("13.1.2", "13.2.6")
def test_exhausted_connection_pool_is_a_503(new_application, visit, browser):
    browser.sign_up()
    settings = {"authsite.database.timeout": "1s", "authsite.database.pool_size": "1"}
    application = new_application(**settings)
    cookie = f"authsite_session={browser.cookie}"
    with services_of(application.registry).database.engine.connect():
        answer = send_request(application, "/account/sessions", HTTP_COOKIE=cookie)
        assert is_page(answer, 503, "We'll be right back")
    assert send_request(application, "/account/sessions", HTTP_COOKIE=cookie).status_int == 200
