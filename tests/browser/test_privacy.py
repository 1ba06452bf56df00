"""What stays in a browser, and what other sites can read or do."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.actions import (
    Person,
    labelled,
    navigation,
    path_of,
    sign_in,
    sign_out,
    sign_up,
)
from tests.browser.page_states import ANONYMOUS, MEMBER

COOKIES = {
    "__Host-authsite_session",
    "__Host-authsite_form",
    "__Host-authsite_flash",
    "__Host-authsite_device",
}
#: Another site, and another program on the same machine.
OTHER_SITES = ["http://evil.test/", "http://localhost:1/"]


@pytest.mark.asvs("14.3.1", "14.3.2")
@pytest.mark.parametrize("javascript", [False, True])
def test_back_button_after_sign_out_shows_no_private_data(new_page, person, javascript):
    """Neither the cache nor the back/forward cache has stored a page."""
    page = new_page(javascript=javascript)
    sign_up(page, person)
    for path in ("/account", "/", "/account"):
        page.goto(path)
    sign_out(page)
    for arrived in ("/sign-in?next=%2Faccount", "/", "/sign-in?next=%2Faccount"):
        go_back(page, arrived)
        expect(navigation(page)).to_contain_text("Sign in")
        for private in (person.email, person.last_name):
            assert private not in page.content()


def test_back_button_shows_no_page_of_the_previous_user(page, member):
    page.goto("/account")
    sign_out(page)
    other = Person("Grace", "Hopper")
    sign_up(page, other)
    go_back(page, "/account", pages=3)  # over both anonymous forms
    assert other.email in page.content()
    assert member.email not in page.content()


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.3", "3.6.1", "14.2.3", "14.3.3")
@pytest.mark.parametrize("states", [ANONYMOUS, MEMBER], ids=["anonymous", "signed in"])
def test_pages_load_nothing_external_and_store_only_cookies(states, new_page, origin):
    """In every state, with JavaScript on: all requests go to the site, the CSP is not violated,
    nothing is stored, and scripts cannot read cookies.
    """
    page = new_page(javascript=True)
    requested, messages = set(), []
    page.context.on("request", lambda request: requested.add(request.url))
    page.context.on("console", lambda message: messages.append((message.type, message.text)))
    page.context.on("weberror", lambda error: messages.append(("error", str(error.error))))
    for reach in states.values():
        page.context.clear_cookies()
        if states is MEMBER:
            sign_up(page, Person())
        reach(page)
        assert page.evaluate("document.cookie") == ""
        for cookie in page.context.cookies():
            assert is_protected(cookie), cookie

    assert {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in requested} == {origin}
    # The status of an error page is logged there as well.
    errors = [text for level, text in messages if level in {"error", "warning"}]
    assert [text for text in errors if "with a status of 4" not in text] == []
    stores = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length,
                         (await indexedDB.databases()).length]"""
    )
    assert stores == [0, 0, 0, 0]


def test_only_session_and_device_cookies_outlive_the_browser(page, member):
    assert names_of_cookies(page, lasting=True) == {
        "__Host-authsite_session",
        "__Host-authsite_device",
    }
    sign_out(page)
    assert names_of_cookies(page, lasting=True) == {"__Host-authsite_device"}


@pytest.mark.asvs("14.3.1")
def test_public_computer_keeps_no_cookie(page, person, new_page):
    sign_up(new_page(), person)
    page.goto("/sign-in")
    labelled(page, "This is a public computer").check()
    sign_in(page, person)
    page.wait_for_url("/dashboard")
    assert names_of_cookies(page, lasting=False) == {"__Host-authsite_session"}
    assert names_of_cookies(page, lasting=True) == set()


@pytest.mark.asvs("3.4.6")
@pytest.mark.parametrize("path", ["/", "/sign-in", "/account", "/nothing"])
def test_pages_cannot_be_framed(new_page, origin, path):
    page = new_page(javascript=True)
    sign_up(page, Person())
    for framing in (*OTHER_SITES, f"{origin}/framing"):
        open_page_at(page, framing, f'<iframe src="{origin}{path}"></iframe>')
        assert page.frames[1].url == "chrome-error://chromewebdata/"


@pytest.mark.asvs("3.3.2", "3.5.1")
@pytest.mark.parametrize("other_site", OTHER_SITES)
def test_cross_site_form_changes_nothing(new_page, origin, other_site):
    """Even with a stolen CSRF token."""
    page = new_page()
    sign_up(page, Person())
    token = page.locator("[name=csrf_token]").first.input_value()
    form = f"""<form method="post" action="{origin}/sign-out">
        <input type="hidden" name="csrf_token" value="{token}"><button>Win a prize</button>
    </form>"""
    open_page_at(page, other_site, form)
    page.get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing was changed.")
    page.goto("/dashboard")
    assert path_of(page) == "/dashboard"


def names_of_cookies(page, *, lasting):
    """Return the names of the cookies that outlive the browser, or of the others."""
    cookies = page.context.cookies()
    return {each["name"] for each in cookies if (each["expires"] != -1) is lasting}


def go_back(page, arrived, *, pages=1):
    """Press the back button and wait for the URL.

    Playwright's `go_back` waits for a page to load, but a page from the cache never loads.
    """
    page.locator("html").evaluate("(_, pages) => history.go(-pages)", pages)
    expect(page).to_have_url(re.compile(re.escape(arrived) + "$"))


def open_page_at(page, url, body):
    """Open a page with this body at the URL of another site."""
    page.route(url, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(url)


def is_protected(cookie):
    """Whether a known cookie is hidden from scripts, other hosts and unencrypted requests."""
    return (
        cookie["name"] in COOKIES
        and cookie["httpOnly"]
        and cookie["secure"]
        and (cookie["sameSite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "localhost")
    )
