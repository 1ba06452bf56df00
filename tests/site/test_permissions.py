"""The permission of every page and method. A new page needs a row."""

import pytest
from pyramid.response import Response

from authsite.resources import Admin, Resource, Root
from authsite.resources.site_map import endpoints
from tests.site.page_paths import UNKNOWN_TOKEN, WITHOUT_TOKEN, path_of

pytestmark = pytest.mark.one_database

TABLE = [
    ("/", "GET", "public"),
    ("/.well-known/change-password", "GET", "public"),
    ("/.well-known/security.txt", "GET", "public"),
    ("/account", "GET", "authenticated"),
    ("/account", "POST", "authenticated"),
    ("/account/close", "GET", "authenticated"),
    ("/account/close", "POST", "authenticated"),
    ("/account/email", "GET", "authenticated"),
    ("/account/email", "POST", "authenticated"),
    ("/account/export", "GET", "authenticated"),
    ("/account/history", "GET", "authenticated"),
    ("/account/history.csv", "GET", "authenticated"),
    ("/account/history.json", "GET", "authenticated"),
    ("/account/password", "GET", "authenticated"),
    ("/account/password", "POST", "authenticated"),
    ("/account/sessions", "GET", "authenticated"),
    ("/account/sessions/end-others", "POST", "authenticated"),
    ("/account/sessions/{id}", "GET", "authenticated"),
    ("/account/sessions/{id}", "POST", "authenticated"),
    ("/account/sessions/{id}/end", "POST", "authenticated"),
    ("/admin", "GET", "administer"),
    ("/admin/audit", "GET", "administer"),
    ("/admin/audit.csv", "GET", "administer"),
    ("/admin/users/{id}", "GET", "administer"),
    ("/admin/users/{id}/emails", "GET", "administer"),
    ("/admin/users/{id}/emails/{id}/retry", "POST", "administer"),
    ("/admin/users/{id}/end-sessions", "POST", "administer"),
    ("/admin/users/{id}/mark-verified", "GET", "administer"),
    ("/admin/users/{id}/mark-verified", "POST", "administer"),
    ("/admin/users/{id}/notes", "GET", "administer"),
    ("/admin/users/{id}/notes", "POST", "administer"),
    ("/admin/users/{id}/reinstate", "POST", "administer"),
    ("/admin/users/{id}/send-reset", "POST", "administer"),
    ("/admin/users/{id}/send-verification", "POST", "administer"),
    ("/admin/users/{id}/sessions/{id}/end", "POST", "administer"),
    ("/admin/users/{id}/suspend", "GET", "administer"),
    ("/admin/users/{id}/suspend", "POST", "administer"),
    ("/admin/users/{id}/unlock", "POST", "administer"),
    ("/authsite-static/{file}", "GET", "none"),
    ("/change-email", "GET", "public"),
    ("/change-email/{token}", "GET", "public"),
    ("/change-email/{token}", "POST", "public"),
    ("/confirm-password", "GET", "authenticated"),
    ("/confirm-password", "POST", "authenticated"),
    ("/dashboard", "GET", "authenticated"),
    ("/forgot-password", "GET", "public"),
    ("/forgot-password", "POST", "public"),
    ("/healthz", "GET", "public"),
    ("/reactivate-account", "GET", "public"),
    ("/reactivate-account", "POST", "public"),
    ("/readyz", "GET", "public"),
    ("/reset-password", "GET", "public"),
    ("/reset-password/{token}", "GET", "public"),
    ("/reset-password/{token}", "POST", "public"),
    ("/secure-account", "GET", "public"),
    ("/secure-account/{token}", "GET", "public"),
    ("/secure-account/{token}", "POST", "public"),
    ("/sign-in", "GET", "anonymous"),
    ("/sign-in", "POST", "anonymous"),
    ("/sign-out", "GET", "authenticated"),
    ("/sign-out", "POST", "authenticated"),
    ("/sign-up", "GET", "anonymous"),
    ("/sign-up", "POST", "anonymous"),
    ("/switch-account", "GET", "authenticated"),
    ("/switch-account", "POST", "authenticated"),
    ("/verify-email", "GET", "authenticated"),
    ("/verify-email", "POST", "authenticated"),
    ("/verify-email/{token}", "GET", "public"),
    ("/verify-email/{token}", "POST", "public"),
    ("/verify-new-email", "GET", "public"),
    ("/verify-new-email/{token}", "GET", "public"),
    ("/verify-new-email/{token}", "POST", "public"),
]
#: The status of an empty form from a user with the permission.
EMPTY_FORM = {
    "/reactivate-account": 303,
    "/account": 422,
    "/account/close": 422,
    "/account/email": 422,
    "/account/password": 422,
    "/confirm-password": 422,
    "/forgot-password": 422,
    "/sign-in": 422,
    "/sign-up": 422,
    "/account/sessions/end-others": 303,
    "/account/sessions/{id}": 303,
    "/account/sessions/{id}/end": 303,
    "/admin/users/{id}/emails/{id}/retry": 303,
    "/admin/users/{id}/end-sessions": 303,
    "/admin/users/{id}/mark-verified": 422,
    "/admin/users/{id}/notes": 422,
    "/admin/users/{id}/send-verification": 303,
    "/admin/users/{id}/sessions/{id}/end": 303,
    "/admin/users/{id}/unlock": 303,
    "/admin/users/{id}/suspend": 422,
    "/admin/users/{id}/send-reset": 303,
    "/admin/users/{id}/reinstate": 303,
    "/sign-out": 303,
    "/switch-account": 422,
    "/verify-email": 429,  # the sign-up has sent an email already
}
#: The path that it redirects to.
REDIRECT_OF_FORM = {
    "/reactivate-account": "/sign-in",
    "/account/sessions/end-others": "/account/sessions",
    "/account/sessions/{id}": "/account/sessions",
    "/account/sessions/{id}/end": "/sign-in",
    "/sign-out": "/sign-in",
}
#: Pages that only redirect.
REDIRECTS = {
    "/.well-known/change-password": "/account/password",
    "/reactivate-account": "/sign-in",
}
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browsers(new_browser):
    """A browser that is not signed in and one that is, each with a CSRF token."""
    anonymous, member = new_browser(), new_browser()
    member.sign_up()
    tokens = [
        browser.get(path).html.find("input", attrs={"name": "csrf_token"})["value"]
        for browser, path in ((anonymous, "/sign-in"), (member, "/dashboard"))
    ]
    return zip((anonymous, member), tokens, strict=True)


