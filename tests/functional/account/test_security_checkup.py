"""The security checkup on `/account`: recommendations, each with a link to its fix."""

from datetime import timedelta

import pytest

from tests.browsers import PASSWORD


@pytest.fixture
def ada(browser, verify):
    """The browser of a user without recommendations."""
    browser.sign_up()
    verify()
    return browser


def checkup_of(browser):
    """Return the account page and the recommendations on it."""
    page = browser.get("/account")
    [heading] = [each for each in page.html.main("h2") if each.get_text() == "Security checkup"]
    beside = heading.find_next_sibling()
    items = beside("li") if beside.name == "ul" else [beside]
    return page, [" ".join(each.get_text().split()) for each in items]


def test_checkup_without_issues_shows_no_recommendations(ada):
    assert checkup_of(ada)[1] == ["No recommendations right now."]


def test_unverified_email_links_to_verification(browser):
    browser.sign_up()
    page, [message] = checkup_of(browser)
    assert message == "Your email is not verified. Verify email"
    assert page.click("Verify email").request.path == "/verify-email"


def test_failed_sign_ins_link_to_history(ada, new_browser):
    new_browser().sign_in(password="not that one")
    page, [message] = checkup_of(ada)
    assert message.startswith("1 failed sign-in attempt since")
    assert "Failed sign-in" in page.click("Review history").html.main.ol.li.text
    ada.sign_out()
    ada.sign_in()
    assert checkup_of(ada)[1] == ["No recommendations right now."]


def test_sessions_elsewhere_link_to_their_pages(ada, new_browser, let_time_pass):
    new_browser().sign_in()
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    page, [message] = checkup_of(ada)
    assert message == "You're still signed in on a public computer. Sign out there"
    assert "public computer" in page.click("Sign out there")
    let_time_pass(timedelta(days=15))
    page, [message] = checkup_of(ada)
    assert message.startswith("You're signed in on another device, unused for two weeks.")
    assert page.click("Review sessions").request.path == "/account/sessions"


def test_pending_email_change_links_to_password(ada):
    ada.submit(ada.get("/account/email"), {"email": "ada@new.example"})
    page, [message] = checkup_of(ada)
    assert message.startswith("A change of your email to ada@new.example is pending.")
    assert page.click("^Change your password$", index=0).request.path == "/account/password"


def test_checkup_is_shown_beside_form_errors(ada):
    answer = ada.submit(ada.get("/account"), {"first_name": ""})
    assert answer.status_int == 422
    assert "No recommendations" in answer.html.main.get_text()


@pytest.mark.asvs("6.3.8")
def test_checkup_hides_whether_an_email_is_registered(ada, new_browser):
    new_browser().sign_up(email="grace@example.org")
    shown = []
    for email in ("grace@example.org", "unknown@example.org"):
        ada.submit(ada.get("/account/email"), {"email": email})
        shown.append([each.replace(email, "") for each in checkup_of(ada)[1]])
    assert shown[0] == shown[1]
