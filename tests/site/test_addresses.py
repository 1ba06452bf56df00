"""One page, one address; and on every page only the methods that it is made for."""

import pytest
from pyramid.response import Response

from authsite.resources import Root
from authsite.resources.site_map import endpoints
from tests.site.places import path_of
from tests.site.raw import ask, heading_of

pytestmark = pytest.mark.one_database

ODD = [
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
STRANGE_METHODS = [
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
    """The session cookie of someone who may open every page."""
    browser.sign_up()
    verify()
    return f"session={browser.cookie}"


@pytest.mark.asvs("13.4.1", "14.2.5")
def test_whatever_is_spelled_oddly_is_no_page(application, cookie):
    for target in ODD:
        answer = ask(application, target, HTTP_COOKIE=cookie)
        if target == "/account%c0%af":  # no UTF-8
            assert answer.status_int == 400
        else:
            assert answer.status_int == 404, target
            assert heading_of(answer) == "Page not found"
        assert "ada@example.com" not in answer.text


def test_a_stranger_is_told_the_same(application, services):
    targets = [each for each in ODD if "account" not in each]
    answers = {target: ask(application, target).status_int for target in targets}
    assert answers == dict.fromkeys(targets, 404)


@pytest.mark.parametrize("root", ["/account", "/sign-up", "//", "/x", "\xff", "/.."])
def test_a_client_does_not_choose_the_root(application, cookie, root):
    answer = ask(application, "/", HTTP_X_VHM_ROOT=root, HTTP_COOKIE=cookie)
    assert (answer.status_int, "ada@example.com" in answer.text) == (200, False)
    assert ask(application, "/dashboard", HTTP_X_VHM_ROOT=root).status_int == 303


@pytest.mark.parametrize("path", ["/", ""])
def test_the_home_page_has_the_address_that_a_server_makes_of_none(application, services, path):
    assert ask(application, path).status_int == 200


@pytest.mark.asvs("4.1.4", "13.4.4")
@pytest.mark.parametrize("method", STRANGE_METHODS)
@pytest.mark.parametrize("known", [True, False])
def test_a_page_answers_to_its_own_methods_only(application, services, cookie, method, known):
    pages = endpoints(application.registry)
    for address in {page.url for page in pages}:
        path = path_of(services, address)
        answer = ask(application, path, method=method, HTTP_COOKIE=cookie if known else "")
        # Where strangers learn nothing, or nobody does but administrators.
        if address.startswith(("/admin/",) if known else ("/account/", "/admin/")):
            assert answer.status_int == 403
            continue
        methods = {page.method for page in pages if page.url == address}
        methods |= {"HEAD"} if "GET" in methods else set()
        assert answer.status_int == 405, path
        assert answer.headers.getall("Allow") == [", ".join(sorted(methods))], path
        assert heading_of(answer) == "This page can't handle that request"


@pytest.mark.parametrize("path", ["/", "/dashboard"])
def test_a_page_without_a_form_takes_none(application, cookie, path):
    answer = ask(application, path, method="POST", HTTP_COOKIE=cookie)
    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("method", [*STRANGE_METHODS, "POST"])
def test_where_nothing_is_no_method_helps(application, cookie, method):
    for path in ("/nothing", "/account/nothing"):
        answer = ask(application, path, method=method, HTTP_COOKIE=cookie)
        assert answer.status_int == 404
        assert "Allow" not in answer.headers


@pytest.mark.parametrize("method", [None, "GET"])
def test_a_page_that_asks_for_more_than_a_method_is_not_there_without_it(new_application, method):
    """A 405 would name the very method that was used."""

    def add_page(config):
        config.add_view(Response, context=Root, name="x", request_method=method, request_param="y")

    answer = ask(new_application(add_page), "/x")
    assert (answer.status_int, "Allow" in answer.headers) == (404, False)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "FOO"])
def test_static_files_are_to_be_read_only(application, services, method):
    answer = ask(application, "/authsite-static/site.css", method=method)
    assert answer.status_int in {404, 405}


@pytest.mark.parametrize("name", ["site.css", "favicon.svg"])
def test_static_files_are_served_to_everyone(application, services, name):
    answer = ask(application, f"/authsite-static/{name}")
    assert answer.status_int == 200
    assert answer.content_type == {"site.css": "text/css", "favicon.svg": "image/svg+xml"}[name]


@pytest.mark.asvs("5.3.2", "13.4.3", "13.4.7")
@pytest.mark.parametrize(
    "rest",
    ["", "../__init__.py", "%2e%2e/__init__.py", "..%2fsettings.py", "nothing.css", "../", "//"],
)
def test_nothing_but_the_static_files_is_served_as_one(application, services, rest):
    answer = ask(application, f"/authsite-static/{rest}")
    assert answer.status_int == 404
    assert "import" not in answer.text


def test_below_a_prefix_every_link_and_redirect_keeps_to_it(browser):
    browser.sign_up()
    browser.app.extra_environ["SCRIPT_NAME"] = "/members"
    page = browser.get("/members/dashboard")
    paths = [each.get("href") or each.get("action") for each in page.html(["a", "form", "link"])]
    assert all(path.startswith(("/members/", "#")) for path in paths)
    assert browser.get("/members/sign-in").location == "http://localhost/members/dashboard"


@pytest.mark.parametrize("target", ["*", "foo", "x/dashboard"])
def test_a_target_without_a_slash_is_no_page(application, services, target):
    assert ask(application, target).status_int == 404


@pytest.mark.asvs("3.7.2")
def test_an_error_page_links_to_nowhere_else(application, services):
    answer = ask(application, "//evil.test/sign-in", method="POST")
    assert "//evil.test" not in answer.text
