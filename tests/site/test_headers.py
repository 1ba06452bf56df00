"""Headers of every response: pages, redirects, errors and files."""

import pytest
from pyramid.response import Response

from authsite.resources import Root
from authsite.resources.site_map import endpoints
from authsite.services import services_of
from tests.site.page_paths import path_of
from tests.site.wsgi_requests import send_request

pytestmark = pytest.mark.one_database

SITE = "https://accounts.example.com"
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
#: Types that need no charset (RFC 8259 8.1, RFC 7303).
UTF_8_ALWAYS = {"image/svg+xml", "application/json"}
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def add_crash(config):
    """Add a page that fails."""

    def crash(request):
        raise RuntimeError

    config.add_view(crash, context=Root, name="crash", request_method="GET", permission="public")


def all_responses(application, **environ):
    """Yield the responses of every page to every method, and of errors."""
    services = services_of(application.registry)
    for path in {path_of(services, page.url) for page in endpoints(application.registry)}:
        for method in ("GET", "HEAD", "POST", "PUT"):
            yield send_request(application, path, method=method, **environ)
    for target in ("/nothing", "/account/nothing", "/sign-in?a=%ff", "/%ff", "/crash"):
        yield send_request(application, target, **environ)
    yield send_request(application, "/", **environ | {"HTTP_HOST": "evil.test"})
    for name in ("site.css", "favicon.svg", "nothing", "../x"):
        yield send_request(application, f"/authsite-static/{name}", **environ)


@pytest.fixture(params=["anonymous", "signed in"])
def cookie(request, browser):
    """The cookie of the browser. Without a CSRF token, no request signs it out."""
    if request.param == "anonymous":
        return ""
    browser.sign_up()
    return f"authsite_session={browser.cookie}"


@pytest.mark.asvs("3.2.1", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "3.5.8", "4.1.1")
def test_every_response_has_the_security_headers(new_application, cookie):
    statuses = set()
    for answer in all_responses(new_application(add_crash), HTTP_COOKIE=cookie):
        headers, status = answer.headers, answer.status
        directives = headers["Content-Security-Policy"].split("; ")
        assert dict(each.split(" ", 1) for each in directives) == POLICY, status
        assert headers.getall("X-Content-Type-Options") == ["nosniff"]
        assert headers.getall("Referrer-Policy") == ["same-origin"]
        assert headers.getall("Cross-Origin-Opener-Policy") == ["same-origin"]
        assert headers.getall("Cross-Origin-Resource-Policy") == ["same-origin"]
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers
        assert "charset" in headers["Content-Type"].lower() or answer.content_type in UTF_8_ALWAYS
        statuses.add(answer.status_int)
    assert statuses >= {200, 303, 400, 403, 404, 405, 500}


@pytest.mark.asvs("3.4.3")
def test_settings_add_sources_to_the_content_policy(new_application, cookie):
    """Also on errors; the other directives stay."""
    settings = {
        "csp_style_src": "https://cdn.example.com/css/",
        "csp_font_src": "'self'",
        "csp_img_src": "data:",
        "csp_script_src": "'self' 'sha256-AbC='",
    }
    settings = {f"authsite.headers.{name}": value for name, value in settings.items()}
    added = {
        "style-src": "'self' https://cdn.example.com/css/",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "script-src": "'self' 'sha256-AbC='",
    }
    for answer in all_responses(new_application(add_crash, **settings), HTTP_COOKIE=cookie):
        directives = answer.headers["Content-Security-Policy"].split("; ")
        assert dict(each.split(" ", 1) for each in directives) == POLICY | added


@pytest.mark.asvs("14.2.2", "14.3.2")
def test_only_static_files_are_cacheable(new_application, cookie):
    for answer in all_responses(new_application(add_crash), HTTP_COOKIE=cookie):
        is_file = answer.content_type in {"text/css", "image/svg+xml"}
        [stored] = answer.headers.getall("Cache-Control")
        assert "max-age=31536000" in stored if is_file else stored == "no-store"
        assert not is_file or "Set-Cookie" not in answer.headers


@pytest.mark.asvs("3.4.1")
def test_https_responses_have_hsts_and_secure_cookies(new_application):
    application = new_application(add_crash, **{"authsite.site.url": SITE})
    environ = {"HTTP_HOST": "accounts.example.com", "wsgi.url_scheme": "https"}
    for answer in all_responses(application, **environ):
        [hsts] = answer.headers.getall("Strict-Transport-Security")
        assert hsts == "max-age=63072000; includeSubDomains"
        cookies = answer.headers.getall("Set-Cookie")
        assert all("secure" in cookie.lower().split("; ") for cookie in cookies)


@pytest.mark.asvs("13.4.6")
def test_no_response_names_the_software(new_application, cookie):
    for answer in all_responses(new_application(add_crash), HTTP_COOKIE=cookie):
        assert not {"Server", "X-Powered-By", "Via"} & set(answer.headers)
        assert not any(
            name in answer.text.lower() for name in ("pyramid", "waitress", "sqlalchemy")
        )


@pytest.mark.asvs("3.3.4", "14.2.1", "14.2.6")
def test_no_response_contains_the_session_secret(new_application, browser):
    browser.sign_up()
    identifier, _, secret = browser.cookie.partition(".")
    environ = {"HTTP_COOKIE": f"authsite_session={browser.cookie}"} | HERE
    for answer in all_responses(new_application(add_crash), **environ):
        assert secret not in f"{answer.headers}{answer.text}"
        # The id alone gives no access, and pages show it to the owner of the session.
        assert identifier not in f"{answer.headers}"


@pytest.mark.asvs("3.4.2")
@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://localhost.evil.test"])
def test_no_response_allows_cross_origin_reads(application, services, origin):
    for method in ("GET", "OPTIONS"):
        answer = send_request(application, "/sign-in", method=method, HTTP_ORIGIN=origin)
        assert not any(name.startswith("Access-Control-") for name in answer.headers)


def test_host_page_may_set_its_own_headers(new_application):
    def add_page(config):
        def page(request):
            policy = "default-src 'self'"
            return Response(headers={"Cache-Control": "public", "Content-Security-Policy": policy})

        config.add_view(page, name="x", permission="public")

    answer = send_request(new_application(add_page), "/x")
    assert answer.headers.getall("Cache-Control") == ["public"]
    assert answer.headers.getall("Content-Security-Policy") == ["default-src 'self'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.asvs("4.2.2")
def test_head_has_the_headers_of_get(application, browser):
    browser.sign_up()
    cookie = f"authsite_session={browser.cookie}"
    for path in ("/", "/dashboard", "/account", "/sign-out", "/sign-in", "/nothing"):
        get, head = (
            send_request(application, path, method=method, HTTP_COOKIE=cookie)
            for method in ("GET", "HEAD")
        )
        assert head.status == get.status
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.headers["Content-Length"] == get.headers["Content-Length"]
