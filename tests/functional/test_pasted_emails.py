"""Email addresses as users paste them: each form that takes one reads it in the same way."""

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.browsers import PASSWORD
from tests.functional.reading import description_of, input_of

PASTED = [
    "ada@example.com\N{ZERO WIDTH SPACE}",
    "\N{ZERO WIDTH NO-BREAK SPACE}ada@example.com",
    "ada@exam\N{SOFT HYPHEN}ple.com",
    "\N{LEFT-TO-RIGHT MARK}ada@example.com\N{RIGHT-TO-LEFT MARK}",
    "<ada@example.com>",
    "mailto:ada@example.com",
    "'ada@example.com'",
    "Ada Lovelace <ada@example.com>",
    "ada\N{FULLWIDTH COMMERCIAL AT}example\N{FULLWIDTH FULL STOP}com",
]


@pytest.mark.parametrize("pasted", PASTED)
def test_pasted_email_is_the_same_in_every_form(new_browser, dbsession, mailbox, pasted):
    owner, other = new_browser(), new_browser()
    assert owner.sign_up(email=pasted).status_int == 303
    assert dbsession.scalars(sa.select(User.email)).all() == ["ada@example.com"]
    assert other.sign_up(email="ada@example.com").status_int == 422
    assert other.sign_up(email=pasted).status_int == 422
    assert other.submit(other.get("/forgot-password"), {"email": pasted}).status_int == 200
    assert mailbox.latest("reset_password", "ada@example.com")
    assert other.sign_in(email=pasted).status_int == 303


def test_new_email_may_be_pasted(browser, mailbox):
    browser.sign_up()
    typed = {"email": "<mailto:countess@example.com>"}
    assert browser.submit(browser.get("/account/email"), typed).status_int == 200
    assert mailbox.latest("change_email", "countess@example.com")


@pytest.mark.one_database
def test_refused_form_shows_the_cleaned_email(browser):
    page = browser.sign_up(email=PASTED[0], first_name="")
    assert input_of(page, "email")["value"] == "ada@example.com"


@pytest.mark.one_database
def test_sign_in_names_a_refused_character(browser):
    browser.sign_up()
    page = browser.get("/")
    browser.app.reset()
    page = browser.sign_in(email="ada\N{RIGHT-TO-LEFT OVERRIDE}@example.com", password=PASSWORD)
    assert page.status_int == 422
    expected = "Remove the invisible character (right-to-left override) after “ada”."
    assert expected in description_of(page, "email")
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in description_of(page, "email")
