"""What is left behind in a browser, and who else gets to know or to use what is in it."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.people import (
    Person,
    labelled,
    navigation,
    sign_in,
    sign_out,
    sign_up,
    where,
)
from tests.browser.states import ANONYMOUS, MEMBER

COOKIES = {"__Host-session", "__Host-form", "__Host-flash", "__Host-device"}
#: Other people's pages: another site, and another program on the same machine.
ELSEWHERE = ["http://evil.test/", "http://localhost:1/"]


@pytest.mark.asvs("14.3.1", "14.3.2")
@pytest.mark.parametrize("javascript", [False, True])
def test_after_signing_out_the_back_button_shows_nothing_private(new_page, person, javascript):
    """Neither the cache nor the back/forward cache has kept a page."""
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


def test_after_somebody_else_has_signed_in_the_back_button_shows_only_theirs(page, member):
    page.goto("/account")
    sign_out(page)
    other = Person("Grace", "Hopper")
    sign_up(page, other)
    go_back(page, "/account", pages=3)  # over both forms, which are for strangers
    assert other.email in page.content()
    assert member.email not in page.content()


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.3", "3.6.1", "14.2.3", "14.3.3")
@pytest.mark.parametrize("states", [ANONYMOUS, MEMBER], ids=["anonymous", "signed in"])
def test_no_page_asks_anybody_else_or_leaves_anything_but_our_cookies(states, new_page, origin):
    """In every state, with JavaScript on: all that is asked for is ours, the policy is never
    violated, nothing is stored, and a script could read no cookie.
    """
    page = new_page(javascript=True)
    asked, complaints = set(), []
    page.context.on("request", lambda request: asked.add(request.url))
    page.context.on("console", lambda message: complaints.append((message.type, message.text)))
    page.context.on("weberror", lambda error: complaints.append(("error", str(error.error))))
    for reach in states.values():
        page.context.clear_cookies()
        if states is MEMBER:
            sign_up(page, Person())
        reach(page)
        assert page.evaluate("document.cookie") == ""
        for cookie in page.context.cookies():
            assert is_kept_to_ourselves(cookie), cookie

    assert {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in asked} == {origin}
    # That a page has the status of an error is said there too.
    wrong = [text for kind, text in complaints if kind in {"error", "warning"}]
    assert [text for text in wrong if "with a status of 4" not in text] == []
    stores = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length,
                         (await indexedDB.databases()).length]"""
    )
    assert stores == [0, 0, 0, 0]


def test_only_the_session_and_what_knows_the_browser_again_outlive_it(page, member):
    assert names_of_cookies(page, lasting=True) == {"__Host-session", "__Host-device"}
    sign_out(page)
    assert names_of_cookies(page, lasting=True) == {"__Host-device"}


@pytest.mark.asvs("14.3.1")
def test_on_a_public_computer_nothing_outlives_the_browser(page, person, new_page):
    sign_up(new_page(), person)
    page.goto("/sign-in")
    labelled(page, "This is a public computer").check()
    sign_in(page, person)
    page.wait_for_url("/dashboard")
    assert names_of_cookies(page, lasting=False) == {"__Host-session"}
    assert names_of_cookies(page, lasting=True) == set()


@pytest.mark.asvs("3.4.6")
@pytest.mark.parametrize("path", ["/", "/sign-in", "/account", "/nothing"])
def test_no_page_can_be_framed_not_even_by_ourselves(new_page, origin, path):
    page = new_page(javascript=True)
    sign_up(page, Person())
    for framing in (*ELSEWHERE, f"{origin}/framing"):
        stand(page, framing, f'<iframe src="{origin}{path}"></iframe>')
        assert page.frames[1].url == "chrome-error://chromewebdata/"


@pytest.mark.asvs("3.3.2", "3.5.1")
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_form_on_a_page_of_others_changes_nothing(new_page, origin, elsewhere):
    """Even with a token that was read over somebody's shoulder."""
    page = new_page()
    sign_up(page, Person())
    token = page.locator("[name=csrf_token]").first.input_value()
    form = f"""<form method="post" action="{origin}/sign-out">
        <input type="hidden" name="csrf_token" value="{token}"><button>Win a prize</button>
    </form>"""
    stand(page, elsewhere, form)
    page.get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing was changed.")
    page.goto("/dashboard")
    assert where(page) == "/dashboard"


def names_of_cookies(page, *, lasting):
    """Return the cookies that stay when the browser is closed, or those that go."""
    cookies = page.context.cookies()
    return {each["name"] for each in cookies if (each["expires"] != -1) is lasting}


def go_back(page, arrived, *, pages=1):
    """Press the browser's back button, and arrive there; its caches may show what they have kept.

    Playwright's own `go_back` waits for a page to load, which one that was kept never does.
    """
    page.locator("html").evaluate("(_, pages) => history.go(-pages)", pages)
    expect(page).to_have_url(re.compile(re.escape(arrived) + "$"))


def stand(page, address, body):
    """Go to an address at which somebody has put this page."""
    page.route(address, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(address)


def is_kept_to_ourselves(cookie):
    """Whether it is a cookie of ours that no script, no other host and no plain line can have."""
    return (
        cookie["name"] in COOKIES
        and cookie["httpOnly"]
        and cookie["secure"]
        and (cookie["sameSite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "localhost")
    )