@pytest.mark.asvs("6.3.4", "8.1.1", "8.2.1", "13.4.5")
def test_table_lists_every_page(application):
    """It lists nothing else either, so no page lacks a permission."""
    pages = endpoints(application.registry)
    assert sorted((page.url, page.method, page.permission) for page in pages) == TABLE


def expected(path, method, permission, *, at, signed_in):
    """Return the expected status and redirect of a request."""
    if signed_in and (permission == "anonymous" or path == "/reactivate-account"):
        return 303, "/dashboard"
    if permission in {"authenticated", "administer"} and not signed_in:
        if path == "/sign-out":  # a visitor is signed out already
            return 303, "/sign-in"
        next_path = at.replace("/", "%2F")
        return (303, f"/sign-in?next={next_path}") if method == "GET" else (403, None)
    if permission == "administer" or path.endswith("{token}") or path in WITHOUT_TOKEN:
        return (403 if permission == "administer" else 410), None
    if method == "POST":
        return EMPTY_FORM[path], REDIRECT_OF_FORM.get(path)
    return (303, REDIRECTS[path]) if path in REDIRECTS else (200, None)


@pytest.mark.asvs("8.2.1", "8.3.1")
@pytest.mark.parametrize(("path", "method", "permission"), TABLE)
def test_pages_require_the_permissions_of_the_table(browsers, services, path, method, permission):
    for signed_in, (browser, token) in enumerate(browsers):
        at = path_of(services, path.replace("{token}", UNKNOWN_TOKEN))
        status, redirect = expected(path, method, permission, at=at, signed_in=bool(signed_in))
        if method == "GET":
            answers = [browser.get(at, status=status), browser.app.head(at, status=status)]
        else:
            fields = {"csrf_token": token}
            answers = [browser.app.post(at, fields, headers=HERE, status=status)]
        for answer in answers:
            assert answer.location == (f"http://localhost{redirect}" if redirect else None)


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize(("path", "method"), [row[:2] for row in TABLE if row[2] == "administer"])
def test_administrators_reach_the_admin_pages(new_browser, grant_admin, services, path, method):
    new_browser().sign_up()
    browser = new_browser()
    browser.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    at = path_of(services, path)
    if method == "GET":
        browser.get(at, status=200)
        return
    fields = {"csrf_token": browser.get("/dashboard").forms[0]["csrf_token"].value}
    answer = browser.app.post(at, fields, headers=HERE, status=EMPTY_FORM[path])
    page = "/admin/users/{id}/emails" if path.endswith("/retry") else "/admin/users/{id}"
    account = f"http://localhost{path_of(services, page)}"
    assert answer.location == (account if EMPTY_FORM[path] == 303 else None)


@pytest.mark.asvs("8.2.1")
def test_host_page_below_admin_requires_an_administrator(new_application, visit, grant_admin):
    """See docs/administration.md."""

    class Reports(Resource):
        """A resource of a host application."""

    def add_reports(config):
        config.add_child(Admin, "reports", Reports)
        options = {"request_method": "GET", "permission": "administer", "confirm_password": True}
        config.add_view(lambda _request: Response("x"), context=Reports, **options)

    application = new_application(add_reports)
    administrator, member = visit(application), visit(application)
    administrator.sign_up()
    grant_admin("ada@example.com")
    member.sign_up(email="grace@example.com")
    administrator.get("/admin/reports", status=200)
    member.get("/admin/reports", status=403)
    assert visit(application).get("/admin/reports").location.endswith("next=%2Fadmin%2Freports")


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize("context", [Root, None])
def test_view_without_permission_requires_sign_in(new_application, visit, context):
    """The default for the pages of a host application."""
    application = new_application(
        lambda config: config.add_view(Response, name="forgotten", context=context)
    )
    assert visit(application).get("/forgotten").location.endswith("/sign-in?next=%2Fforgotten")
    [page] = [each for each in endpoints(application.registry) if each.name == "forgotten"]
    assert (page.method, page.permission) == ("any", "authenticated")
