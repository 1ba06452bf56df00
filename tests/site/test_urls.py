"""Each page has one URL, and answers only the methods that it supports."""

import pytest
from pyramid.response import Response

from authsite.resources import Root
from authsite.resources.site_map import endpoints
from tests.site.page_paths import path_of
from tests.site.wsgi_requests import heading_of, send_request

pytestmark = pytest.mark.one_database

MISSPELLED = [
    "/sign-in/",
    "//sign-in",
    "//",
    "/./sign-in",
    "/.",
    "/..",
    "/a/../sign-in",
    "/%2e%2e/sign-in",
    "/%2E/sign-in",
    "/dashboard/%2e%2e/account",
    "/account/",
    "/account//",
    "//account",
    "/%2faccount",
    "/account%2f",
    "/account/../dashboard",
    "/@@sign-in",
    "/@@dashboard",
    "/account/@@",
    "/@@",
    "/sign-in/x",
    "/dashboard/style.css",
    "/account/style.css",
    "/account/x/y",
    "/account;x=1",
    "/account%3b",
    "/account%00",
    "/account%0a",
    "/account%20",
    "/%20account",
    "/Account",
    "/ACCOUNT",
    "/sign%2din/",
    "/sign_in",
    "/sign-%C4%B1n",
    "/\uff53ign-in",
    "/acc\u00f6unt",
    "/acco\u0075\u0308nt",
    "/\u202esign-in",
    "/account%c0%af",
    "/account\\",
    "/*traverse",
    "/__name__",
    "/__getitem__",
    "/index.html",
    "/.git/HEAD",
    "/development.ini",
    "/robots.txt",
    "/.well-known",
    "/.well-known/",
    "/.well-known/openid-configuration",
    "/security.txt",
    "/authsite-static",
]
OTHER_METHODS = [
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "FOO",
    "get",
    "PROPFIND",
]


@pytest.fixture
def cookie(browser, verify):
    """The session cookie of a user with a verified email."""
    browser.sign_up()
    verify()
    return f"authsite_session={browser.cookie}"


@pytest.mark.asvs("13.4.1", "14.2.5")
def test_misspelled_urls_are_not_found(application, cookie):
    for target in MISSPELLED:
        answer = send_request(application, target, HTTP_COOKIE=cookie)
        if target == "/account%c0%af":  # no UTF-8
            assert answer.status_int == 400
        else:
            assert answer.status_int == 404, target
            assert heading_of(answer) == "Page not found"
        assert "ada@example.com" not in answer.text


def test_misspelled_urls_are_not_found_when_anonymous(application, services):
    targets = [each for each in MISSPELLED if "account" not in each]
    answers = {target: send_request(application, target).status_int for target in targets}
    assert answers == dict.fromkeys(targets, 404)


@pytest.mark.parametrize("root", ["/account", "/sign-up", "//", "/x", "\xff", "/.."])
def test_client_cannot_choose_the_root(application, cookie, root):
    answer = send_request(application, "/", HTTP_X_VHM_ROOT=root, HTTP_COOKIE=cookie)
    assert (answer.status_int, "ada@example.com" in answer.text) == (200, False)
    assert send_request(application, "/dashboard", HTTP_X_VHM_ROOT=root).status_int == 303


@pytest.mark.parametrize("path", ["/", ""])
def test_empty_path_is_the_home_page(application, services, path):
    assert send_request(application, path).status_int == 200


@pytest.mark.asvs("4.1.4", "13.4.4")
@pytest.mark.parametrize("method", OTHER_METHODS)
@pytest.mark.parametrize("signed_in", [True, False])
def test_pages_answer_only_their_own_methods(application, services, cookie, method, signed_in):
    pages = endpoints(application.registry)
    for url in {page.url for page in pages}:
        path = path_of(services, url)
        answer = send_request(
            application, path, method=method, HTTP_COOKIE=cookie if signed_in else ""
        )
        # Private pages reveal nothing to anonymous visitors, admin pages only to administrators.
        if url.startswith(("/admin/",) if signed_in else ("/account/", "/admin/")):
            assert answer.status_int == 403
            continue
        methods = {page.method for page in pages if page.url == url}
        methods |= {"HEAD"} if "GET" in methods else set()
        assert answer.status_int == 405, path
        assert answer.headers.getall("Allow") == [", ".join(sorted(methods))], path
        assert heading_of(answer) == "This page can't handle that request"


@pytest.mark.parametrize("path", ["/", "/dashboard"])
def test_page_without_form_refuses_post(application, cookie, path):
    answer = send_request(application, path, method="POST", HTTP_COOKIE=cookie)
    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("method", [*OTHER_METHODS, "POST"])
def test_unknown_url_is_not_found_by_any_method(application, cookie, method):
    for path in ("/nothing", "/account/nothing"):
        answer = send_request(application, path, method=method, HTTP_COOKIE=cookie)
        assert answer.status_int == 404
        assert "Allow" not in answer.headers


@pytest.mark.parametrize("method", [None, "GET"])
def test_page_with_unmet_predicate_is_not_found(new_application, method):
    """A 405 would name the method of the request itself."""

    def add_page(config):
        config.add_view(Response, context=Root, name="x", request_method=method, request_param="y")

    answer = send_request(new_application(add_page), "/x")
    assert (answer.status_int, "Allow" in answer.headers) == (404, False)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "FOO"])
def test_static_files_refuse_other_methods(application, services, method):
    answer = send_request(application, "/authsite-static/site.css", method=method)
    assert answer.status_int in {404, 405}


@pytest.mark.parametrize("name", ["site.css", "favicon.svg"])
def test_static_files_are_served_to_everyone(application, services, name):
    answer = send_request(application, f"/authsite-static/{name}")
    assert answer.status_int == 200
    assert answer.content_type == {"site.css": "text/css", "favicon.svg": "image/svg+xml"}[name]


@pytest.mark.asvs("5.3.2", "13.4.3", "13.4.7")
@pytest.mark.parametrize(
    "path",
    ["", "../__init__.py", "%2e%2e/__init__.py", "..%2fsettings.py", "nothing.css", "../", "//"],
)
def test_static_url_serves_only_static_files(application, services, path):
    answer = send_request(application, f"/authsite-static/{path}")
    assert answer.status_int == 404
    assert "import" not in answer.text


def test_links_and_redirects_keep_the_script_name(browser):
    browser.sign_up()
    browser.app.extra_environ["SCRIPT_NAME"] = "/members"
    page = browser.get("/members/dashboard")
    paths = [each.get("href") or each.get("action") for each in page.html(["a", "form", "link"])]
    assert all(path.startswith(("/members/", "#")) for path in paths)
    assert browser.get("/members/sign-in").location == "http://localhost/members/dashboard"


@pytest.mark.parametrize("target", ["*", "foo", "x/dashboard"])
def test_target_without_slash_is_not_found(application, services, target):
    assert send_request(application, target).status_int == 404


@pytest.mark.asvs("3.7.2")
def test_error_page_links_to_this_site_only(application, services):
    answer = send_request(application, "//evil.test/sign-in", method="POST")
    assert "//evil.test" not in answer.text
