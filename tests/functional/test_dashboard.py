"""`/dashboard`: the first page of the protected section."""

import pytest


def test_dashboard_greets_the_signed_in_user(browser, new_browser):
    browser.sign_up(first_name="Ada")
    other = new_browser()
    other.sign_up(first_name="Grace", last_name="Hopper", email="grace@example.com")
    assert "Ada" in browser.get("/dashboard").html.main.get_text()
    assert "Grace" in other.get("/dashboard").html.main.get_text()
    assert "Grace" not in browser.get("/dashboard")


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("query", ["", "?tab=2&q=%C3%A4"])
def test_sign_in_page_remembers_the_requested_url(browser, method, query):
    answer = getattr(browser.app, method)(f"/dashboard{query}", status=303)
    page = browser.get(answer.location)
    assert page.html.main.find("input", attrs={"name": "next"})["value"] == f"/dashboard{query}"


@pytest.mark.asvs("4.2.5")
@pytest.mark.parametrize("query", ["x" * 2000, "%20" * 10_000, "&x" * 999])
def test_overlong_url_is_not_remembered(browser, query):
    answer = browser.get(f"/dashboard?{query}", status=303)
    assert answer.location == "http://localhost/sign-in"


def test_anonymous_post_is_not_redirected(browser):
    assert browser.app.post("/account", {"first_name": "Eve"}, status=403).location is None
