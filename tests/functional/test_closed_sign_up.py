"""Sites on which visitors cannot create accounts, or only with certain email addresses."""

import pytest

from tests.functional.reading import description_of, rows_of

CLOSED = {"authsite.sign_up": "closed"}
TWO_DOMAINS = {"authsite.email.allowed_domains": "example.com, bücher.example"}


@pytest.fixture
def visitor(new_site):
    """A browser of a site whose sign-up is closed."""
    _, browser = new_site(CLOSED)
    return browser


def test_closed_sign_up_says_so(visitor):
    page = visitor.get("/sign-up", status=403)
    assert page.html.h1.get_text() == "Sign-up is closed"
    assert [each["href"] for each in page.html.main.find_all("a")] == ["/sign-in"]


def test_no_page_links_to_a_closed_sign_up(visitor, browser):
    for path in ("/", "/sign-in", "/forgot-password"):
        assert "/sign-up" not in visitor.get(path)
        assert "Create an account" not in visitor.get(path)
    browser.sign_up()
    visitor.sign_in()
    assert "To create an account" not in visitor.get("/switch-account")


def test_older_sign_up_form_creates_no_account(visitor, browser, services):
    """The form was loaded before the sign-up was closed."""
    page = browser.get("/sign-up")
    page.test_app = visitor.app
    visitor.app.cookiejar = browser.app.cookiejar
    answer = visitor.submit(page, {"email": "ada@example.com"})
    assert answer.status_int == 403
    assert answer.html.h1.get_text() == "Sign-up is closed"
    assert rows_of(services)["authsite_user"] == []


def test_existing_users_sign_in(visitor, browser):
    browser.sign_up()
    visitor.sign_in()
    assert visitor.is_signed_in
    visitor.get("/sign-up", status=303)


def test_sign_up_needs_an_allowed_domain(new_site, services):
    _, browser = new_site(TWO_DOMAINS)
    for email in ("ada@mail.example.com", "ada@example.org", "ada@example.com.org"):
        page = browser.sign_up(email=email, first_name="")
        assert page.status_int == 422
        wanted = "Use an email address of example.com or xn--bcher-kva.example."
        assert description_of(page, "email") == wanted
        assert description_of(page, "first_name")  # all mistakes are shown at once
    assert description_of(browser.sign_up(email="ada"), "email").startswith("Enter an email")
    assert rows_of(services)["authsite_user"] == []
    browser.sign_up(email="ada@BÜCHER.example")
    assert browser.is_signed_in


def test_change_of_email_needs_an_allowed_domain(new_site, mailbox):
    _, browser = new_site(TWO_DOMAINS)
    browser.sign_up(email="ada@example.com")
    page = browser.submit(browser.get("/account/email"), {"email": "ada@example.org"})
    assert description_of(page, "email").startswith("Use an email address of example.com or ")
    assert not mailbox.all_for("ada@example.org")
    browser.submit(browser.get("/account/email"), {"email": "ada@bücher.example"}, status=200)
