"""A journey through the whole site, with the mistakes that users make."""

from tests.browsers import PASSWORD
from tests.functional.reading import description_of, status_of


def test_user_signs_up_makes_mistakes_and_returns(browser, new_browser):
    page = browser.get("/")
    page = page.click("Sign up", index=0)
    typed = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example"}
    secret = {"password": "ada", "confirm_password": "ada"}

    page = browser.submit(page, typed | secret)
    assert "Enter an email address" in description_of(page, "email")
    assert "Use at least 12 characters." in description_of(page, "password")
    page = browser.submit(page, {"email": "ada@example.com"} | secret)
    assert "Use at least 12 characters." in description_of(page, "password")
    secret = {"password": PASSWORD, "confirm_password": PASSWORD.upper()}
    page = browser.submit(page, secret)
    assert "don't match" in description_of(page, "confirm_password")
    answer = browser.submit(page, dict.fromkeys(secret, PASSWORD))
    assert answer.location == "http://localhost/dashboard"

    page = answer.follow()
    assert "Ada" in page.html.h1.get_text()
    page = page.click("Ada Lovelace")
    assert page.request.path == "/account"
    page = browser.submit(page, {"first_name": ""})
    assert "Enter your first name." in description_of(page, "first_name")
    page = browser.submit(page, {"first_name": "Augusta"}).follow()
    assert status_of(page) == "Name saved."

    neighbour = new_browser()
    page = neighbour.sign_up(email="ADA@example.com", first_name="Eve")
    assert "This email already has an account." in description_of(page, "email")
    assert neighbour.get("/dashboard").status_int == 303

    page = browser.sign_out().follow()
    assert status_of(page) == "You're signed out."
    page = browser.get("/account").follow()
    assert "Sign in to continue." in page
    page = browser.submit(page, {"email": "ada@example.com", "password": "not that one"})
    assert "Incorrect email or password." in page
    answer = browser.submit(page, {"email": "Ada@Example.com", "password": PASSWORD})
    assert answer.location == "http://localhost/account"
    assert "Augusta Lovelace" in answer.follow()


def test_outdated_form_offers_a_reload(browser):
    forgotten = browser.get("/sign-up")
    browser.sign_up()
    browser.sign_out()
    browser.app.reset()
    page = browser.submit(forgotten, {"email": "eve@example.com"})
    assert page.status_int == 403
    page = page.click("Reload page")
    assert page.request.path == "/sign-up"
    assert page.status_int == 200


def test_two_users_see_only_their_own_account(new_browser):
    ada, grace = new_browser(), new_browser()
    ada.sign_up()
    grace.sign_up(first_name="Grace", last_name="Hopper", email="grace@example.com")
    ada.submit(ada.get("/account"), {"first_name": "Augusta"})
    assert "Grace Hopper" in grace.get("/account")
    assert "Augusta" not in grace.get("/account")
    ada.sign_out()
    assert grace.is_signed_in
