"""`/`: the public home page."""

import pytest

from tests.functional.reading import sign_out_button_of

pytestmark = pytest.mark.one_database


def links_of(page):
    return {link["href"]: link.get_text(" ", strip=True) for link in page.html.find_all("a")}


def test_visitor_sees_sign_up_and_sign_in_links(browser):
    page = browser.get("/")
    assert page.status_int == 200
    assert {"/", "/sign-up", "/sign-in"} <= set(links_of(page))
    assert not {"/dashboard", "/account"} & set(links_of(page))
    assert page.html.find("form") is None


def test_signed_in_user_sees_account_links_and_name(browser):
    browser.sign_up(first_name="Ada", last_name="Lovelace")
    page = browser.get("/")
    assert {"/", "/dashboard", "/account"} <= set(links_of(page))
    assert "Ada Lovelace" in links_of(page)["/account"]
    assert not {"/sign-up", "/sign-in"} & set(links_of(page))
    assert sign_out_button_of(page).action == "/sign-out"


def test_home_sets_no_cookie_for_visitors(browser):
    assert "Set-Cookie" not in browser.get("/").headers


@pytest.mark.asvs("1.1.2", "1.2.1", "1.3.5", "1.3.10")
@pytest.mark.parametrize("path", ["/", "/dashboard", "/account"])
@pytest.mark.parametrize("name", ['"><svg onload=1>', "{{7*7}}", "<b>x</b>", "%s%n{0.__class__}"])
def test_name_is_escaped_on_pages(browser, path, name):
    browser.sign_up(first_name=name)
    page = browser.get(path)
    assert name in page.html.get_text()
    assert page.html.find(["svg", "b"]) is None
