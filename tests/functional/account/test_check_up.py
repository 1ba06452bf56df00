"""The check-up on `/account`: what could be mended, each with a link to where."""

from datetime import timedelta

import pytest

from tests.browsers import PASSWORD


@pytest.fixture
def ada(browser, verify):
    """Somebody with whom all is well."""
    browser.sign_up()
    verify()
    return browser


def check_up_of(browser):
    """Return the page of the account, and what the check-up on it says."""
    page = browser.get("/account")
    [heading] = [each for each in page.html.main("h2") if each.get_text() == "Security checkup"]
    beside = heading.find_next_sibling()
    items = beside("li") if beside.name == "ul" else [beside]
    return page, [" ".join(each.get_text().split()) for each in items]


def test_when_all_is_well_it_says_so(ada):
    assert check_up_of(ada)[1] == ["No recommendations right now."]


def test_an_address_is_confirmed_where_it_leads_to(browser):
    browser.sign_up()
    page, [said] = check_up_of(browser)
    assert said == "Your email is not verified. Verify email"
    assert page.click("Verify email").request.path == "/verify-email"


def test_wrong_passwords_lead_to_the_history(ada, new_browser):
    new_browser().sign_in(password="not that one")
    page, [said] = check_up_of(ada)
    assert said.startswith("1 failed sign-in attempt since")
    assert "Failed sign-in" in page.click("Review history").html.main.ol.li.text
    ada.sign_out()
    ada.sign_in()
    assert check_up_of(ada)[1] == ["No recommendations right now."]


def test_what_is_open_elsewhere_leads_to_the_sessions(ada, new_browser, let_time_pass):
    new_browser().sign_in()
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    page, [said] = check_up_of(ada)
    assert said == "You're still signed in on a public computer. Sign out there"
    assert "public computer" in page.click("Sign out there")
    let_time_pass(timedelta(days=15))
    page, [said] = check_up_of(ada)
    assert said.startswith("You're signed in on another device, unused for two weeks.")
    assert page.click("Review sessions").request.path == "/account/sessions"


def test_a_change_of_the_address_leads_to_the_password(ada):
    ada.submit(ada.get("/account/email"), {"email": "ada@new.example"})
    page, [said] = check_up_of(ada)
    assert said.startswith("A change of your email to ada@new.example is pending.")
    assert page.click("^Change your password$", index=0).request.path == "/account/password"


def test_it_is_there_beside_a_mistake(ada):
    answer = ada.submit(ada.get("/account"), {"first_name": ""})
    assert answer.status_int == 422
    assert "No recommendations" in answer.html.main.get_text()


@pytest.mark.asvs("6.3.8")
def test_whether_a_new_address_was_free_is_not_told(ada, new_browser):
    new_browser().sign_up(email="grace@example.org")
    said = []
    for email in ("grace@example.org", "nobody@example.org"):
        ada.submit(ada.get("/account/email"), {"email": email})
        said.append([each.replace(email, "") for each in check_up_of(ada)[1]])
    assert said[0] == said[1]
