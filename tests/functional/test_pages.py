"""Titles, the error summary and the account navigation of all pages."""

import pytest

from tests.browsers import Browser

ACCOUNT = {
    "/account": "Profile",
    "/account/email": "Email",
    "/account/password": "Password",
    "/account/sessions": "Sessions",
    "/account/history": "History",
    "/account/close": "Close account",
}
FORMS = ["/sign-up", "/sign-in", "/account", "/account/password"]


@pytest.fixture
def ada(browser: Browser) -> Browser:
    """The browser of a signed-in user."""
    browser.sign_up()
    return browser


def account_links(page):
    """Return the links of the account's navigation by their text."""
    navigation = page.html.find("nav", attrs={"aria-label": "Account"})
    return {link.get_text(): link for link in navigation.find_all("a")}


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Home \N{EN DASH} authsite"),
        ("/sign-in", "Sign in \N{EN DASH} authsite"),
        ("/nothing", "Error: Page not found \N{EN DASH} authsite"),
        (f"/reset-password/{'A' * 43}", "Error: This link is no longer valid \N{EN DASH} authsite"),
    ],
)
def test_title_names_page_and_site(browser, path, title):
    assert browser.get(path, expect_errors=True).html.title.get_text() == title


def test_home_has_a_description(browser):
    assert browser.get("/").html.find("meta", attrs={"name": "description"})["content"]


@pytest.mark.parametrize("path", FORMS)
def test_error_summary_follows_the_order_of_the_fields(browser, path):
    if path.startswith("/account"):
        browser.sign_up()
    page = browser.get(path)
    empty = dict.fromkeys(["first_name", "last_name"], "") if path == "/account" else {}
    page = browser.submit(page, empty)
    assert page.status_int == 422
    shown = [each["id"] for each in page.html.main.find_all("input", attrs={"required": True})]
    summary = page.html.find(attrs={"role": "alert"})
    assert len(shown) > 1
    assert [link["href"] for link in summary.find_all("a")] == [f"#{name}" for name in shown]
    [focused] = page.html.find_all(attrs={"autofocus": True})
    assert focused["id"] == shown[0]


@pytest.mark.parametrize(("path", "text"), ACCOUNT.items())
def test_account_navigation_marks_the_current_page(ada, path, text):
    links = account_links(ada.get(path))
    assert {"Download data", *ACCOUNT.values()} == set(links)
    assert links[text]["href"] == path
    assert [each for each in links if links[each].has_attr("aria-current")] == [text]
    assert links[text]["aria-current"] == "page"


def test_account_navigation_marks_the_section_of_a_session(ada):
    page = ada.get("/account/sessions").click("Rename")
    links = account_links(page)
    current = {text: link.get("aria-current") for text, link in links.items()}
    assert {text: value for text, value in current.items() if value} == {"Sessions": "true"}


def test_new_email_is_no_username_for_password_managers(ada):
    field = ada.get("/account/email").html.main.find("input", attrs={"name": "email"})
    assert field["autocomplete"] == "email"


@pytest.mark.parametrize("path", ["/forgot-password", "/account/email"])
def test_throttled_form_focuses_and_describes_its_field(ada, path):
    for _ in range(2):
        page = ada.submit(ada.get(path), {"email": "grace@example.com"})
    assert page.status_int == 429
    [focused] = page.html.find_all(attrs={"autofocus": True})
    assert (focused["name"], focused["aria-describedby"]) == ("email", "form-error")
