"""No page clears or replaces the cookie of a session that lives, whatever its secret."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.session_secrets import PREVIOUS_SECRET_LIFETIME
from authsite.clock import utc_now
from authsite.models import UserSession
from authsite.resources.site_map import endpoints
from authsite.tokens import SessionToken
from tests.browsers import PASSWORD
from tests.functional.cookies import SESSION, cookies_of, plant
from tests.functional.reading import form_of
from tests.site.page_paths import path_of

EVE = "eve@example.com"


@pytest.fixture
def ada(browser):
    """The browser of a signed-in user."""
    browser.sign_up()
    return browser


@pytest.fixture
def request_all(application, services, new_browser):
    """Return the answer of each page to a browser with this session cookie."""
    new_browser().sign_up(email=EVE)

    def go(cookie):
        for page in endpoints(application.registry):
            visitor = new_browser()
            form = {"csrf_token": form_of(visitor.get("/sign-in"))["csrf_token"].value}
            plant(visitor, SESSION, cookie)
            yield (
                page,
                visitor.app.request(
                    path_of(services, page.url, email=EVE),
                    method=page.method,
                    POST=form if page.method == "POST" else None,
                    headers={"Sec-Fetch-Site": "same-origin"},
                    expect_errors=True,
                ),
            )

    return go


def rotate(browser):
    """Confirm the password, which gives the session a new secret; return the previous cookie."""
    previous = browser.cookie
    browser.submit(browser.get("/confirm-password"), {"current_password": PASSWORD})
    assert browser.cookie != previous
    return previous


def test_wrong_secret_keeps_the_cookie(ada, request_all):
    wrong = SessionToken.for_session(SessionToken.parse(ada.cookie).id)
    for page, answer in request_all(str(wrong)):
        assert SESSION not in cookies_of(answer), page
    assert ada.is_signed_in


@pytest.mark.parametrize("age", [timedelta(0), PREVIOUS_SECRET_LIFETIME])
def test_previous_secret_keeps_the_cookie(ada, request_all, services, age):
    previous = rotate(ada)
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.update(UserSession).values(rotated_at=utc_now() - age))
    for page, answer in request_all(previous):
        assert SESSION not in cookies_of(answer), page
    assert ada.is_signed_in
