"""Text in URLs and cookies that no database could store, or that is no id, never reaches one."""

import pytest

from authsite.resources.site_map import endpoints
from tests.browsers import Browser
from tests.site.page_paths import path_of
from tests.site.wsgi_requests import send_request

#: NUL, a lone surrogate's bytes are malformed; numbers beyond 64 bits; characters of four bytes.
TEXTS = ["%00", "A" * 15 + "%00", "%EF%BF%BF", "%F0%9F%A6%99", "9" * 16, "9" * 40, "-1", "%25", "'"]
TEXTS += ["A" * 43 + "%00", "%EF%BF%BD", "1e400", "%20" * 16, "A" * 300]
QUERIES = ["q", "after", "before", "next", "replay"]


@pytest.fixture
def site(new_application, visit, grant_admin):
    """A site in development mode, which has all pages, and an administrator's cookies."""
    application = new_application(**{"authsite.dev": "true"})
    browser: Browser = visit(application)
    browser.sign_up()
    grant_admin("ada@example.com")
    return application, browser


@pytest.mark.asvs("16.5.4")
def test_unusual_text_in_urls_is_no_server_error(site, services):
    application, browser = site
    cookies = "; ".join(f"{name}={value}" for name, value in browser.app.cookies.items())
    urls = {page.url for page in endpoints(application.registry)} | {"/dev/mail/{id}"}
    for url in urls | {"/dev/mail/{id}/html"}:
        path = path_of(services, url)
        for text in TEXTS:
            targets = [f"{path}?{name}={text}" for name in QUERIES]
            targets += [url.replace("{id}", text).replace("{token}", text), f"{path}/{text}"]
            for target in targets:
                answer = send_request(application, target, HTTP_COOKIE=cookies)
                assert answer.status_int < 500, target


@pytest.mark.asvs("16.5.4")
def test_unusual_text_in_cookies_is_no_server_error(site, services):
    application, _ = site
    cookies = (
        services.session_cookie,
        services.anonymous_cookie,
        services.pending_sign_in_cookie,
        services.device_cookies.cookie,
        services.flash.cookie,
    )
    texts = ["\0", "A" * 16 + "." + "A" * 42 + "\0", "\xff", "9" * 40, f"{'A' * 16}.{'é' * 43}"]
    texts += ["account-closed.\0", "account-closed.99999-99-99", "/" * 64, "_" * 64, "A" * 64]
    for cookie in cookies:
        for text in texts:
            for path in ("/account", "/sign-in", "/reactivate-account"):
                for method in ("GET", "POST"):
                    answer = send_request(
                        application,
                        path,
                        method=method,
                        HTTP_COOKIE=f"{cookie.name}={text}",
                        HTTP_USER_AGENT="\0",
                        HTTP_SEC_FETCH_SITE="same-origin",
                    )
                    assert answer.status_int < 500, (cookie.name, text)
